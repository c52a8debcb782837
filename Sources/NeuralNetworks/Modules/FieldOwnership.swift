extension Mirror {
  /// Whether a field of the class or structure that this mirror shows is a value or a strong reference; false where it is `weak` or
  /// `unowned`, which mirrors don't show.
  func ownsField(_ index: Int) -> Bool {
    // The fields of superclasses come first.
    let inherited = recursiveCount(subjectType) - children.count
    // A mirror of a user's own shows no fields.
    guard inherited >= 0 else { return true }
    var field = FieldMetadata()
    _ = recursiveChildMetadata(subjectType, index: inherited + index, fieldMetadata: &field)
    field.release?(field.name)
    return field.isStrong
  }
}

/// What Swift's runtime knows of a field.
private struct FieldMetadata {
  var name: UnsafePointer<CChar>?
  var release: (@convention(c) (UnsafePointer<CChar>?) -> Void)?
  var isStrong = true
  var isVariable = false
}

// The functions by which the standard library's own mirrors read types.

@_silgen_name("swift_reflectionMirror_recursiveCount")
private func recursiveCount(_: Any.Type) -> Int

@_silgen_name("swift_reflectionMirror_recursiveChildMetadata")
private func recursiveChildMetadata(
  _: Any.Type, index: Int, fieldMetadata: UnsafeMutablePointer<FieldMetadata>
) -> Any.Type
