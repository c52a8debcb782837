import Diagnosis
import Foundation
import RunFile

extension RuleCase {
  static var signal: [RuleCase] {
    [
      RuleCase(
        "constant initialization", says: ["heNormal"],
        fault: { run in
          stay(&run)
          for layer in 0..<4 { run.set(.parameter("\(2 * layer).weight"), .equalUnits, 1) }
        },
        // An output layer of zeros learns.
        twin: { run in
          learn(&run)
          run.facts = []
          run.set(.parameter("head.weight"), .equalUnits, 1)
        }, unable: withoutFacts),
      RuleCase(
        "initialization too small", says: ["2.00e-04 / inputs", "100 times as large"],
        fault: { run in
          stay(&run)
          run.weight = { _, layer, row in
            if layer < 5 { (row.norm, row.updateNorm) = (row.norm! * 0.01, row.updateNorm! * 0.01) }
          }
        }, twin: { learn(&$0) }),
      RuleCase(
        "initialization too large", says: ["/ inputs"],
        fault: { run in
          run.loss = { _ in 12 }
          run.weight = { _, _, row in (row.norm, row.updateNorm) = (row.norm! * 5, row.updateNorm! * 5) }
        }, twin: { learn(&$0) }),
      RuleCase(
        "clipping always binds", .warning, says: ["1/20.0", "a limit of 40", "divide the learning rate"],
        fault: { run in
          run.loss = { 2.3 - 0.005 * Double($0) }
          run.set(.model, .clippedShare, 1)
          run.set(.model, .clippingRatio, 20)
          run.set(.model, .clippingLimit, 1)
        }, twin: { learn(&$0) }, unable: withoutFacts),
      RuleCase(
        "square root at zero", says: ["squareRoot got 0", "1e-12"],
        fault: { run in
          run.loss = { $0 < 21 ? 1 : .nan }
          run.row = { step, _, row in if step >= 20 { row[.gradientNonfiniteCount] = 4 } }
          run.set(.model, .nonfiniteOrigin, json: #"{"operation":"squareRoot","module":null,"count":1,"step":20}"#)
        },
        twin: { run in
          run.row = { _, _, _ in }
          learn(&run)
        },
        unable: { run in
          // Without the operation, growth explains it as well.
          run.facts = []
          run.loss = { $0 < 21 ? pow(10, Double($0)) : .nan }
        }),
      RuleCase(
        "logarithm of zero", says: ["binaryCrossEntropy(logits: z, targets)"],
        fault: { run in
          run.loss = { $0 < 30 ? 0.5 : .nan }
          run.site = { if $0.id == 10 { $0.kind = "Sigmoid" } }
          run.row = { _, site, row in if site.id == 10 { row[.activationMax] = 1 } }
          run.set(.loss, .function, text: "handwritten")
        }, twin: { run in learn(&run) }, unable: { run in run.row = { _, _, _ in } }),
      RuleCase(
        "division by zero", says: ["/ got a divisor of 0"],
        fault: { run in
          run.loss = { $0 < 30 ? 0.5 : .nan }
          run.set(.model, .nonfiniteOrigin, json: #"{"operation":"/","module":"2","count":1,"step":30}"#)
        }, twin: { learn(&$0) }, unable: { $0.facts = [] }),
      RuleCase(
        "float16 overflow", says: ["65,504", "bfloat16"],
        fault: { run in
          stay(&run)
          run.skipped = Array(0..<100)
          for site in 0..<11 { run.set(.site(site), .precision, text: "float16") }
          run.row = { _, site, row in
            if site.id > 6 { (row[.nonfiniteCount], row[.activationMax]) = (8, .infinity) }
          }
        },
        twin: { run in
          run.skipped = [0, 1]
          learn(&run)
          run.row = { _, _, _ in }
        }, unable: { run in run.facts = [] }),
      RuleCase(
        "float16 underflow", says: ["scaler.scaled(loss).backward()"],
        fault: { run in
          run.loss = { 2.3e-6 + 1e-9 * sin(Double($0)) }
          run.without = [.function]
          for site in 0..<11 { run.set(.site(site), .precision, text: "float16") }
          run.row = { _, _, row in row[.gradientRMS] = 0 }
        },
        twin: { run in
          learn(&run)
          run.row = { _, _, _ in }
        }, unable: { $0.facts = [] }),
      RuleCase(
        "vanishing gradient", says: ["0.100 per layer", "heNormal"],
        fault: { run in
          stay(&run)
          run.row = { _, site, row in row[.gradientRMS] = 0.01 * pow(0.1, Double(6 - site.depth)) }
        }, twin: { learn(&$0) }),
      // The fit of the inner layers hides the first.
      RuleCase(
        "vanishing gradient", says: ["2.20e-04 of its size"],
        fault: { run in
          stay(&run)
          run.activation = "Sigmoid"
          run.row = { _, site, row in
            row[.gradientRMS] = site.depth == 1 ? 2.2e-6 : 0.01 * pow(0.33, Double(6 - site.depth))
          }
        }, twin: { learn(&$0) }),
      // Exact zeros in a net of two layers.
      RuleCase(
        "vanishing gradient", says: ["exactly 0 in 1 layer"],
        fault: { run in
          stay(&run)
          run.layers = 1
          run.row = { _, site, row in if site.id < 2 { row[.gradientRMS] = 0 } }
        }, twin: { learn(&$0) }),
      RuleCase(
        "exploding gradient", says: ["10.0 per layer", "clipGradients(toNorm: 1)"],
        fault: { run in
          stay(&run)
          run.row = { _, site, row in row[.gradientRMS] = 1e-8 * pow(10, Double(6 - site.depth)) }
        }, twin: { learn(&$0) }),
      RuleCase(
        "vanishing activations", says: ["0.100 per layer"],
        fault: { run in
          stay(&run)
          run.row = { _, site, row in row[.activationRMS] = pow(0.1, Double(site.depth)) }
        }, twin: { learn(&$0) }),
      RuleCase(
        "exploding activations", says: ["10.0 per layer"],
        fault: { run in
          stay(&run)
          run.row = { _, site, row in row[.activationRMS] = pow(10, Double(site.depth)) }
        }, twin: { learn(&$0) }),
      RuleCase(
        "shattered gradients", says: ["0.0500"],
        fault: { run in
          stay(&run)
          run.measures = (0...5).map { (0, 2 * $0, .gradientCorrelation, $0 == 0 ? 0.05 : 0.15 * Double($0)) }
        }, twin: { learn(&$0) }, unable: { $0.measures = [] }),
      RuleCase(
        "learning rate too high", says: ["140 per step", "0.004 instead of 0.05"],
        fault: { run in
          run.steps = 10
          run.loss = { 8e8 * pow(140, Double($0)) }
        },
        twin: { run in
          run.steps = 100
          learn(&run)
        }, unable: { $0.steps = 1 }),
      RuleCase(
        "learning rate too high", says: ["90.0 % of their norm"],
        fault: { run in
          stay(&run)
          run.weight = { step, _, row in row.updateNorm = row.norm! * (step < 10 ? 0.9 : 0.01) }
        }, twin: { learn(&$0) }),
      RuleCase(
        "weight decay too strong", says: ["weight decay 0.1", "0.002 instead of 0.1"],
        fault: { run in
          stay(&run)
          run.set(
            .model, .optimizers, json: #"[{"type":"SGD","learning_rate":0.05,"weight_decay":0.1,"momentum":0.9}]"#)
          run.weight = { step, _, row in row.norm = 8 * pow(0.97, Double(step)) }
        },
        twin: { run in
          learn(&run)
          run.weight = { _, _, _ in }
        }, unable: withoutFacts),
      RuleCase(
        "dead units", says: ["from the first step on"],
        fault: { run in
          stay(&run)
          run.row = { _, site, row in
            if site.id == 5 { row[.zeroFraction] = 1 }
            if site.id < 5 { row[.gradientRMS] = 0 }
          }
        },
        twin: { run in
          learn(&run)
          run.row = { _, _, _ in }
        }),
      RuleCase(
        "units dying over time", says: ["from step 40 on"],
        fault: { run in
          run.loss = { $0 < 40 ? 2.2 : 2.3 }
          run.row = { step, site, row in if site.id == 5, step >= 40 { row[.zeroFraction] = 1 } }
        },
        twin: { run in
          learn(&run)
          run.row = { step, site, row in if site.id == 5, step == 99 { row[.zeroFraction] = 1 } }
        }),
      RuleCase(
        "saturated units", says: ["xavierNormal"],
        fault: { run in
          stay(&run)
          run.activation = "Tanh"
          run.row = { _, site, row in if site.kind == "Tanh" { row[.saturatedFraction] = 0.9 } }
        }, twin: { learn(&$0) }),
      RuleCase(
        "zero gradient", says: ["exactly 0 in all steps"],
        fault: { run in
          stay(&run)
          run.set(.parameter("0.weight"), .zeroGradient, 1)
        },
        // Branches that begin at zero.
        twin: { run in
          learn(&run)
          run.facts = []
          run.set(.parameter("0.weight"), .zeroGradient, 0.01)
        }, unable: withoutFacts),
      RuleCase(
        "updates lost to rounding", says: ["updates of exactly 0"],
        fault: { run in
          stay(&run)
          run.weight = { _, _, row in row.updateNorm = 0 }
        },
        twin: { run in
          learn(&run)
          run.weight = { _, _, _ in }
        }),
      RuleCase(
        "learning rate too low", says: ["0.010 % in all", "of 100 instead of 0.05"],
        fault: { run in
          stay(&run)
          run.weight = { _, _, row in row.updateNorm = row.norm! * 1e-6 }
        }, twin: { learn(&$0) }),
      RuleCase(
        "learning rate decayed to nothing", .warning, says: ["cosine(over: 100)"],
        fault: { run in
          run.loss = { 1 + 1.3 * exp(-Double($0) / 5) }
          run.learningRate = { 0.05 * pow(0.5, Double($0)) }
        },
        twin: { run in
          run.learningRate = { 0.05 * (1 + cos(.pi * Double($0) / 100)) / 2 }
        }),
      // Less than a hundredth is left for a third of the run, in a net that learns little.
      RuleCase(
        "learning rate decayed to nothing", .warning, says: ["less than 1 %"],
        fault: { run in
          run.loss = { 1.5 + 0.8 * exp(-Double($0) / 5) }
          run.learningRate = { 0.05 * pow(0.93, Double($0)) }
        }, twin: learn),
      RuleCase(
        "gradient noise too high", .warning, says: ["1.00e+05 samples"],
        fault: { run in
          stay(&run)
          run.measures = [
            (0, nil, .gradientNoiseScale, 1e5), (1, nil, .gradientNoiseScale, 1e5), (2, nil, .gradientNoiseScale, 1e5),
          ]
        }, twin: { learn(&$0) }, unable: { $0.measures = [] }),
      RuleCase(
        "one net starves the other", .warning, says: ["−ln D(G(z))"],
        fault: { run in
          run.without = [.kind, .classCount, .classCounts, .function, .nearestMeanAccuracy]
          run.loss = { _ in 0.69 }
          run.parameter = { $0.optimizers = [$0.id < 6 ? 0 : 1] }
          run.weight = { step, layer, row in if layer < 3 { row.gradientNorm = 0.1 * exp(-Double(step) / 5) } }
        }, twin: { $0.weight = { _, _, _ in } }),
      RuleCase(
        "non-finite values", says: ["of 6 is not finite"],
        fault: { run in
          run.row = { step, site, row in if step >= 30, site.id >= 6 { row[.nonfiniteCount] = 3 } }
        }, twin: { $0.row = { _, _, _ in } }),
      RuleCase(
        "skipped steps", says: ["20 steps in a row"],
        fault: { $0.skipped = Array(20..<40) }, twin: { $0.skipped = [3, 9, 20] },
        unable: { $0.skipped = Array(20..<30) }),
    ]
  }
}
