// swift-tools-version: 6.2
import PackageDescription

// The readers of files, for the fuzzer of the toolchain. `.ci/fuzz` builds and runs it.
let package = Package(
  name: "Fuzzing",
  dependencies: [.package(name: "Rheoscope", path: "../..")],
  targets: [
    .executableTarget(
      name: "FuzzReaders", dependencies: [.product(name: "Rheoscope", package: "Rheoscope")],
      linkerSettings: [.linkedLibrary("stdc++")])
  ]
)
