import Foundation
import Rheoscope

/// Trains every net for two steps on every data set that fits, without a diagnosis: whether shapes agree.
enum NetCheck {
  static func run() throws {
    let sequences: [DataName] = [.recall(length: 4), .adding(length: 4), .counting(length: 5), .difference(length: 5)]
    let vectors: [DataName] = [
      .fashion, .teacher, .circles, .blobs, .bars, .spirals, .waves, .stripes, .teacherClasses, .board, .ridges, .spots,
    ]
    let images: [DataName] = [.fashion, .bars, .stripes]
    var count = 0
    for net in NetKind.allCases {
      for data in net.isSequential ? sequences : net.isConvolutional ? images : vectors + sequences {
        for hasBatchNorm in net.isSequential ? [false] : [false, true] {
          for obstacle in [Obstacle.nothing, .detached, .withoutGradients, .sign] {
            var recipe = Recipe(
              data: data, net: net, width: 8, depth: net.isRecurrent ? 1 : 2, optimizer: .adam, learningRate: 0.001)
            recipe.hasBatchNorm = hasBatchNorm
            recipe.obstacle = obstacle
            recipe.steps = 2
            recipe.evaluations = 1
            let path = NSTemporaryDirectory() + "check-\(UUID().uuidString).rheo"
            defer { try? FileManager.default.removeItem(atPath: path) }
            let run = try BenchmarkTraining(recipe, seed: 1, path: path).run()
            guard run.steps.count == 2 else { fatalError("\(recipe.name): \(run.steps.count) steps") }
            count += 1
          }
        }
      }
    }
    print("\(count) nets train")
  }
}
