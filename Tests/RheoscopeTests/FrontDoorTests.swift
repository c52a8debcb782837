// The program that README shows, word for word.
import Foundation
import Rheoscope
import TestSupport
import Testing

// begin model
final class MyNet: Module {
  let stem = Linear(784, 128, initializer: .heNormal)
  // A residual block computes x + scale · f(x).
  let blocks = Sequential((1...20).map { _ in Residual(ReLU(), Linear(128, 128), scale: 0.22) })
  let head = Linear(128, 10)

  override func forward(_ x: Tensor) -> Tensor { head(relu(blocks(stem(x)))) }
}
// end model

private func trainMyNet() throws {
  // begin training
  let data = try FashionMNIST()
  let model = MyNet()
  model.initialize(seed: 7)  // draws the weights by each layer's initializer
  let optimizer = SGD(model, learningRate: 0.05, momentum: 0.9)
  let recorder = try Recorder(model, optimizer, writingTo: "output/my-net/run.rheo")

  for batch in data.train.batches(of: 64, seed: 7).prefix(500) {
    let loss = crossEntropy(model(batch.inputs), batch.labels)
    loss.backward()
    optimizer.step()  // applies the gradients and clears them
    try recorder.step(loss: loss)
  }
  try recorder.record(Evaluation(of: model, on: data.test))  // accuracy and loss into `scalar`

  let run = try recorder.finish()
  try Chart.gradientFlow(of: run).write(to: "output/my-net/gradient-flow.png")
  for finding in diagnose(run) { print(finding) }  // prints nothing if nothing wrong is found
  // end training
}

private func useHooks(_ model: MyNet) throws {
  // begin hooks
  let handle = try model.onForward("blocks.**") { site, output in
    print(site.path, output.rms)
    return nil
  }
  try model.onBackward("blocks.3") { site, gradient in gradient * 0.5 }  // replaces dL/d(output)
  handle.remove()  // after training
  // end hooks
}

@Suite(.serialized) struct FrontDoorTests {
  /// In a process of its own, since the program writes below the current folder, which all tests share.
  @Test func theProgramOfTheREADMERunsAndLearns() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryFolder { folder in
        try #require(FileManager.default.changeCurrentDirectoryPath(folder))
        try trainMyNet()
        let run = try Run(path: "output/my-net/run.rheo")
        try #require(run.steps.count == 500 && run.steps.suffix(50).allSatisfy { $0.loss < 1.2 })
        try #require(try Data(contentsOf: URL(filePath: "output/my-net/gradient-flow.png")).count > 10_000)
        try #require(diagnose(run).isEmpty)
        try #require(try run.scalarNames() == ["test_accuracy", "test_loss"])
        try #require(try run.scalars("test_accuracy")[0].value > 0.6)
        #expect(FileManager.default.changeCurrentDirectoryPath("/"))
      }
    }
  }

  /// The gradient of the first layer is another once a hook has halved that of a block.
  @Test func theHooksOfTheREADMEReplaceAGradient() throws {
    let model = MyNet(), x = Tensor(repeating: 0.5, shape: [2, 784])
    model.initialize(seed: 7)
    func gradient() -> [Float] {
      gradients(of: model(x).squared().sum(), withRespectTo: [model.stem.weight.value])[0].values
    }
    let before = gradient()
    try useHooks(model)
    #expect(gradient() != before)
  }

  /// README shows what this file compiles.
  @Test func theREADMEShowsThisProgram() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
    let source = try String(contentsOf: URL(filePath: #filePath), encoding: .utf8)
    let blocks = readme.components(separatedBy: "```swift\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
    func lines(_ text: String) -> [String] {
      text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }.filter {
        !$0.isEmpty && !$0.hasPrefix("import")
      }
    }
    let compiled = Set(lines(source))
    for line in blocks.flatMap(lines) { #expect(compiled.contains(line), "README: \(line)") }
    #expect(blocks.map { lines($0).count >= 6 } == [true, true] && lines(blocks[0]).count >= 20)
  }
}
