import Foundation
import Rheoscope

/// A training of the kind that a tool's authors show, on which its rule must fire.
struct OwnExample {
  let tool: Baseline
  let rule: String
  let about: String
  let recipe: Recipe

  private init(_ tool: Baseline, _ rule: String, _ about: String, _ change: (inout Recipe) -> Void) {
    var recipe = Recipe(data: .fashion, net: .dense, width: 32, depth: 3, optimizer: .sgd, learningRate: 0.05)
    recipe.steps = 100
    change(&recipe)
    (self.tool, self.rule, self.about, self.recipe) = (tool, rule, about, recipe)
  }

  static var all: [OwnExample] {
    func deepSigmoid(_ depth: Int) -> (inout Recipe) -> Void {
      { recipe in
        recipe.activation = .sigmoid
        recipe.depth = depth
      }
    }
    let deadReLU: (inout Recipe) -> Void = { $0.biases = [0: -100, 1: -100, 2: -100] }
    let diverging: (inout Recipe) -> Void = { recipe in
      recipe.learningRate = 1e4
      recipe.activation = .leakyReLU
    }
    return [
      OwnExample(.sageMakerDebugger, "VanishingGradient", "20 layers of sigmoids", deepSigmoid(20)),
      OwnExample(.sageMakerDebugger, "DeadRelu", "biases of −100 before ReLUs", deadReLU),
      OwnExample(.sageMakerDebugger, "ExplodingTensor", "a learning rate of 10,000", diverging),
      OwnExample(.sageMakerDebugger, "UnchangedTensor", "a frozen layer") { $0.frozenLayers = 1 },
      OwnExample(.autoTrainer, "vanish", "10 layers of sigmoids on circles") { recipe in
        deepSigmoid(10)(&recipe)
        recipe.data = .circles
      },
      OwnExample(.autoTrainer, "relu", "biases of −100 before ReLUs", deadReLU),
      OwnExample(.autoTrainer, "explode", "a learning rate of 10,000", diverging),
      OwnExample(.deepDiagnosis, "vanishing gradient", "20 layers of sigmoids", deepSigmoid(20)),
      OwnExample(.deepDiagnosis, "dead node", "biases of −100 before ReLUs", deadReLU),
      OwnExample(.deepDiagnosis, "saturated activation", "tanh, inputs times 100") { recipe in
        recipe.activation = .tanh
        recipe.inputScale = 100
      },
      OwnExample(.umlaut, "input not normalized", "pixels from 0 to 255") { recipe in
        recipe.inputScale = 90
        recipe.inputOffset = 73
      },
      OwnExample(.umlaut, "softmax", "a softmax before a loss of logits") { $0.ending = .softmax },
      OwnExample(.umlaut, "missing activation", "linear layers alone") { $0.dropsActivations = true },
      OwnExample(.umlaut, "learning rate", "a learning rate of 10") { $0.learningRate = 10 },
    ]
  }

  /// Whether each tool's rule fires on its example.
  static func table(in folder: String) throws -> String {
    let rows = try all.map { example -> [String] in
      let path = "\(folder)/example.rheo"
      defer { try? FileManager.default.removeItem(atPath: path) }
      let run = try BenchmarkTraining(example.recipe, seed: 1, path: path).run()
      let verdict = example.tool.verdict(try RecordedNumbers(run))
      let fires = verdict.statements.contains { $0.text == example.rule }
      return [example.tool.name, example.rule, example.about, fires ? "fires" : "DOES NOT FIRE"]
    }
    return Tables.table(["tool", "rule", "example", ""], rows)
  }
}
