import Autodiff
import NeuralNetworks
import TestSupport
import Testing

/// Masks, first and last states, several layers and both directions of recurrent layers, against single sequences and single layers.
@Suite struct RecurrentLayerCallTests {
  private static let makers: [@Sendable (_ features: Int, _ layers: Int, _ isBidirectional: Bool) -> Module] = [
    { RNN($0, 4, layers: $1, isBidirectional: $2) }, { LSTM($0, 4, layers: $1, isBidirectional: $2) },
    { GRU($0, 4, layers: $1, isBidirectional: $2) },
  ]
  private let lengths = [5, 1, 7, 0, 3]
  private let x = Tensor(sampleValues(5 * 7 * 3, seed: 1), shape: [5, 7, 3])

  private func layer(_ index: Int, _ layers: Int = 1, _ isBidirectional: Bool = false) -> Module {
    let layer = Self.makers[index](3, layers, isBidirectional)
    layer.initialize(seed: 3)
    return layer
  }

  private func states(_ index: Int, _ count: Int, _ n: Int, seed: UInt64) -> [Tensor] {
    (0..<(index == 1 ? 2 : 1)).map {
      Tensor(sampleValues(count * n * 4, seed: seed + UInt64($0)), shape: [count, n, 4])
    }
  }

  /// Under a mask each sequence has the outputs, last states and gradients that it has alone; padding has no influence, even NaN.
  @Test(arguments: [0, 1, 2], [false, true]) func aMaskSkipsPadding(_ index: Int, _ isBidirectional: Bool) throws {
    let layer = layer(index, 2, isBidirectional), width = isBidirectional ? 8 : 4, cells = isBidirectional ? 4 : 2
    let mask = sequenceMask(lengths, length: 7)
    var padded = x.values
    for (row, length) in lengths.enumerated() {
      for place in length * 3..<21 { padded[row * 21 + place] = .nan }
    }
    let input = Tensor(padded, shape: x.shape).requiringGradient()
    let all = layer([input] + states(index, cells, 5, seed: 5) + [mask])
    (all[0] * all[0]).sum().backward()
    let gradients = layer.parameters.map { $0.parameter.gradient!.values }
    layer.zeroGradients()
    for (row, length) in lengths.enumerated() {
      let outputs = all[0].sliced(0, row..<row + 1)
      #expect(outputs.sliced(1, length..<7).values.allSatisfy { $0 == 0 })
      #expect(input.gradient!.sliced(0, row..<row + 1).sliced(1, length..<7).values.allSatisfy { $0 == 0 })
      let start = states(index, cells, 5, seed: 5).map { $0.sliced(1, row..<row + 1) }
      guard length > 0 else {
        for (found, first) in zip(all.dropFirst(), start) {
          #expect(found.sliced(1, row..<row + 1).values == first.values)
        }
        continue
      }
      let alone = layer([x.sliced(0, row..<row + 1).sliced(1, 0..<length)] + start)
      #expect(alone[0].shape == [1, length, width])
      #expect(relativeDifference(outputs.sliced(1, 0..<length).values, alone[0].values) < 1e-6)
      for (found, expected) in zip(all, alone).dropFirst() {
        #expect(relativeDifference(found.sliced(1, row..<row + 1).values, expected.values) < 1e-6)
      }
      (alone[0] * alone[0]).sum().backward()
    }
    for ((path, parameter), found) in zip(layer.parameters, gradients) {
      #expect(relativeDifference(found, parameter.gradient!.values) < 1e-5, "\(path)")
    }
  }

  /// Outputs do not depend on how a layer is called, and a mask of ones changes no bit.
  @Test(arguments: [0, 1, 2]) func callsAgree(_ index: Int) {
    let layer = layer(index, 2, true), plain = layer(x), ones = Tensor(repeating: 1, shape: [5, 7])
    #expect(layer([x])[0].values == plain.values && layer(x, ones).values == plain.values)
    let zeros = states(index, 4, 5, seed: 0).map { 0 * $0 }
    #expect(layer([x] + zeros)[0].values == plain.values)
  }

