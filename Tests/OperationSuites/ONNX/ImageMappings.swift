import Autodiff

/// Convolutions, pooling and resizing. ONNX's images are channels-first.
let imageMappings: [String: ONNXMapping] = [
  "Conv": { node in
    let x = try node.tensor(0), weight = try node.tensor(1), bias = try node.tensorIfAny(2)
    let window = try ONNXWindow(node, x)
    let y = convolve(
      channelsLast(x), weight: weight, bias: bias, stride: window.stride, dilation: window.dilation,
      padding: window.padding, groups: node.integer("group", 1))
    return [channelsFirst(y)]
  },
  "ConvTranspose": { node in
    let x = try node.tensor(0), weight = try node.tensor(1), bias = try node.tensorIfAny(2)
    let window = try ONNXWindow(node, x)
    var more = node.integers("output_padding") ?? window.stride.map { _ in 0 }
    if let shape = node.integers("output_shape") {
      more = shape.indices.map { axis in
        let extent = window.dilation[axis] * (weight.shape[axis + 2] - 1) + 1
        return shape[axis] - window.stride[axis] * (x.shape[axis + 2] - 1) - extent
      }
    }
    let y = convolveTransposed(
      channelsLast(x), weight: weight, bias: bias, stride: window.stride, dilation: window.dilation,
      padding: window.padding, outputPadding: more, groups: node.integer("group", 1))
    return [channelsFirst(y)]
  },
  "MaxPool": { node in
    let x = try node.tensor(0), window = try ONNXWindow(node, x), ceils = node.integer("ceil_mode", 0) == 1
    // The project returns no indices.
    try node.need(node.outputs == 1)
    _ = node.integer("storage_order", 0)
    let y = maxPool(
      channelsLast(x), kernelSize: window.kernel, stride: window.stride, dilation: window.dilation,
      padding: window.padding, ceilMode: ceils)
    return [channelsFirst(y)]
  },
  "AveragePool": { node in
    let x = try node.tensor(0), window = try ONNXWindow(node, x), ceils = node.integer("ceil_mode", 0) == 1
    let y = averagePool(
      channelsLast(x), kernelSize: window.kernel, stride: window.stride, dilation: window.dilation,
      padding: window.padding, ceilMode: ceils, countIncludePadding: node.integer("count_include_pad", 0) == 1)
    return [channelsFirst(y)]
  },
  "GlobalAveragePool": { node in
    let x = try node.tensor(0)
    return [globalAveragePool(channelsLast(x)).reshaped([x.shape[0], x.shape[1], 1, 1])]
  },
  "GlobalMaxPool": { node in
    let x = try node.tensor(0)
    return [x.max(axes: Array(2..<x.shape.count), keepingDimensions: true)]
  },
  "Upsample": { node in
    try node.need(node.text("mode", "nearest") == "nearest")
    let factors = try node.tensor(1).values.dropFirst(2).map { Double($0) }
    return [channelsFirst(resize(channelsLast(try node.tensor(0)), scaleFactor: factors))]
  },
  "Resize": { node in
    let x = try node.tensor(0), sizes = x.shape.dropFirst(2)
    try node.need(node.text("keep_aspect_ratio_policy", "stretch") == "stretch" && node.integer("antialias", 0) == 0)
    let axes = node.integers("axes") ?? Array(x.shape.indices)
    let factors = try node.tensorIfAny(2)?.values.map { Double($0) }, asked = try node.integersIfAny(3)
    /// The values of the axes of images; the first two axes stay.
    func ofImages<Value>(_ values: [Value]) -> [Value] {
      (2..<x.shape.count).map { values[axes.firstIndex(of: $0)!] }
    }
    let steps =
      factors.map { ofImages($0).map { 1 / $0 } }
      ?? zip(sizes, ofImages(asked!)).map { Double($0) / Double($1) }
    let (mode, alignsCorners) = try interpolation(node, steps, outputs: zip(sizes, steps).map { Int(Double($0) / $1) })
    let images = channelsLast(x)
    if let factors {
      // With corners aligned, ONNX divides by the size before it is rounded down, the project by the size.
      let areWhole = zip(sizes, ofImages(factors)).allSatisfy { (Double($0) * $1).rounded() == Double($0) * $1 }
      try node.need(!alignsCorners || areWhole)
      return [channelsFirst(resize(images, scaleFactor: ofImages(factors), mode: mode, alignCorners: alignsCorners))]
    }
    return [channelsFirst(resize(images, to: ofImages(asked!), mode: mode, alignCorners: alignsCorners))]
  },
]

/// How a Resize node computes elements, if the project does too.
private func interpolation(
  _ node: ONNXNode, _ steps: [Double], outputs: [Int]
) throws -> (Interpolation, alignCorners: Bool) {
  let mode = node.text("mode", "nearest"), rounding = node.text("nearest_mode", "round_prefer_floor")
  let coordinates = node.text("coordinate_transformation_mode", "half_pixel")
  switch (mode, coordinates) {
  case ("linear", "half_pixel"): return (.linear, false)
  case ("linear", "align_corners"): return (.linear, true)
  case ("nearest", "asymmetric") where rounding == "floor": return (.nearest, false)
  case ("nearest", "half_pixel") where rounding == "round_prefer_ceil": return (.nearestExact, false)
  case ("nearest", "half_pixel") where rounding == "round_prefer_floor":
    // The same unless a position lies in the middle of two elements.
    let isInMiddle = zip(steps, outputs).contains { step, count in
      (0..<count).contains { i in
        let place = (Double(i) + 0.5) * step
        return abs(place - place.rounded()) < 1e-6
      }
    }
    try node.need(!isInMiddle)
    return (.nearestExact, false)
  default: throw LeftOut.option
  }
}

/// The window of a convolution or a pool over images or sequences.
private struct ONNXWindow {
  let kernel, stride, dilation: [Int]
  let padding: Padding

  init(_ node: ONNXNode, _ x: Tensor) throws {
    // The project has no volumes.
    try node.need(3...4 ~= x.shape.count)
    let axes = x.shape.count - 2, ones = Array(repeating: 1, count: axes)
    kernel = node.integers("kernel_shape") ?? []
    stride = node.integers("strides") ?? ones
    dilation = node.integers("dilations") ?? ones
    let pads = node.integers("pads") ?? Array(repeating: 0, count: 2 * axes)
    padding =
      switch node.text("auto_pad", "NOTSET") {
      case "SAME_UPPER": .same
      case "SAME_LOWER": .sameLower
      default: .sides(before: Array(pads.prefix(axes)), after: Array(pads.suffix(axes)))
      }
  }
}

/// [n, channels, …] to [n, …, channels].
func channelsLast(_ x: Tensor) -> Tensor { x.transposed(order: [0] + Array(2..<x.shape.count) + [1]) }

/// [n, …, channels] to [n, channels, …].
func channelsFirst(_ x: Tensor) -> Tensor {
  x.transposed(order: [0, x.shape.count - 1] + Array(1..<x.shape.count - 1))
}
