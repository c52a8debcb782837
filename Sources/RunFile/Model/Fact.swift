/// A row of the table `fact`: a property of the training from a step on, such as the largest input.
public struct Fact: Sendable, Equatable {
  /// The subject of a fact.
  public enum Subject: Sendable, Hashable {
    /// A site, by its `id`.
    case site(Int)
    /// A parameter, by its path.
    case parameter(String)
    /// The model's input.
    case input
    /// The targets.
    case target
    /// The loss.
    case loss
    /// The whole model.
    case model
  }

  /// The value of a fact.
  public enum Value: Sendable, Hashable {
    /// A number; NaN and infinities are kept.
    case number(Double)
    /// Plain text.
    case text(String)
    /// JSON, such as a list of shapes.
    case json(String)
  }

  /// The step at which it was found; nil is the whole run.
  public var step: Int?
  /// The subject.
  public var subject: Subject
  /// Its name, such as `maximum`.
  public var name: FactName
  /// The value.
  public var value: Value

  /// A fact; `step` nil is the whole run.
  public init(step: Int? = nil, subject: Subject, name: FactName, value: Value) {
    self.step = step
    self.subject = subject
    self.name = name
    self.value = value
  }
}

extension Fact.Subject {
  /// The values of the columns `subject` and `item`.
  var columns: (kind: String, item: String?) {
    switch self {
    case .site(let id): ("site", String(id))
    case .parameter(let path): ("parameter", path)
    case .input: ("input", nil)
    case .target: ("target", nil)
    case .loss: ("loss", nil)
    case .model: ("model", nil)
    }
  }

  /// The subject with these values of the columns; nil if there is none.
  init?(kind: String, item: String?) {
    switch (kind, item) {
    case ("site", let item?):
      guard let id = Int(item) else { return nil }
      self = .site(id)
    case ("parameter", let item?): self = .parameter(item)
    case ("input", _): self = .input
    case ("target", _): self = .target
    case ("loss", _): self = .loss
    case ("model", _): self = .model
    default: return nil
    }
  }
}

extension Fact.Value {
  /// The column `type`.
  var type: String {
    switch self {
    case .number: "number"
    case .text: "text"
    case .json: "json"
    }
  }
}
