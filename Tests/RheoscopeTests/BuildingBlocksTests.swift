// The training that README shows under "What nets are built from", word for word.
import Foundation
import Rheoscope
import TestSupport
import Testing

private func trainSmallNet(_ data: FashionMNIST) throws -> Module {
  let model = Sequential(
    Conv2d(1, 16, kernelSize: 3, padding: 1), BatchNorm(16), ReLU(), MaxPool2d(kernelSize: 2), Flatten(), Dropout(0.2),
    Linear(16 * 14 * 14, 10))
  model.initialize(seed: 7)
  let optimizer = AdamW(model, learningRate: 0.003, weightDecay: 0.05)
  try optimizer.group("**.bias", weightDecay: 0)
  optimizer.schedule = .cosine(over: 90).warmedUp(over: 10)

  for batch in data.train.batches(of: 64, seed: 7).prefix(100) {
    let logits = withPrecision(.bfloat16) { model(batch.inputs.reshaped(-1, 28, 28, 1)) }
    crossEntropy(logits, batch.labels, labelSmoothing: 0.1).backward()
    optimizer.clipGradients(toNorm: 1)
    optimizer.step()
  }
  try TrainingState(step: 100).save(model, optimizer, to: "training.safetensors")
  return model
}

@Suite struct BuildingBlocksTests {
  /// In a process of its own, since the program writes into the current folder, which all tests share.
  @Test func theTrainingOfTheREADMERunsAndLearns() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryFolder { folder in
        try #require(FileManager.default.changeCurrentDirectoryPath(folder))
        let data = try FashionMNIST(), model = try trainSmallNet(data)
        model.evaluate()
        let batch = data.test.batch(at: 0..<500)
        let classes = withoutGradients { model(batch.inputs.reshaped(-1, 28, 28, 1)) }.argmax()
        let right = zip(classes, batch.labels).count { $0 == $1 }
        try #require(right > 350, "\(right) of 500 are right")
        try #require(FileManager.default.fileExists(atPath: "training.safetensors"))
        #expect(FileManager.default.changeCurrentDirectoryPath("/"))
      }
    }
  }

  private var root: URL {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  }

  /// README shows what this file compiles.
  @Test func theREADMEShowsThisTraining() throws {
    let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
    let source = try String(contentsOf: URL(filePath: #filePath), encoding: .utf8)
    func lines(_ text: String) -> [String] {
      text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }
    let shown = try #require(
      readme.components(separatedBy: "### What nets are built from\n\n```swift\n").last?
        .components(separatedBy: "```").first)
    let compiled = Set(lines(source))
    for line in lines(shown) { #expect(compiled.contains(line), "README: \(line)") }
    #expect(lines(shown).count >= 12)
  }

  /// README's table names every layer and activation that there is, and every optimizer.
  @Test func theREADMENamesThemAll() throws {
    let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
    for (folder, parent) in [("Layers", "Module"), ("Optimizers", "Optimizer")] {
      let folder = root.appending(path: "Sources/NeuralNetworks/\(folder)").path
      for file in try FileManager.default.contentsOfDirectory(atPath: folder) {
        let source = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
        for match in source.matches(of: /public final class (\w+): (\w+)/) where match.2 == parent {
          let isForHooks = ["Identity", "HookPoint"].contains(String(match.1))
          #expect(isForHooks || readme.contains("`\(match.1)`"), "\(match.1)")
        }
      }
    }
  }
}
