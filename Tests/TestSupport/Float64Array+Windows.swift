/// How a window moves over channels-last images, one number per axis; sequences have one axis.
public struct WindowFormula: Sendable {
  /// Sizes, distances and padding per axis.
  public let kernel, stride, dilation, before, after: [Int]
  /// Whether the number of windows is rounded up, but for one that begins beyond the padding before.
  public let ceilMode: Bool
  /// Elements that a transposed convolution adds at the end.
  public let more: [Int]

  /// The window; the padding after is that before unless given.
  public init(
    _ kernel: [Int], stride: [Int] = [1, 1], dilation: [Int] = [1, 1], before: [Int] = [0, 0], after: [Int]? = nil,
    ceilMode: Bool = false, more: [Int] = [0, 0]
  ) {
    (self.kernel, self.stride, self.dilation, self.before) = (kernel, stride, dilation, before)
    (self.after, self.ceilMode, self.more) = (after ?? before, ceilMode, more)
  }

  /// The index of an element of the kernel in a window, along an axis.
  func position(of element: Int, in window: Int, _ axis: Int) -> Int {
    window * stride[axis] + element * dilation[axis] - before[axis]
  }

  /// The number of windows over elements of a size.
  func count(_ axis: Int, _ size: Int) -> Int {
    let starts = (0...size + before[axis] + after[axis]).map { $0 * stride[axis] - before[axis] }
    let last = dilation[axis] * (kernel[axis] - 1)
    let whole = starts.count { $0 + last < size + after[axis] }
    let hasMore = ceilMode && starts[whole] < size && starts[whole - 1] + last < size + after[axis] - 1
    return whole + (hasMore ? 1 : 0)
  }
}

// Convolutions and pooling, window by window.
extension Float64Array {
  /// The convolution of images with square windows and weights [outputs, inputs / groups, height, width].
  public func convolved(
    _ weight: Float64Array, _ bias: Float64Array, stride: Int = 1, padding: Int = 0, groups: Int = 1
  ) -> Float64Array {
    convolved(
      weight, bias,
      WindowFormula(Array(weight.shape[2...]), stride: [stride, stride], before: [padding, padding]), groups: groups)
  }

  /// The convolution of images or sequences with weights [outputs, inputs / groups, …].
  public func convolved(
    _ weight: Float64Array, _ bias: Float64Array, _ window: WindowFormula, groups: Int = 1
  ) -> Float64Array {
    let outputs = weight.shape[0], inputs = weight.shape[1]
    return overWindows(window, channels: outputs) { output, _, elements in
      let first = output / (outputs / groups) * inputs
      return elements.reduce(bias[[output]]) { sum, element in
        (0..<inputs).reduce(sum) {
          $0 + self[element.at + [first + $1]] * weight[[output, $1] + element.inKernel]
        }
      }
    }
  }

  /// The transposed convolution of images or sequences with weights [inputs, outputs / groups, …]: each element adds its part.
  public func convolvedTransposed(
    _ weight: Float64Array, _ bias: Float64Array, _ window: WindowFormula, groups: Int = 1
  ) -> Float64Array {
    let axes = shape.count - 2, outputs = weight.shape[1] * groups
    let sizes = (0..<axes).map { (axis: Int) -> Int in
      let last = window.dilation[axis] * (window.kernel[axis] - 1)
      let whole = (shape[axis + 1] - 1) * window.stride[axis] + last + 1
      return whole - window.before[axis] - window.after[axis] + window.more[axis]
    }
    var sum = Float64Array([shape[0]] + sizes + [outputs]) { bias[[$0.last!]] }
    for i in Float64Array.indices(shape) {
      for w in Float64Array.indices(Array(weight.shape[1...])) {
        let at = (0..<axes).map { window.position(of: w[$0 + 1], in: i[$0 + 1], $0) }
        guard zip(at, sizes).allSatisfy({ 0..<$1 ~= $0 }) else { continue }
        let group = i.last! / (shape.last! / groups)
        var place = i[0]
        for (size, index) in zip(sizes, at) { place = place * size + index }
        place = place * outputs + group * weight.shape[1] + w[0]
        sum.values[place] += self[i] * weight[[i.last!] + w]
      }
    }
    return sum
  }

  /// The largest element of each square window of images, channel by channel; NaN where there is one.
  public func maxPooled(_ kernel: Int, stride: Int? = nil, padding: Int = 0) -> Float64Array {
    maxPooled(.square(kernel, stride, padding))
  }

  /// The largest element of each window of images or sequences, channel by channel; NaN where there is one.
  public func maxPooled(_ window: WindowFormula) -> Float64Array {
    overWindows(window, channels: shape.last!) { channel, _, elements in
      let seen = elements.map { self[$0.at + [channel]] }
      return seen.contains(where: \.isNaN) ? .nan : seen.max()!
    }
  }

