import Rheoscope

extension DiagnosisCase {
  /// The same net and data twice: with the data in order of their labels it does not converge.
  static let sortedByClass = DiagnosisCase(
    name: "sorted-by-class", rule: "batches sorted by class",
    source: "https://dailydoseofds.beehiiv.com/p/deep-learning-models-can-learn-non",
    symptom: .last("test_accuracy", failing: 0...0.5, fixed: 0.65...1)
  ) { isFixed, seed, path in
    let model = denseNet(784, 128, 10)
    model.initialize(seed: seed)
    let optimizer = SGD(model, learningRate: 0.01)
    let recorder = try Recorder(model, optimizer, writingTo: path)
    let data = try fashionMNIST(), labels = data.train.labels
    var order = (0..<6400).sorted { labels[$0] < labels[$1] }
    var random = RandomStream(seed: seed, name: "order")
    for _ in 0..<3 {
      if isFixed { order.shuffle(using: &random) }
      let batches = stride(from: 0, to: order.count, by: 64).lazy.map { data.train.batch(at: order[$0..<$0 + 64]) }
      try trainClassifier(model, optimizer, on: batches, recorder)
      try recorder.record(Evaluation(of: model, on: data.test))
    }
    return try recorder.finish()
  }
}
