import Autodiff
import Datasets
import NeuralNetworks
import Recording

extension Evaluation {
  /// The loss and the accuracy of a model on a data set, evaluated without the tape, as `evaluate()` sets the model.
  ///
  /// For samples with classes the loss is the mean cross-entropy of the model's logits [samples, classes], and there is an accuracy; for
  /// samples with targets it is the mean squared error of its outputs [samples, outputs]. Training mode, running statistics and random
  /// streams are restored afterwards.
  ///
  ///     try recorder.record(Evaluation(of: model, on: data.test))   // test_loss, test_accuracy
  public init(_ name: String = "test", of model: Module, on data: Dataset, batch: Int = 1000) {
    var loss = 0.0, right = 0
    let hasClasses = data.outputs == 0
    model.evaluated {
      withoutGradients {
        for samples in data.inOrder(of: batch) {
          let output = model(samples.inputs), count = Double(samples.inputs.shape[0])
          let mean = hasClasses ? crossEntropy(output, samples.labels) : meanSquaredError(output, samples.targets)
          loss += Double(mean.value) * count
          if hasClasses { right += zip(output.argmax(), samples.labels).count { $0 == $1 } }
        }
      }
    }
    let count = Double(data.count)
    self.init(name, loss: loss / count, accuracy: hasClasses ? Double(right) / count : nil)
  }
}
