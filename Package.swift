// swift-tools-version: 6.2
import PackageDescription

/// A file sees the members of the modules that it imports alone. Our own checks turn warnings into errors; a user's build is never
/// stopped by a warning of a newer compiler.
let checks: [SwiftSetting] =
  [.enableUpcomingFeature("MemberImportVisibility")]
  + (Context.environment["RHEOSCOPE_STRICT"] == nil ? [] : [.treatAllWarnings(as: .error)])

func ours(_ name: String, _ imports: [Target.Dependency] = [], path: String? = nil) -> Target {
  .target(name: name, dependencies: imports, path: path, swiftSettings: checks)
}

func tests(_ target: String, _ imports: [Target.Dependency] = [], exclude: [String] = []) -> Target {
  .testTarget(
    name: target + "Tests", dependencies: [.byName(name: target), "TestSupport"] + imports, exclude: exclude,
    swiftSettings: checks)
}

func example(_ name: String, of library: Target.Dependency = "Rheoscope") -> Target {
  .executableTarget(name: name, dependencies: [library], path: "Examples/\(name)", swiftSettings: checks)
}

let package = Package(
  name: "Rheoscope",
  products: [
    .library(name: "Rheoscope", targets: ["Rheoscope"]),
    .library(name: "RheoscopePlots", targets: ["RheoscopePlots"]),
    .executable(name: "rheoscope", targets: ["RheoscopeMain"]),
  ],
  targets: [
    // Foreign: one target per C library.
    .systemLibrary(
      name: "CCairo", path: "Sources/Foreign/CCairo", pkgConfig: "cairo", providers: [.apt(["libcairo2-dev"])]),
    .systemLibrary(
      name: "CHarfBuzz", path: "Sources/Foreign/CHarfBuzz", pkgConfig: "harfbuzz",
      providers: [.apt(["libpango1.0-dev"])]),
    .target(name: "CPango", dependencies: ["CCairo", "CHarfBuzz"], path: "Sources/Foreign/CPango"),
    .target(name: "CPNG", path: "Sources/Foreign/CPNG", linkerSettings: [.linkedLibrary("png")]),
    .systemLibrary(
      name: "CSQLite", path: "Sources/Foreign/CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CZlib", path: "Sources/Foreign/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    // Loaded rather than linked, as load.c explains.
    .target(name: "COneDNN", path: "Sources/Foreign/COneDNN"),
    .target(name: "CThreadState", path: "Sources/Foreign/CThreadState"),
    .target(name: "CKernels", path: "Sources/Foreign/CKernels", linkerSettings: [.linkedLibrary("m")]),

    // Our own targets, in the order data flows. CONTRIBUTING.md has the same table, and .ci/imports compares both with the code.
    ours("Support"),
    ours("Autodiff", ["Support", "COneDNN", "CKernels", "CThreadState"]),
    ours("NeuralNetworks", ["Support", "Autodiff", "CThreadState"]),
    ours("Datasets", ["Support", "Autodiff", "CPNG", "CZlib"]),
    ours("RunFile", ["Support", "CSQLite"]),
    ours("Recording", ["Support", "Autodiff", "NeuralNetworks", "RunFile"]),
    ours("MeanField"),
    ours("Diagnosis", ["Support", "RunFile"]),
    ours("Plotting", ["Support"]),
    ours("CairoBackend", ["Support", "Plotting", "CCairo", "CPango", "CPNG"]),
    ours("Terminal", ["Plotting", "CairoBackend"]),
    ours("RheoscopePlots", ["Plotting", "CairoBackend", "Terminal"]),
    ours("Charts", ["Support", "RunFile", "Plotting"]),
    ours("Report", ["Support", "RunFile", "Diagnosis", "Plotting", "CairoBackend", "Charts"]),
    ours("Remedies", ["Support", "Autodiff", "NeuralNetworks", "RunFile", "Recording", "Diagnosis"]),
    ours(
      "Rheoscope",
      [
        "Support", "Autodiff", "NeuralNetworks", "Datasets", "RunFile", "Recording", "MeanField", "Diagnosis",
        "Remedies", "Plotting", "CairoBackend", "Terminal", "Charts", "Report",
      ]),
    ours("ExperimentHarness", ["Support", "Rheoscope"]),
    ours("Experiments", ["ExperimentHarness", "Rheoscope"], path: "experiments"),
    ours("CommandLineTool", ["Support", "Experiments", "ExperimentHarness", "Rheoscope"]),
    .executableTarget(name: "RheoscopeMain", dependencies: ["CommandLineTool"], swiftSettings: checks),

    .executableTarget(
      name: "benchmarks", dependencies: ["Rheoscope", "COneDNN"], path: "Benchmarks",
      exclude: ["peers", "compare", "RESULTS.md", "instructions.tsv"], swiftSettings: checks),

    // Programs that a reader may begin with.
    example("ResidualNet"),
    example("RecurrentNet"),
    example("SmallTransformer"),
    example("Plot", of: "RheoscopePlots"),

    // Tests mirror the targets.
    .target(
      name: "TestSupport", dependencies: ["Support", "Plotting", "CSQLite"], path: "Tests/TestSupport",
      swiftSettings: checks),
    tests("Autodiff", ["CKernels"], exclude: ["Reference"]),
    tests("NeuralNetworks", ["CThreadState"], exclude: ["Reference"]),
    tests("Datasets", ["CZlib"], exclude: ["Reference"]),
    tests("RunFile", exclude: ["Fixtures"]),
    tests("Recording", exclude: ["Reference"]),
    tests("MeanField", ["Support"]),
    tests("Diagnosis", ["Rheoscope"]),
    tests("Remedies", ["Rheoscope"]),
    tests("Plotting"),
    tests("CairoBackend", ["CZlib"]),
    tests("Terminal", ["CairoBackend", "Plotting"]),
    tests("RheoscopePlots"),
    tests("Charts", ["CCairo", "CairoBackend", "Diagnosis", "Terminal"], exclude: ["Goldens"]),
    tests("Report", ["Charts", "RunFile"]),
    tests("Support"),
    tests("ExperimentHarness", ["Experiments", "Support"]),
    tests("CommandLineTool"),
    tests("Rheoscope"),
    // Other projects' own tests of operations.
    .testTarget(
      name: "OperationSuites", dependencies: ["TestSupport", "Autodiff", "NeuralNetworks"],
      path: "Tests/OperationSuites", exclude: ["ONNX/Cases", "ONNX/export.py"], swiftSettings: checks),
    .testTarget(
      name: "Robustness",
      dependencies: [
        "TestSupport", "Autodiff", "CommandLineTool", "Datasets", "ExperimentHarness", "NeuralNetworks", "RunFile",
      ],
      path: "Tests/Robustness", swiftSettings: checks),
  ]
)

// SwiftPM recompiles a target when a module that it names has changed, but not always when an indirect one has. So each target names
// all modules that it depends on; otherwise a changed layout of `Tensor` would leave stale code. `.ci/imports` checks the lists above.
let named = Dictionary(uniqueKeysWithValues: package.targets.map { ($0.name, names(in: $0.dependencies)) })
for target in package.targets {
  var all: [String] = [], waiting = names(in: target.dependencies)
  while let next = waiting.popLast() {
    guard !all.contains(next) else { continue }
    all.append(next)
    waiting += named[next] ?? []
  }
  target.dependencies = all.sorted().map { .byName(name: $0) }
}

func names(in dependencies: [Target.Dependency]) -> [String] {
  dependencies.compactMap { if case .byNameItem(let name, _) = $0 { name } else { nil } }
}
