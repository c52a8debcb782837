import Rheoscope

extension DiagnosisCase {
  /// Labels are shuffled apart from their inputs: all runs, and nothing is learned.
  static let shuffledLabels = DiagnosisCase(
    name: "shuffled-labels", rule: "labels unrelated to inputs",
    source: "https://lynx-cortex.pages.dev/phase-12-corpus-design/break/00-break-shuffle-labels/",
    symptom: .finalLoss(failing: 2.2...2.6, fixed: 0...0.8)
  ) { isFixed, seed, path in
    let model = denseNet(784, 128, 64, 10)
    model.initialize(seed: seed)
    let optimizer = Adam(model, learningRate: 0.001)
    let recorder = try Recorder(model, optimizer, writingTo: path)
    let data = try fashionMNIST()
    var random = RandomStream(seed: seed, name: "order")
    var rows = Array(0..<data.train.count), labels = data.train.labels
    rows.shuffle(using: &random)
    if !isFixed { labels.shuffle(using: &random) }
    for step in 0..<400 {
      let rows = rows[64 * step..<64 * (step + 1)]
      let logits = model(data.train.batch(at: rows).inputs), targets = rows.map { labels[$0] }
      let loss = crossEntropy(logits, targets)
      loss.backward()
      optimizer.step()
      try recorder.step(loss: loss, accuracy: accuracy(logits, targets))
    }
    return try recorder.finish()
  }
}
