// swift-tools-version: 6.2
import PackageDescription

// What a user of the library can do: this package depends on the library product alone. Each file of tests shows one way to extend
// or use Rheoscope, and the documentation shows its code.
let package = Package(
  name: "Outside",
  dependencies: [.package(name: "Rheoscope", path: "../..")],
  targets: [
    .testTarget(
      name: "OutsideTests", dependencies: [.product(name: "Rheoscope", package: "Rheoscope")],
      swiftSettings: [.treatAllWarnings(as: .error)])
  ]
)
