/// Sizes along the axes of a window: one number, `3`, for all axes alike, or one per axis, `[3, 5]` for height and width.
public protocol AxisSizes: Sendable {
  /// One size for all axes, or one per axis, outermost first.
  var axisSizes: [Int] { get }
}

extension Int: AxisSizes {
  /// The number itself, for all axes.
  public var axisSizes: [Int] { [self] }
}

extension [Int]: AxisSizes {
  /// The numbers themselves, one per axis.
  public var axisSizes: [Int] { self }
}

/// How windows reach beyond the edges: a number of elements on all sides, `1`; one per axis, `[1, 2]`; or a `Padding` such as `.same`.
public protocol WindowPadding: Sendable {
  /// The padding on each side.
  var windowPadding: Padding { get }
}

extension Int: WindowPadding {
  /// As many elements on all sides.
  public var windowPadding: Padding { .sides(before: self, after: self) }
}

extension [Int]: WindowPadding {
  /// One number per axis, on both of its sides.
  public var windowPadding: Padding { .sides(before: self, after: self) }
}

/// How many elements windows reach beyond each edge.
public struct Padding: WindowPadding, Hashable {
  /// The padding of one axis.
  enum Axis: Hashable {
    case sides(before: Int, after: Int)
    case same(oddAfter: Bool)
  }

  let axes: [Axis]

  /// The padding itself.
  public var windowPadding: Padding { self }
}

extension WindowPadding where Self == Padding {
  /// As many elements as make ⌈size / stride⌉ windows fit, half of them on each side of an axis, and an odd one after it. With stride 1
  /// the output has the size of the input, as with PyTorch's “same”; with other strides it is JAX's “SAME” and ONNX's SAME_UPPER.
  public static var same: Padding { Padding(axes: [.same(oddAfter: true)]) }

  /// As `.same`, with an odd element before the axis, as ONNX's SAME_LOWER.
  public static var sameLower: Padding { Padding(axes: [.same(oddAfter: false)]) }

  /// A number of elements before each axis (above and left of an image) and after it (below and right).
  public static func sides(before: any AxisSizes, after: any AxisSizes) -> Padding {
    let before = before.axisSizes, after = after.axisSizes, count = max(before.count, after.count)
    return Padding(
      axes: (0..<count).map { axis in
        // Numbers of sides that don't match are refused by the window, as −1.
        func size(_ sizes: [Int]) -> Int { sizes.count == 1 ? sizes[0] : axis < sizes.count ? sizes[axis] : -1 }
        return .sides(before: size(before), after: size(after))
      })
  }
}

/// A window that moves over the axes of images or sequences, as convolutions and pooling use it.
///
/// Along an axis of some size, window i covers the elements i · stride + a · dilation − padding before the axis, for a in
/// 0 ..< kernelSize, and there are ⌊(size + padding − dilation (kernelSize − 1) − 1) / stride⌋ + 1 windows.
public struct Window: Hashable, Sendable {
  /// The window along one axis.
  struct Axis: Hashable {
    let kernelSize, stride, dilation: Int
    let padding: Padding.Axis

    /// How many elements lie between the first and the last that a window covers, both included.
    var extent: Int { dilation * (kernelSize - 1) + 1 }
  }

  /// Height and width, or the length of sequences.
  let axes: [Axis]

  /// The number of elements that a window covers along each axis.
  public var kernelSize: [Int] { axes.map(\.kernelSize) }
  /// The distance between windows along each axis.
  public var stride: [Int] { axes.map(\.stride) }
  /// The distance between the elements that a window covers, along each axis.
  public var dilation: [Int] { axes.map(\.dilation) }

  /// A window over `axes` axes, 1 for sequences and 2 for images. Stops the program, in the name of `operation`, unless there is one number
  /// for all axes or one per axis, of at least 1, and 0 for padding.
  package init(
    _ operation: String, axes: Int, kernelSize: [Int], stride: any AxisSizes, dilation: any AxisSizes,
    padding: any WindowPadding
  ) {
    let strides = stride.axisSizes, dilations = dilation.axisSizes, paddings = padding.windowPadding.axes
    func at<Value>(_ axis: Int, _ values: [Value]) -> Value { values[values.count == 1 ? 0 : axis] }
    let haveCounts = [kernelSize.count, strides.count, dilations.count, paddings.count].allSatisfy {
      [1, axes].contains($0)
    }
    self.axes =
      haveCounts
      ? (0..<axes).map { axis in
        Axis(
          kernelSize: at(axis, kernelSize), stride: at(axis, strides), dilation: at(axis, dilations),
          padding: at(axis, paddings))
      } : []
    guard haveCounts, self.axes.allSatisfy(\.isValid) else {
      stop(
        operation,
        "kernelSize \(kernelSize.text), stride \(strides.text), dilation \(dilations.text), padding "
          + "\(padding.windowPadding): at least 1, 1, 1 and 0 are needed, at most \(Int32.max), one number or one for each of "
          + (axes == 1 ? "1 axis" : "\(axes) axes"))
    }
  }
}

extension Window.Axis {
  fileprivate var isValid: Bool {
    guard min(kernelSize, stride, dilation) >= 1, max(kernelSize, stride, dilation) <= Int32.max else { return false }
    guard case .sides(let before, let after) = padding else { return true }
    return min(before, after) >= 0 && max(before, after) <= Int32.max
  }
}

extension [Int] {
  /// The number alone, if there is one.
  fileprivate var text: String { count == 1 ? "\(self[0])" : "\(self)" }
}

extension Padding: CustomStringConvertible {
  /// The number that all sides share, or those of each axis.
  public var description: String {
    let texts = axes.map { axis in
      switch axis {
      case .sides(let before, let after): before == after ? "\(before)" : "\(before) and \(after)"
      case .same(let oddAfter): oddAfter ? "same" : "same, lower"
      }
    }
    return Set(texts).count == 1 ? texts[0] : texts.joined(separator: " × ")
  }
}

extension Window: CustomStringConvertible {
  /// What differs from a window that moves by 1 over an unpadded image: “3 × 5, stride 2, padding same”.
  public var description: String {
    func text(_ sizes: [Int]) -> String {
      Set(sizes).count == 1 ? "\(sizes[0])" : sizes.map(String.init).joined(separator: " × ")
    }
    let padding = Padding(axes: axes.map(\.padding)).description
    let parts = [
      kernelSize.map(String.init).joined(separator: " × "), Set(stride) == [1] ? nil : "stride \(text(stride))",
      Set(dilation) == [1] ? nil : "dilation \(text(dilation))", padding == "0" ? nil : "padding \(padding)",
    ]
    return parts.compactMap { $0 }.joined(separator: ", ")
  }
}
