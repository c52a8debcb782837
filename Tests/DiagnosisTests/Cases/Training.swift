import Rheoscope

// What several cases share: a net of linear layers, the usual loop, and the pictures.

/// Linear layers of these sizes with an activation after each but the last.
func denseNet(
  _ sizes: Int..., initializer: Initializer? = nil, activation: () -> Module = { ReLU() }
) -> Sequential {
  let layers = zip(sizes, sizes.dropFirst()).flatMap { [Linear($0, $1, initializer: initializer), activation()] }
  return Sequential(layers.dropLast())
}

/// Trains a classifier and records the loss and the accuracy of each batch.
func trainClassifier(
  _ model: Module, _ optimizer: Optimizer, on batches: some Sequence<Batch>, _ recorder: Recorder
) throws {
  for batch in batches {
    let logits = model(batch.inputs)
    let loss = crossEntropy(logits, batch.labels)
    loss.backward()
    optimizer.step()
    try recorder.step(loss: loss, accuracy: accuracy(logits, batch.labels))
  }
}

/// Trains a net with one output or several and records the mean squared error of each batch.
func trainRegression(
  _ model: Module, _ optimizer: Optimizer, on batches: some Sequence<Batch>, _ recorder: Recorder
) throws {
  for batch in batches {
    let loss = meanSquaredError(model(batch.inputs), batch.targets)
    loss.backward()
    optimizer.step()
    try recorder.step(loss: loss)
  }
}

/// The fraction of rows whose largest logit is that of the label.
func accuracy(_ logits: Tensor, _ labels: [Int]) -> Double {
  Double(zip(logits.argmax(), labels).count { $0 == $1 }) / Double(labels.count)
}

/// Batches as images: inputs [n, 28, 28, 1], channels last.
func images(_ inputs: Tensor) -> Tensor { inputs.reshaped(-1, 28, 28, 1) }

/// `count` numbers of the standard normal distribution.
func normalNumbers(_ count: Int, from random: inout RandomStream) -> [Float] {
  (0..<count).map { _ in Float(random.normalPair().0) }
}

/// Fashion-MNIST, loaded once for all cases.
func fashionMNIST() throws -> FashionMNIST { try loaded.get() }

/// Fashion-MNIST's first 20,000 pictures for training and 2,000 for testing, with pixels from 0 to 255 as inputs.
func rawFashionMNIST() throws -> (train: Dataset, test: Dataset) { try raw.get() }

private let loaded = Result { try FashionMNIST() }

private let raw = Result {
  let data = try fashionMNIST()
  func pixels(_ part: Dataset, _ count: Int) -> Dataset {
    let batch = part.batch(at: 0..<count)
    let mean = Float(data.mean), deviation = Float(data.standardDeviation)
    return Dataset(
      inputs: batch.inputs.values.map { (255 * ($0 * deviation + mean)).rounded() }, labels: batch.labels,
      classNames: FashionMNIST.classNames)
  }
  return (train: pixels(data.train, 20_000), test: pixels(data.test, 2_000))
}
