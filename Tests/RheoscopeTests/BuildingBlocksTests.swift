// The training that the article on layers, optimizers and data shows.
import Foundation
import Rheoscope
import TestSupport
import Testing

private func trainSmallNet(_ data: FashionMNIST) throws -> Module {
  // begin training
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
  // end training
  return model
}

@Suite struct BuildingBlocksTests {
  /// In a process of its own, since the program writes into the current folder, which all tests share.
  @Test func theTrainingOfTheArticleRunsAndLearns() async {
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

  /// The article on layers, optimizers and data names every layer, activation and optimizer.
  @Test func theArticleNamesThemAll() throws {
    let article = try String(
      contentsOfFile: repositoryRoot + "/Documentation/Rheoscope.docc/BuildingBlocks.md", encoding: .utf8)
    for (folder, parent) in [("Layers", "Module"), ("Optimizers", "Optimizer")] {
      let folder = "\(repositoryRoot)/Sources/NeuralNetworks/\(folder)"
      for file in try FileManager.default.contentsOfDirectory(atPath: folder) {
        let source = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
        for match in source.matches(of: /public final class (\w+): (\w+)/) where match.2 == parent {
          let isForHooks = ["Identity", "HookPoint"].contains(String(match.1))
          #expect(isForHooks || article.contains("`\(match.1)`"), "\(match.1)")
        }
      }
    }
  }
}
