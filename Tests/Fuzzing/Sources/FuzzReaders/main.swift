import Foundation
import Rheoscope

// Gives bytes to one reader of files, which the environment names in READER, again and again. The bytes are read, or refused by an error of
// ours in one line; anything else ends the program.

/// The driver of libFuzzer: it makes bytes that reach new code, and calls the function with them.
@_silgen_name("LLVMFuzzerRunDriver")
func runFuzzer(
  _ count: UnsafeMutablePointer<Int32>,
  _ words: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ test: @convention(c) (UnsafePointer<UInt8>, Int) -> Int32
) -> Int32

/// Reads the file at `path`.
typealias Reader = @Sendable (_ path: String) throws -> Void

let readers: [String: Reader] = [
  "safetensors": { path in
    let net = Sequential(Linear(3, 2), Linear(2, 1))
    try? net.loadWeights(from: path)
    _ = try TrainingState(restoring: net, Adam(net, learningRate: 0.1), from: path)
  },
  "npy": { path in
    _ = try? Dataset(npy: path, targets: path)
    _ = try Dataset(npy: path, labels: path)
  },
  "csv": { path in
    _ = try? Dataset(csv: path, targets: [0])
    _ = try Dataset(csv: path, label: 1)
  },
  "gz": { path in _ = try FashionMNIST(directory: (path as NSString).deletingLastPathComponent) },
  "rheo": { path in
    let run = try Run(path: path)
    _ = try (run.layers(LayerQuantity.allCases), run.weights(WeightQuantity.allCases), run.facts(), run.summary())
    for name in try run.measureNames() { _ = try run.measures(name) }
    _ = (diagnose(run), try RunFileCheck.problems(at: path))
  },
]

/// What is fuzzed; a C function sees only what is global.
enum Fuzzed {
  static let name = ProcessInfo.processInfo.environment["READER"] ?? ""
  static let read = readers[name]
  /// In memory, so that disks don't set the pace.
  static let folder = "/dev/shm/fuzz-\(getpid())"
  static let path = name == "gz" ? folder + "/train-labels-idx1-ubyte.gz" : "\(folder)/a.\(name)"

  static func test(_ bytes: UnsafePointer<UInt8>, _ size: Int) {
    unlink(path)
    _ = FileManager.default.createFile(atPath: path, contents: Data(bytes: bytes, count: size))
    do {
      try read?(path)
    } catch {
      let text = "\(error)"
      guard error is DataFileError || error is DatasetError || error is WeightsError || error is RunFileError,
        text.hasPrefix(folder), !text.unicodeScalars.contains(where: { $0.value < 32 })
      else { fatalError("not an error of ours in one line: \(text)") }
    }
  }
}

guard Fuzzed.read != nil else {
  print("READER is one of \(readers.keys.sorted().joined(separator: ", "))")
  exit(2)
}
try FileManager.default.createDirectory(atPath: Fuzzed.folder, withIntermediateDirectories: true)
var count = CommandLine.argc
var words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = CommandLine.unsafeArgv
let code = runFuzzer(&count, &words) { bytes, size in
  Fuzzed.test(bytes, size)
  return 0
}
try? FileManager.default.removeItem(atPath: Fuzzed.folder)
exit(code)
