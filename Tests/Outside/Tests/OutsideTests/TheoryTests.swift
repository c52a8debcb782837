import Rheoscope
import Testing

@Suite struct TheoryTests {
  /// The code of the article on mean-field theory.
  @Test func predictsTheGradientFactorOfADeepNet() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run.rheo"
      // begin
      // What theory predicts per layer at initialization: ReLU with He weights keeps the gradient, tanh with σ_w² = 0.5 loses it.
      let relu = MeanField(.relu, weightVariance: 2).gradientFactor
      let tanh = MeanField(.tanh, weightVariance: 0.5).gradientFactor

      // What a net of 20 layers shows.
      let model = Sequential(
        (0..<20).flatMap { _ in
          [Linear(300, 300, bias: false, initializer: .normal(weightVariance: 0.5)), Tanh()] as [Module]
        })
      model.initialize(seed: 1)
      let optimizer = SGD(model, learningRate: 0)
      let recorder = try Recorder(model, optimizer, writingTo: path)
      var stream = RandomStream(seed: 1, name: "inputs")
      let x = Tensor((0..<50 * 300).map { _ in Float(stream.normalPair().0) }, shape: [50, 300])
      let loss = model(x).squared().mean()
      loss.backward()
      optimizer.step()
      try recorder.step(loss: loss)
      let measured = try GradientProfile.of(try recorder.finish())!.factor!
      // end
      #expect(abs(relu - 1) < 1e-6)
      #expect(abs(tanh - 0.5.squareRoot()) < 0.05)
      #expect(abs(measured - tanh) < 0.05)
    }
  }
}
