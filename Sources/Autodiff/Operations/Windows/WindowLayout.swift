/// Where the windows over images [n, height, width, channels] lie. A sequence [n, length, channels] is an image of height 1.
struct WindowLayout: Hashable {
  /// The windows along one axis.
  struct Axis: Hashable {
    /// The size of the image, and the number of windows.
    let size, count: Int
    let kernelSize, stride, dilation: Int
    /// The elements of padding.
    let before, after: Int

    /// A single window over a single element.
    static let single = Axis(size: 1, count: 1, kernelSize: 1, stride: 1, dilation: 1, before: 0, after: 0)

    /// Whether a window is a single element of the image.
    var isPointwise: Bool { kernelSize == 1 && before == 0 && after == 0 }
  }

  let rows, columns: Axis

  init(rows: Axis, columns: Axis) { (self.rows, self.columns) = (rows, columns) }

  /// The windows over images or sequences of a shape; nil where a kernel is larger than the padded image. With `ceilMode` a last window may
  /// reach beyond the padding, unless it begins there.
  init?(_ window: Window, over x: Shape, ceilMode: Bool = false) {
    let sizes = x.dropFirst().dropLast()
    let axes = zip(window.axes, sizes).compactMap { $0.layout(over: $1, ceilMode: ceilMode) }
    guard axes.count == sizes.count else { return nil }
    (rows, columns) = (axes.count == 1 ? .single : axes[0], axes[axes.count - 1])
  }

  /// The windows whose transposed convolution takes images of a shape, which their results have, to larger ones; nil where these would be
  /// empty.
  init?(_ window: Window, transposedOver x: Shape, outputPadding: [Int]) {
    let sizes = x.dropFirst().dropLast()
    let axes = zip(zip(window.axes, outputPadding), sizes).compactMap { $0.0.transposedLayout(over: $1, $0.1) }
    guard axes.count == sizes.count else { return nil }
    (rows, columns) = (axes.count == 1 ? .single : axes[0], axes[axes.count - 1])
  }
}

extension Window.Axis {
  fileprivate func layout(over size: Int, ceilMode: Bool) -> WindowLayout.Axis? {
    let before: Int, after: Int
    switch padding {
    case .sides(let first, let last): (before, after) = (first, last)
    case .same(let oddAfter):
      let all = max(((size + stride - 1) / stride - 1) * stride + extent - size, 0)
      (before, after) = oddAfter ? (all / 2, all - all / 2) : (all - all / 2, all / 2)
    }
    let room = size + before + after - extent
    guard room >= 0 else { return nil }
    var count = room / stride + 1
    if ceilMode, room % stride > 0, count * stride < size + before { count += 1 }
    return layout(size, count, before, after)
  }

  /// The smallest image with `count` windows, and `more` elements larger; with padding `.same` count · stride.
  fileprivate func transposedLayout(over count: Int, _ more: Int) -> WindowLayout.Axis? {
    guard case .sides(let before, let after) = padding else { return layout(over: count * stride, ceilMode: false) }
    let size = (count - 1) * stride + extent - before - after + more
    return size > 0 ? layout(size, count, before, after) : nil
  }

  private func layout(_ size: Int, _ count: Int, _ before: Int, _ after: Int) -> WindowLayout.Axis {
    WindowLayout.Axis(
      size: size, count: count, kernelSize: kernelSize, stride: stride, dilation: dilation, before: before, after: after
    )
  }
}
