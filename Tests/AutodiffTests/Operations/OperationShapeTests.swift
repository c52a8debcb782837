import Autodiff
import TestSupport
import Testing

private func zeros(_ shape: Shape) -> Tensor { Tensor(repeating: 0, shape: shape) }

/// What operations say of shapes that they refuse.
@Suite struct OperationShapeTests {
  static let wrongShapes: [(compute: @Sendable () -> Void, words: String)] = [
    ({ _ = zeros([3]) + zeros([2]) }, "+: shapes [3] and [2] don't fit"),
    ({ _ = zeros([2, 3]) * zeros([2, 1, 2]) }, "*: shapes [2, 3] and [2, 1, 2] don't fit"),
    ({ _ = maximum(zeros([3]), zeros([2])) }, "maximum: shapes [3] and [2] don't fit"),
    ({ _ = zeros([3]) .< zeros([2]) }, ".<: shapes [3] and [2] don't fit"),
    ({ _ = pow(zeros([3]), zeros([2])) }, "pow: shapes [3] and [2] don't fit"),
    ({ _ = Tensor.where(zeros([1]), zeros([3]), zeros([2])) }, "where: shapes [3] and [2] don't fit"),
    ({ _ = Tensor.where(zeros([4]), zeros([3]), zeros([1])) }, "where: shapes [4] and [3] don't fit"),
    ({ _ = zeros([2, 3]).broadcast(to: [2, 6]) }, "broadcast: shapes [2, 3] and [2, 6] don't fit"),
    ({ _ = zeros([2, 1]).broadcast(to: [1, 3]) }, "broadcast: shapes [2, 1] and [1, 3] don't fit"),
    ({ _ = zeros([2, 3]).sum(axes: [0, 2]) }, "sum: no dimension 2 in the shape [2, 3]"),
    ({ _ = zeros([2, 3]).mean(axes: [-3]) }, "mean: no dimension -3 in the shape [2, 3]"),
    ({ _ = zeros([2, 0]).argmax() }, "argmax: a matrix with columns is needed, not the shape [2, 0]"),
    ({ _ = zeros([3]).argmax() }, "argmax: a matrix with columns is needed, not the shape [3]"),
    ({ _ = zeros([2, 3]).argmax(axis: 2) }, "argmax: no dimension 2 in the shape [2, 3]"),
    ({ _ = zeros([2, 0]).argmin(axis: 1) }, "argmin: dimension 1 of the shape [2, 0] has no elements to choose from"),
    ({ _ = zeros([2, 0]).max(axes: [1]) }, "max: dimension 1 of the shape [2, 0] has no elements to choose from"),
    ({ _ = zeros([0]).min() }, "min: dimension 0 of the shape [0] has no elements to choose from"),
    ({ _ = zeros([2]).max(axes: [1]) }, "max: no dimension 1 in the shape [2]"),
    ({ _ = zeros([2]).product(axes: [-2]) }, "product: no dimension -2 in the shape [2]"),
    ({ _ = zeros([2]).cumulativeSum(axis: 1) }, "cumulativeSum: no dimension 1 in the shape [2]"),
    ({ _ = zeros([2]).norm(axes: [1]) }, "norm: no dimension 1 in the shape [2]"),
    ({ _ = zeros([2]).norm(0.5) }, "norm: p is 0.5, it must be 1 or more"),
    (
      { _ = zeros([0]).logSumExp(axes: [0]) }, "logSumExp: the shape [0] has no elements to add over the dimensions [0]"
    ),
    ({ _ = softmax(zeros([2]), axis: 1) }, "softmax: no dimension 1 in the shape [2]"),
    ({ _ = softmax(zeros([2, 3]), mask: zeros([2])) }, "softmax: shapes [2] and [2, 3] don't fit"),
    ({ _ = softmax(zeros([3]), mask: zeros([2, 3])) }, "softmax: shapes [2, 3] and [3] don't fit"),
    ({ _ = Indices([1, 2], shape: [3]) }, "Indices: 2 values for the shape [3], which has 3 elements"),
    ({ _ = Indices(Tensor(0.5)) }, "Indices: the element 0.5 at position 0 is no whole number"),
    ({ _ = Indices([1, 2], shape: [2]).reshaped([3]) }, "reshape: shapes [2] and [3] don't fit"),
    ({ _ = Tensor(Indices([1 << 25], shape: [1])) }, "Tensor: the index 33554432 at position 0 is beyond 2²⁴"),
    (
      { _ = zeros([2, 3]).take(axis: 1, [0, 3]) },
      "take: the index 3 at position 1 is out of range; dimension 1 of the shape [2, 3] has indices from 0 to 2"
    ),
    ({ _ = zeros([3]).take(rows: [0]) }, "take(rows:): a matrix is needed, not the shape [3]"),
    ({ _ = zeros([2, 3]).take(rows: [-1]) }, "take(rows:): the index -1 at position 0 is out of range"),
    ({ _ = zeros([2, 3]).gather(axis: 0, [0]) }, "gather: shapes [2, 3] and [1] don't fit"),
    (
      { _ = zeros([2, 3]).gather(axis: 0, Indices([0, 0, 0, 0], shape: [1, 4])) }, "gather: shapes [2, 3] and [1, 4]"
    ),
    ({ _ = zeros([2]).gather(axis: 0, [2]) }, "gather: the index 2 at position 0 is out of range"),
    ({ _ = zeros([2]).scatterAdd(axis: 0, [0, 1], zeros([1])) }, "scatterAdd: shapes [1] and [2] don't fit"),
    ({ _ = zeros([2]).argsort(axis: 1) }, "argsort: no dimension 1 in the shape [2]"),
    ({ _ = zeros([2]).topK(3) }, "topK: k is 3, dimension 0 of the shape [2] has 2 elements"),
    ({ _ = zeros([2]).topK(-1) }, "topK: k is -1, dimension 0 of the shape [2] has 2 elements"),
    ({ _ = stacked([]) }, "stacked: there is no tensor"),
    ({ _ = stacked([zeros([2]), zeros([3])]) }, "stacked: shapes [2] and [3] don't fit"),
    ({ _ = stacked([zeros([2])], axis: 2) }, "stacked: no dimension 2 in a stack of tensors of shape [2]"),
    ({ _ = zeros([5]).split(axis: 0, sizes: [2, 2]) }, "split: the sizes [2, 2] don't add up to 5"),
    ({ _ = zeros([5]).split(axis: 0, parts: 2) }, "split: 2 equal parts of 5, dimension 0 of the shape [5]"),
    ({ _ = zeros([5]).flipped(axes: [1]) }, "flipped: no dimension 1 in the shape [5]"),
    ({ _ = zeros([5]).rolled(by: 1, axis: 1) }, "rolled: no dimension 1 in the shape [5]"),
    ({ _ = zeros([5]).lowerTriangle() }, "lowerTriangle: a matrix or a stack of them is needed, not the shape [5]"),
    ({ _ = zeros([5]).upperTriangle() }, "upperTriangle: a matrix or a stack of them is needed, not the shape [5]"),
    ({ _ = Tensor(oneHot: [1, 3], classes: 3) }, "oneHot: the class 3 at position 1, classes are 0 to 2"),
    ({ _ = einsum("ij", zeros([2]), zeros([2])) }, "einsum: “ij” is no equation of two operands"),
    ({ _ = einsum("i,j->k", zeros([2]), zeros([2])) }, "neither operand of “i,j->k” has the dimension k"),
    ({ _ = einsum("ii,j->i", zeros([2, 2]), zeros([2])) }, "einsum: “ii” in “ii,j->i”: each dimension is one letter"),
    (
      { _ = einsum("ij,j->i", zeros([2]), zeros([2])) },
      "“ij” in “ij,j->i” does not name each dimension of the shape [2]"
    ),
    ({ _ = einsum("ij,j->i", zeros([2, 3]), zeros([2])) }, "einsum: shapes [2, 3] and [2] don't fit: j in “ij,j->i”"),
    ({ _ = zeros([2, 3]).value }, "value: the tensor has the shape [2, 3], not a single element"),
    ({ _ = zeros([2, 3]).padded(2, before: 1, after: 0) }, "padded: no dimension 2 in the shape [2, 3]"),
    (
      { _ = zeros([2, 3]).padded(0, before: 1, after: -1) },
      "padded: 1 and -1 zeros; their numbers must be from 0 to 2147483647"
    ),
    ({ _ = zeros([2, 3]).sliced(1, 1..<4) }, "sliced: no 1..<4 along dimension 1 of the shape [2, 3]"),
    ({ _ = zeros([2, 3]).sliced(0, -1..<1) }, "sliced: no -1..<1 along dimension 0 of the shape [2, 3]"),
    ({ _ = zeros([2, 3]).sliced(2, 0..<1) }, "sliced: no dimension 2 in the shape [2, 3]"),
    ({ _ = zeros([1, 2, 3]).transposed() }, "transpose: a matrix is needed, not the shape [1, 2, 3]"),
    (
      { _ = zeros([2, 3]).transposed(1, 1) },
      "transpose: [1, 1] does not name each dimension of the shape [2, 3] once"
    ),
    ({ _ = zeros([2, 3]).reshaped(4, 2) }, "reshape: shapes [2, 3] and [4, 2] don't fit"),
    ({ _ = zeros([3]).take(rows: zeros([1])) }, "take(rows:): a matrix is needed, not the shape [3]"),
    ({ _ = matmul(zeros([2, 3]), zeros([2, 3])) }, "matmul: shapes [2, 3] and [2, 3] don't fit"),
    ({ _ = matmul(zeros([1, 2, 3]), zeros([2, 3, 2])) }, "matmul: shapes [1, 2, 3] and [2, 3, 2] don't fit"),
    // Would be repeated along the other dimension, were it only added.
    (
      { _ = concatenated([zeros([2, 3]), zeros([1, 4])], axis: 1) },
      "concatenated: shapes [2, 3] and [1, 4] don't fit"
    ),
    ({ _ = concatenated([zeros([2, 3])], axis: 2) }, "concatenated: no dimension 2 in the shape [2, 3]"),
    // Would be repeated over the outputs.
    (
      { _ = linear(zeros([5, 3]), weight: zeros([2, 3]), bias: zeros([1])) },
      "linear: shapes [1] and [2, 3] don't fit"
    ),
    (
      { _ = convolve(zeros([1, 4, 4, 2]), weight: zeros([3, 2, 3, 3]), bias: zeros([1])) },
      "convolve: shapes [1] and [3, 2, 3, 3] don't fit"
    ),
    (
      { _ = convolve(zeros([1, 2, 2, 1]), weight: zeros([1, 1, 3, 3])) },
      "convolve: shapes [1, 2, 2, 1] and [1, 1, 3, 3] don't fit"
    ),
    (
      { _ = convolve(zeros([1, 2, 2, 2]), weight: zeros([3, 1, 2, 2]), groups: 2) },
      "convolve: shapes [1, 2, 2, 2] and [3, 1, 2, 2] don't fit"
    ),
    (
      { _ = convolve(zeros([1, 2, 2]), weight: zeros([1, 1, 2, 2])) },
      "convolve: shapes [1, 2, 2] and [1, 1, 2, 2] don't fit: sequences [n, length, inputs]"
    ),
    (
      { _ = convolve(zeros([1, 2, 2, 1]), weight: zeros([1, 1, 2, 2]), padding: [1, 1, 1]) },
      "convolve: kernelSize [2, 2], stride 1, dilation 1, padding 1: at least 1, 1, 1 and 0 are needed"
    ),
    (
      { _ = convolve(zeros([1, 2, 2, 1]), weight: zeros([1, 1, 2, 2]), padding: .sides(before: [0, -1], after: 1)) },
      "convolve: kernelSize [2, 2], stride 1, dilation 1, padding 0 and 1 × -1 and 1: at least"
    ),
    (
      { _ = convolve(zeros([1, 2, 1]), weight: zeros([1, 1, 2]), stride: 0) },
      "convolve: kernelSize 2, stride 0, dilation 1, padding 0: at least 1, 1, 1 and 0 are needed, at most 2147483647"
    ),
    (
      { _ = convolve(zeros([1, 4, 4, 1]), weight: zeros([1, 1, 2, 2]), dilation: [4, 1]) },
      "convolve: shapes [1, 4, 4, 1] and [1, 1, 2, 2] don't fit: the padded image is smaller than the kernel"
    ),
    (
      { _ = convolve(zeros([1, 4, 4, 1]), weight: zeros([1, 1, 2, 2]), groups: 0) },
      "convolve: groups 0: at least 1, and at most 2147483647, are needed"
    ),
    (
      { _ = convolveTransposed(zeros([1, 2, 2, 2]), weight: zeros([3, 2, 2, 2])) },
      "convolveTransposed: shapes [1, 2, 2, 2] and [3, 2, 2, 2] don't fit: images [n, height, width, inputs], weights "
        + "[inputs, outputs, height, width] are needed"
    ),
    (
      { _ = convolveTransposed(zeros([1, 2, 2, 2]), weight: zeros([2, 3, 2, 2]), bias: zeros([2])) },
      "convolveTransposed: shapes [2] and [2, 3, 2, 2] don't fit: the bias"
    ),
    (
      { _ = convolveTransposed(zeros([1, 2, 2, 2]), weight: zeros([2, 3, 2, 2]), padding: 2) },
      "convolveTransposed: shapes [1, 2, 2, 2] and [2, 3, 2, 2] don't fit: with 2 × 2, padding 2 the output would be empty"
    ),
    (
      { _ = convolveTransposed(zeros([1, 2, 2]), weight: zeros([2, 3, 2]), stride: 2, outputPadding: 2) },
      "convolveTransposed: outputPadding [2] with 2, stride 2: one number, or one for each axis, is needed, smaller"
    ),
    (
      { _ = maxPool(zeros([2, 3]), kernelSize: 2) },
      "maxPool: images [n, height, width, channels] or sequences [n, length, channels] are needed, not the shape [2, 3]"
    ),
    (
      { _ = maxPool(zeros([1, 1, 3, 1]), kernelSize: 2, dilation: 2, padding: [1, 0]) },
      "maxPool: windows of kernelSize 2 × 2, stride 2, dilation 2, padding 1 × 0 lie beyond the edge of images of shape"
    ),
    (
      { _ = averagePool(zeros([1, 3, 1]), kernelSize: 2, padding: 2) },
      "averagePool: windows of kernelSize 2, stride 2, padding 2 lie beyond the edge of sequences of shape [1, 3, 1]"
    ),
    (
      { _ = adaptiveAveragePool(zeros([1, 3, 3, 1]), outputSize: [2, 0]) },
      "adaptiveAveragePool: images of shape [1, 3, 3, 1] can't be divided into [2, 0] windows"
    ),
    (
      { _ = resize(zeros([1, 3, 3, 1]), to: [1, 2, 3]) },
      "resize: [1, 2, 3] has 3 numbers; one or 2 are needed for the shape [1, 3, 3, 1]"
    ),
    (
      { _ = resize(zeros([1, 3, 3, 1]), scaleFactor: [0.3]) },
      "resize: images of shape [1, 3, 3, 1] can't get the size [0, 0]; sizes of 1 or more are needed"
    ),
    (
      { _ = resize(zeros([1, 3, 3, 1]), to: 2, alignCorners: true) },
      "resize: the corners can be aligned with the mode linear alone, not with nearest"
    ),
    (
      {
        let x = zeros([2]).requiringGradient()
        x.addGradientHook { _ in Tensor(1) }
        x.sum().backward()
      }, "gradient hook: shapes [] and [2] don't fit"
    ),
  ]

  private static let input = ExitTestInput("wrong-shapes-of-operations")

  @Test(.serialized, arguments: wrongShapes.indices)
  func wrongShapesNameOperationAndShapes(_ index: Int) async throws {
    try Self.input.set(index)
    defer { Self.input.remove() }
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      OperationShapeTests.wrongShapes[try OperationShapeTests.input.value()].compute()
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains(Self.wrongShapes[index].words), "\(text)")
  }
}