  /// The mean of each square window of images, channel by channel; beyond the edge they are 0.
  public func averagePooled(_ kernel: Int, stride: Int? = nil, padding: Int = 0) -> Float64Array {
    averagePooled(.square(kernel, stride, padding))
  }

  /// The mean of each window of images or sequences, channel by channel; the padding counts as zeros, or not at all.
  public func averagePooled(_ window: WindowFormula, countsPadding: Bool = true) -> Float64Array {
    overWindows(window, channels: shape.last!) { channel, padded, elements in
      let count = countsPadding ? padded : elements.count
      return elements.reduce(0) { $0 + self[$1.at + [channel]] } / Double(count)
    }
  }

  /// The mean over windows that divide each axis as evenly as possible.
  public func adaptivelyPooled(to sizes: [Int]) -> Float64Array {
    alongAxes(to: sizes) { i, size, count in
      let first = Int((Double(i * size) / Double(count)).rounded(.down))
      let end = Int((Double((i + 1) * size) / Double(count)).rounded(.up))
      return (first..<end).map { ($0, 1 / Double(end - first)) }
    }
  }

  /// The element at a fraction of each axis.
  public func resizedToNearest(_ sizes: [Int], exact: Bool = false) -> Float64Array {
    alongAxes(to: sizes) { i, size, count in
      [(Int(((Double(i) + (exact ? 0.5 : 0)) * Double(size) / Double(count)).rounded(.down)), 1)]
    }
  }

  /// The values of a line through the elements along each axis, constant beyond the first and the last.
  public func resizedLinearly(_ sizes: [Int], alignCorners: Bool = false) -> Float64Array {
    alongAxes(to: sizes) { i, size, count in
      let place =
        alignCorners
        ? (count == 1 ? 0 : Double(i * (size - 1)) / Double(count - 1))
        : (Double(i) + 0.5) * Double(size) / Double(count) - 0.5
      return (0..<size).compactMap { element in
        // A tent over each element; the outermost ones go on as they are.
        let distance = Swift.min(Swift.max(place, 0), Double(size - 1)) - Double(element)
        return abs(distance) < 1 ? (element, 1 - abs(distance)) : nil
      }
    }
  }

  /// Each axis between the first and the last dimension with `sizes` elements, which are sums of weighted ones.
  private func alongAxes(
    to sizes: [Int], _ terms: (_ i: Int, _ size: Int, _ count: Int) -> [(index: Int, weight: Double)]
  ) -> Float64Array {
    let axes = 0..<sizes.count
    return Float64Array([shape[0]] + sizes + [shape.last!]) { i in
      var chosen: [(at: [Int], weight: Double)] = [([i[0]], 1)]
      for axis in axes {
        let more = terms(i[axis + 1], shape[axis + 1], sizes[axis]).filter { $0.weight > 1e-12 }
        chosen = chosen.flatMap { one in more.map { (one.at + [$0.index], one.weight * $0.weight) } }
      }
      return chosen.reduce(0) { $0 + $1.weight * self[$1.at + [i.last!]] }
    }
  }

  /// An element of a window: where it lies in the images, without its channel, and in the kernel.
  private typealias Element = (at: [Int], inKernel: [Int])

  /// `combine` is given the channel, the number of the window's elements that lie in the images or the padding, and those in the images.
  private func overWindows(
    _ window: WindowFormula, channels: Int, _ combine: (_ channel: Int, _ padded: Int, _ elements: [Element]) -> Double
  ) -> Float64Array {
    let sizes = Array(shape[1..<shape.count - 1]), axes = 0..<sizes.count
    return Float64Array([shape[0]] + axes.map { window.count($0, sizes[$0]) } + [channels]) { i in
      var padded = 0, elements: [Element] = []
      for kernel in Float64Array.indices(window.kernel) {
        let at = axes.map { window.position(of: kernel[$0], in: i[$0 + 1], $0) }
        if axes.allSatisfy({ at[$0] < sizes[$0] + window.after[$0] }) { padded += 1 }
        if axes.allSatisfy({ 0..<sizes[$0] ~= at[$0] }) { elements.append(([i[0]] + at, kernel)) }
      }
      return combine(i.last!, padded, elements)
    }
  }
}

extension WindowFormula {
  fileprivate static func square(_ kernel: Int, _ stride: Int?, _ padding: Int) -> WindowFormula {
    WindowFormula([kernel, kernel], stride: [stride ?? kernel, stride ?? kernel], before: [padding, padding])
  }
}
