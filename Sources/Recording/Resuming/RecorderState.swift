import Autodiff
import Foundation
import NeuralNetworks
import RunFile

/// What a recorder needs to go on, as a part of a training state.
struct RecorderState {
  /// What the run file holds.
  let position: RunPosition
  /// Since the recording began.
  let seconds: Double
  /// The names of the probes.
  let probes: [String]
  /// The keys of the warnings that were printed.
  let warnings: [String]
  /// Whether each parameter is frozen.
  let areFrozen: [Bool]
  let observer: SavedState
  let facts: SavedState
  let probeStates: SavedState

  private static let prefix = "recorder.", observerPrefix = "observer.", factPrefix = "fact.", probePrefix = "probe."

  /// As entries of a training state.
  var saved: SavedState {
    func json(_ value: some Encodable) -> String {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try! encoder.encode(value), as: UTF8.self)
    }
    var state = SavedState(), all = SavedState()
    state.texts = ["position": json(position), "probes": json(probes), "warnings": json(warnings)]
    state.numbers = ["seconds": [seconds], "frozen": areFrozen.map { $0 ? 1 : 0 }]
    state.add(observer, under: Self.observerPrefix)
    state.add(facts, under: Self.factPrefix)
    state.add(probeStates, under: Self.probePrefix)
    all.add(state, under: Self.prefix)
    return all
  }

  /// Reads a training state. Throws a `WeightsError` if it can't be read, or was saved without a recorder.
  init(in path: String) throws {
    let state = try TrainingState.others(in: path).part(under: Self.prefix)
    func problem(_ text: String) -> WeightsError { .differentTraining(path: path, problem: text) }
    func value<Value: Decodable>(_ name: String) throws -> Value {
      guard let text = state.texts[name] else {
        throw problem("it was saved without a recorder; give save(…, recorder:, to:) the recorder")
      }
      guard let value = try? JSONDecoder().decode(Value.self, from: Data(text.utf8)) else {
        throw problem("its entry “\(name)” of the recorder is damaged")
      }
      return value
    }
    position = try value("position")
    probes = try value("probes")
    warnings = try value("warnings")
    guard let seconds = state.numbers["seconds"]?.first, let frozen = state.numbers["frozen"] else {
      throw problem("the recorder's entries are not complete")
    }
    self.seconds = seconds
    areFrozen = frozen.map { $0 != 0 }
    observer = state.part(under: Self.observerPrefix)
    facts = state.part(under: Self.factPrefix)
    probeStates = state.part(under: Self.probePrefix)
  }

  init(
    position: RunPosition, seconds: Double, probes: [String], warnings: [String], areFrozen: [Bool],
    observer: SavedState, facts: SavedState, probeStates: SavedState
  ) {
    (self.position, self.seconds, self.probes, self.warnings) = (position, seconds, probes, warnings)
    (self.areFrozen, self.observer, self.facts, self.probeStates) = (areFrozen, observer, facts, probeStates)
  }
}
