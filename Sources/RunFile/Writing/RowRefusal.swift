/// The reason why a row was left out of a run file: it contradicts others.
enum RowRefusal: CustomStringConvertible {
  case repeatedStep(Int)
  case undefined(_ what: String, Int, step: Int)
  case repeated(_ what: String, Int, step: Int)
  case foreign(step: Int, inStep: Int)

  /// The reason, as a part of a sentence.
  var description: String {
    switch self {
    case .repeatedStep(let step): "step \(step) was appended twice"
    case .undefined(let what, let id, let step): "step \(step) has a row for \(what) \(id), which was never defined"
    case .repeated(let what, let id, let step): "step \(step) has two rows for \(what) \(id)"
    case .foreign(let step, let inStep): "step \(inStep) was appended with a row of step \(step)"
    }
  }
}
