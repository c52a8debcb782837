import Autodiff

/// The modules, parameters, buffers and random sources in the properties of one module, found by reflection.
struct ModuleReflection {
  private(set) var children: [(name: String, module: Module)] = []
  private(set) var parameters: [(name: String, parameter: Parameter)] = []
  private(set) var buffers: [(name: String, buffer: ModuleBuffer)] = []
  private(set) var randomSources: [(name: String, source: RandomSource)] = []
  /// Whether one of the parameters has two or more dimensions.
  private(set) var isLayer = false

  /// Whether the module names its children itself. Stored, since the names of many layers take long to compute.
  private let hasNamedChildren: Bool

  init(of module: Module) {
    let named = module.namedChildren
    hasNamedChildren = named != nil
    if let named { children = named }
    var levels: [Mirror] = []
    var level: Mirror? = Mirror(reflecting: module)
    while let mirror = level, mirror.subjectType != Module.self {
      levels.append(mirror)
      level = mirror.superclassMirror
    }
    // A superclass's properties come first.
    for mirror in levels.reversed() {
      collectFields(of: mirror, module) { label in
        label.hasPrefix(lazyPrefix) ? String(label.dropFirst(lazyPrefix.count)) : label
      }
    }
  }

  /// Adds what the fields of a class or structure hold. A module behind a weak or unowned reference is no child: such a reference leads
  /// to a module that another holds, such as a parent.
  private mutating func collectFields(of mirror: Mirror, _ holder: Module, name: (_ label: String) -> String) {
    for (index, field) in mirror.children.enumerated() {
      let before = children.count
      collect(field.value, name(field.label ?? ""), holder)
      if children.count > before, !mirror.ownsField(index) { children.removeSubrange(before...) }
    }
  }

  /// Adds a module, parameter, buffer or random source, or those inside an array, dictionary, optional, tuple, structure or
  /// enumeration, whose names are index, key or label.
  private mutating func collect(_ value: Any, _ name: String, _ holder: Module) {
    if let module = value as? Module {
      if !hasNamedChildren { children.append((name, module)) }
    } else if let parameter = value as? Parameter {
      parameters.append((name, parameter))
      if parameter.shape.count > 1 { isLayer = true }
    } else if let buffer = value as? ModuleBuffer {
      buffers.append((name, buffer))
    } else if let source = value as? RandomSource {
      randomSources.append((name, source))
    } else {
      let mirror = Mirror(reflecting: value)
      switch mirror.displayStyle {
      case .optional: for child in mirror.children { collect(child.value, name, holder) }
      case .collection:
        for (index, child) in mirror.children.enumerated() { collect(child.value, "\(name).\(index)", holder) }
      case .tuple:
        for (index, child) in mirror.children.enumerated() {
          let label = child.label ?? ""
          collect(child.value, "\(name).\(label.isEmpty || label.hasPrefix(".") ? "\(index)" : label)", holder)
        }
      case .dictionary:
        let entries = mirror.children.compactMap { entry -> (String, Any)? in
          let pair = Array(Mirror(reflecting: entry.value).children)
          return pair.count == 2 ? ("\(pair[0].value)", pair[1].value) : nil
        }
        for (key, value) in entries.sorted(by: { $0.0 < $1.0 }) { collect(value, "\(name).\(key)", holder) }
      case .set:
        let before = count
        for child in mirror.children { collect(child.value, name, holder) }
        if count > before {
          stop(holder.kind, "“\(name)” is a set, whose elements have no order and so no paths; use an array")
        }
      case .struct: collectFields(of: mirror, holder) { "\(name).\($0)" }
      case .enum:
        for child in mirror.children { collect(child.value, "\(name).\(child.label ?? "")", holder) }
      default: break
      }
    }
  }

  private var count: Int { children.count + parameters.count + buffers.count + randomSources.count }
}

/// The prefix of the compiler's names for the storage of lazy properties.
private let lazyPrefix = "$__lazy_storage_$_"