  /// Two halves of a sequence, the second from the last states of the first, are the whole.
  @Test(arguments: [0, 1, 2], [1, 2]) func lastStatesContinueASequence(_ index: Int, _ layers: Int) {
    let layer = layer(index, layers), whole = layer([x])
    let first = layer([x.sliced(1, 0..<3)])
    let second = layer([x.sliced(1, 3..<7)] + first.dropFirst())
    let joined = concatenated([first[0], second[0]], axis: 1)
    #expect(relativeDifference(joined.values, whole[0].values) < 1e-6)
    for (found, expected) in zip(second, whole).dropFirst() {
      #expect(found.shape == [layers, 5, 4] && relativeDifference(found.values, expected.values) < 1e-6)
    }
  }

  /// A layer in both directions is a layer forward, and another over the reversed sequence; the next one takes both.
  @Test(arguments: [0, 1, 2]) func directionsAndLayersAreSingleLayers(_ index: Int) throws {
    let layer = layer(index, 2, true)
    let paths = ["cell", "reverseCell", "cell1", "reverseCell1"].flatMap { cell in
      ["input.weight", "input.bias", "hidden.weight", "hidden.bias"].map { "\(cell).\($0)" }
    }
    #expect(layer.parameters.map(\.path) == paths)
    func single(_ name: String, _ x: Tensor) -> Tensor {
      let single = Self.makers[index](x.shape[2], 1, false)
      single.initialize(seed: 0)
      let values = Dictionary(uniqueKeysWithValues: layer.parameters.map { ($0.path, $0.parameter.value) })
      for (path, parameter) in single.parameters { parameter.set(values[name + path.dropFirst("cell".count)]!) }
      return single(x)
    }
    var sequence = x
    for number in ["", "1"] {
      let reverse = single("reverseCell" + number, sequence.flipped(axes: [1])).flipped(axes: [1])
      sequence = concatenated([single("cell" + number, sequence), reverse], axis: 2)
    }
    #expect(relativeDifference(layer(x).values, sequence.values) < 1e-6)
  }

  /// Dropout between layers, in training mode alone.
  @Test func dropoutIsBetweenLayers() throws {
    let layer = GRU(3, 4, layers: 3, dropout: 0.5), plain = GRU(3, 4, layers: 3)
    layer.initialize(seed: 3)
    plain.initialize(seed: 3)
    var shapes: [Shape] = []
    let handle = try layer.onForward("dropout") { _, output in
      shapes.append(output.shape)
      return nil
    }
    let trained = layer(x)
    handle.remove()
    layer.evaluate()
    #expect(
      shapes == [[5, 7, 4], [5, 7, 4]] && trained.values != plain(x).values && layer(x).values == plain(x).values)
    #expect(GRU(3, 4, dropout: 0).dropout == nil && layer.modules.map(\.path).contains("dropout"))
  }

  /// Gradients of all parameters with and without hooks at every module are the same bits.
  @Test(arguments: [0, 1, 2]) func hooksChangeNoBit(_ index: Int) throws {
    func gradients(_ isHooked: Bool) throws -> [[Float]] {
      let layer = layer(index, 2, true), x = Tensor(sampleValues(40 * 30 * 3, seed: 1), shape: [40, 30, 3])
      let handle = isHooked ? try layer.onForward("**") { _, _ in nil } : nil
      layer(x).squared().sum().backward()
      handle?.remove()
      return layer.parameters.map { $0.parameter.gradient!.values }
    }
    #expect(try gradients(true) == gradients(false))
  }

  @Test func masksOfLengths() {
    #expect(sequenceMask([2, 0, 3]).values == [1, 1, 0, 0, 0, 0, 1, 1, 1])
    #expect(sequenceMask([1], length: 3).values == [1, 0, 0] && sequenceMask([]).shape == [0, 0])
  }

  @Test func aLengthAboveTheMasksStops() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = sequenceMask([2, 5], length: 4)
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("sequenceMask: a sequence of length 5 does not fit; lengths are from 0 to 4"))
  }

  @Test func detailsNameLayersAndDirections() {
    #expect(RNN(2, 3).details == "2 → 3")
    #expect(LSTM(2, 3, layers: 2, isBidirectional: true).details == "2 → 3, 2 layers, both directions")
  }
}
