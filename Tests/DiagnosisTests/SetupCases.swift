import Diagnosis
import Foundation
import RunFile

extension RuleCase {
  static var setup: [RuleCase] {
    [
      RuleCase(
        "optimizer does not step", says: ["took no step in 100", "optimizer.step()"],
        fault: { run in
          stay(&run)
          run.set(.model, .optimizerSteps, json: "[0]")
          run.weight = { _, _, row in (row.norm, row.updateNorm) = (8, nil) }
        },
        twin: { run in
          learn(&run)
          run.facts = []
          run.weight = { _, _, _ in }
        }),
      RuleCase(
        "learning rate zero", says: ["is 0 in all 100 steps", "0.05"],
        fault: { run in
          stay(&run)
          run.learningRate = { _ in 0 }
          run.weight = { _, _, row in (row.norm, row.updateNorm) = (8, 0) }
        },
        twin: { run in
          // Warm-up.
          run.learningRate = { 0.05 * min(1, Double($0) / 20) }
          learn(&run)
          run.weight = { _, _, _ in }
        }),
      RuleCase(
        "parameters in no optimizer", says: ["no optimizer holds any", "SGD(model, learningRate: 0.05)"],
        fault: { run in
          stay(&run)
          run.parameter = { $0.optimizers = [] }
          run.weight = { _, _, row in (row.norm, row.updateNorm) = (8, nil) }
        },
        twin: { run in
          // The training loop changes the weights itself.
          learn(&run)
          run.weight = { step, _, row in (row.norm, row.updateNorm) = (8 + 0.01 * Double(step), nil) }
        }, unable: { $0.steps = 0 }),
      RuleCase(
        "parameters in no optimizer", .failure, says: ["“head.weight”", "2 parameters of 12"],
        fault: { run in
          run.parameter = { if $0.path.hasPrefix("head") { $0.optimizers = [] } }
          run.weight = { _, layer, row in if layer == 5 { (row.norm, row.updateNorm) = (4, nil) } }
        },
        twin: { run in
          // Fine-tuning: the loaded weights of the other layers are given to no optimizer.
          run.parameter = { if $0.id < 4 { $0.optimizers = [] } }
          run.weight = { _, layer, row in if layer < 2 { (row.norm, row.updateNorm) = (8, nil) } }
          for path in ["0.weight", "0.bias", "2.weight", "2.bias"] {
            run.set(.parameter(path), .valuesFrom, text: "loaded")
          }
        },
        // Another optimizer than the recorder's holds them.
        unable: { run in for path in ["head.weight", "head.bias"] { run.set(.parameter(path), .otherOptimizers, 1) } }),
      RuleCase(
        "parameters in no optimizer", .failure, says: ["“head.weight”", "2 parameters of 12"],
        fault: { run in
          run.parameter = { if $0.path.hasPrefix("head") { $0.optimizers = [] } }
          run.weight = { _, layer, row in if layer == 5 { (row.norm, row.updateNorm) = (4, nil) } }
        },
        twin: { run in
          // Fine-tuning in PyTorch: frozen weights are given to no optimizer.
          run.parameter = { if $0.id < 4 { ($0.optimizers, $0.isFrozen) = ([], true) } }
          run.weight = { _, layer, row in if layer < 2 { (row.norm, row.updateNorm) = (8, nil) } }
        }, unable: { $0.steps = 0 }),
      RuleCase(
        "parameters in two optimizers", says: ["change once for each"],
        fault: { run in
          stay(&run)
          run.parameter = { if $0.id < 2 { $0.optimizers = [0, 1] } }
        },
        twin: { run in
          learn(&run)
          run.parameter = { _ in }
        }, unable: { $0.steps = 0 }),
      RuleCase(
        "frozen parameters", .warning, says: ["3 weights of 6", "optimizer.group"],
        fault: { run in
          run.parameter = { $0.isFrozen = $0.id < 6 }
          run.weight = { _, layer, row in if layer < 3 { (row.norm, row.updateNorm) = (8, nil) } }
        },
        twin: { run in for layer in 0..<3 { run.set(.parameter("\(2 * layer).weight"), .valuesFrom, text: "loaded") } },
        unable: { $0.without = [.valuesFrom] }),
      RuleCase(
        "parameters without gradient", .warning, says: ["“0.weight”", "withoutGradients"],
        fault: { run in
          for path in ["0.weight", "0.bias"] { run.set(.parameter(path), .withoutGradient, 1) }
          run.set(.model, .uncalledModules, json: #"["0"]"#)
          run.set(.model, .calledWithoutGradients, json: #"["0"]"#)
          run.weight = { _, layer, row in if layer == 0 { (row.gradientNorm, row.updateNorm) = (nil, nil) } }
        },
        twin: { run in
          // A module that is not used.
          run.facts.removeAll { $0.name == .calledWithoutGradients }
        }, unable: withoutFacts),
      RuleCase(
        "gradients not cleared", .note, says: ["clearGradients()"],
        fault: { run in
          for step in 0..<3 {
            run.facts.append(
              Fact(step: step, subject: .model, name: .gradientsLeft, value: .json(#"["0.weight","2.weight"]"#)))
          }
          run.parameter = { $0.optimizers = [$0.id < 4 ? 0 : 1] }
          run.set(.model, .optimizerSteps, json: "[100,100]")
        },
        // Gradients are accumulated over four passes.
        twin: { run in
          run.facts.removeAll { $0.name == .optimizerSteps }
          run.set(.model, .optimizerSteps, json: "[25,25]")
        }, unable: withoutFacts),
      RuleCase(
        "softmax applied twice", says: ["can't go below 1.46"],
        fault: { run in
          stay(&run)
          run.set(.loss, .probabilityRows, 1)
        },
        twin: { run in
          learn(&run)
          run.set(.loss, .probabilityRows, 0.1)
          run.facts.removeFirst()
        }, unable: withoutFacts),
      RuleCase(
        "softmax over one value", says: ["is 1 for every input"],
        fault: { run in
          run.regress()
          run.loss = { _ in 0.5 }
          run.site = { if $0.id == 10 { ($0.kind, $0.shape) = ("Softmax", [64, 1]) } }
        },
        twin: { run in
          learn(&run)
          run.site = { if $0.id == 10 { ($0.kind, $0.shape) = ("Softmax", [64, 2]) } }
        }, unable: { $0.steps = 0 }),
      RuleCase(
        "one output for several classes", says: ["knows one class"],
        fault: { run in
          run.loss = { _ in 0 }
          run.set(.loss, .shapes, json: "[[64,1],[64]]")
          run.set(.target, .classCount, 1)
          run.set(.target, .classCounts, json: "[6400]")
        },
        twin: { run in
          run.facts = []
          learn(&run)
        }, unable: withoutFacts),
      RuleCase(
        "sigmoid for several classes", .warning, says: ["can't go below 1.46"],
        fault: { run in
          run.loss = { 1.6 + 0.7 * exp(-Double($0) / 20) }
          run.site = { if $0.id == 10 { $0.kind = "Sigmoid" } }
        }, twin: { $0.site = { _ in } }, unable: withoutFacts),
      RuleCase(
        "logits in a loss of probabilities", says: ["−3".replacingOccurrences(of: "−", with: "-")],
        fault: { run in
          stay(&run)
          run.set(.loss, .function, text: "binaryCrossEntropyOfProbabilities")
          run.set(.loss, .minimum, -3)
          run.set(.loss, .maximum, 4)
        },
        twin: { run in
          learn(&run)
          run.facts.removeAll { $0.name == .minimum || $0.name == .maximum }
          run.set(.loss, .minimum, 0.1)
          run.set(.loss, .maximum, 0.9)
        }, unable: withoutFacts),
      RuleCase(
        "broadcast shapes", says: ["4096 differences instead of 64"],
        fault: { run in
          run.regress()
          run.loss = { _ in 1 }
          run.facts.removeAll { $0.name == .shapes }
          run.set(.loss, .shapes, json: "[[64,1],[64]]")
        },
        twin: { run in
          learn(&run)
          run.facts.removeAll { $0.name == .shapes }
        }, unable: withoutFacts),
      RuleCase(
        "negative loss", says: ["crossEntropy is 0 or more", "loss.backward()"],
        fault: { run in
          run.loss = { 1 - 0.1 * Double($0) }
        },
        twin: { run in learn(&run) }, unable: withoutFacts),
      RuleCase(
        "warning while recording", .note, says: ["“unused” has parameters"],
        fault: { run in
          learn(&run)
          run.warnings = ["“unused” has parameters but was not called"]
        },
        twin: { run in learn(&run) }),
      RuleCase(
        "outputs cannot reach targets", says: ["never negative", "“head”"],
        fault: { run in
          run.regress(mean: 1, std: 2)
          run.facts.removeAll { $0.subject == .loss && ($0.name == .minimum || $0.name == .maximum) }
          run.loss = { _ in 4 }
          run.site = { if $0.id == 10 { ($0.kind, $0.shape) = (.relu, [64, 1]) } }
        },
        twin: { run in
          run.loss = { 4 * exp(-Double($0) / 20) + 0.01 }
          run.site = { if $0.id == 10 { $0.shape = [64, 1] } }
        }, unable: withoutFacts),
      RuleCase(
        "inputs not normalized", says: ["divide pixels by 255"],
        fault: { run in
          stay(&run)
          run.set(.input, .minimum, 0)
          run.set(.input, .maximum, 255)
          run.set(.input, .mean, 73)
          run.set(.input, .std, 90)
        }, twin: { learn(&$0) }, unable: withoutFacts),
      RuleCase(
        "non-finite data", says: ["first at step 7"],
        fault: { run in
          run.loss = { $0 < 7 ? 2 : .nan }
          run.facts.append(Fact(step: 7, subject: .input, name: .nonfiniteCount, value: .number(2)))
        },
        twin: { run in
          run.facts = []
          learn(&run)
        }, unable: withoutFacts),
      RuleCase(
        "targets of large scale", says: ["(y − 500)"],
        fault: { run in
          run.regress(mean: 500, std: 50)
          run.loss = { 252_500 - 10 * Double($0) }
        }, twin: { run in run.loss = { 252_500 * exp(-Double($0) / 5) + 10 } }, unable: withoutFacts),
      RuleCase(
        "constant targets", says: ["all 640 targets are of class 3"],
        fault: { run in run.set(.target, .classCounts, json: "[0,0,0,640,0,0,0,0,0,0]") },
        twin: { $0.facts = [] }, unable: withoutFacts),
      RuleCase(
        "classes unbalanced", .warning, says: ["95.0 %", "classWeights"],
        fault: { run in
          run.loss = { 0.2 + 0.002 * sin(Double($0) * 2.4) }
          run.set(.target, .classCounts, json: "[6080,320]")
          run.set(.target, .classCount, 2)
          run.set(.target, .majorityInBatch, 0.95)
          run.set(.loss, .accuracy, 0.95)
        },
        twin: { run in
          run.loss = { 0.2 * exp(-Double($0) / 20) }
          run.set(.loss, .accuracy, 0.99)
        }, unable: withoutFacts),
      RuleCase(
        "batches sorted by class", says: ["98.0 %", "data.train.batches(of: 64, seed: 1)"],
        fault: { run in
          stay(&run)
          run.set(.target, .majorityInBatch, 0.98)
        },
        twin: { run in
          // Batches of two have half of their targets in one class by chance.
          run.batch = 2
          learn(&run)
          run.facts = []
          run.set(.target, .majorityInBatch, 0.55)
        }, unable: withoutFacts),
      RuleCase(
        "labels unrelated to inputs", says: ["the variance of the targets, 1.00", "20 samples"],
        fault: { run in
          run.regress()
          run.loss = { 1 + 0.01 * sin(Double($0) * 2.4) }
        }, twin: { $0.loss = { 0.05 + exp(-Double($0) / 20) } }, unable: withoutFacts),
      RuleCase(
        "labels unrelated to inputs", says: ["can't tell", "20 samples"],
        fault: { run in
          stay(&run)
          run.set(.target, .nearestMeanAccuracy, 0.11)
        },
        twin: { run in
          learn(&run)
        },
        unable: { run in
          run.facts = []
          run.without = [.nearestMeanAccuracy]
          learn(&run)
        }),
      RuleCase(
        "batch norm with small batches", .warning, says: ["2 values per channel", "LayerNorm(64)"],
        fault: { run in
          run.batch = 2
          run.activation = "BatchNorm"
          run.scalars = [(99, "test_loss", 2)]
        }, twin: { $0.batch = 64 }, unable: { $0.scalars = [] }),
      RuleCase(
        "batch norm in evaluation", .warning, says: ["model.train()"],
        fault: { run in
          run.loss = { 1 + 1.3 * exp(-Double($0) / 10) }
          run.activation = "BatchNorm"
          run.set(.model, .evaluationMode, json: #"["1","3","5","7","9"]"#)
        },
        twin: { run in
          // Fine-tuning.
          for layer in 0..<10 { run.set(.parameter("\(layer).weight"), .valuesFrom, text: "loaded") }
          run.parameter = { if $0.site == 0 { $0.path = $0.path.replacingOccurrences(of: "0.", with: "1.") } }
          run.set(.parameter("1.weight"), .valuesFrom, text: "loaded")
        }, unable: withoutFacts),
      RuleCase(
        "missing activation", says: ["are one linear map"],
        fault: { run in
          stay(&run)
          run.activation = .linear
          run.site = { site in
            (site.isLayer, site.depth) = (true, site.id + 1)
            if site.id == 10 { site.module = "10" }
          }
          run.meta = [.model: "Sequential\n├ 0: Linear"]
        },
        // The activation may be a function.
        twin: { $0.meta = [.model: "MyNet\n├ 0: Linear"] }, unable: { $0.meta = [:] }),
      RuleCase(
        "forward called by hand", .note, says: ["module(x)"],
        fault: { $0.set(.model, .uncalledModules, json: #"["2"]"#) },
        twin: { $0.facts = [] }, unable: withoutFacts),
    ]
  }
}
