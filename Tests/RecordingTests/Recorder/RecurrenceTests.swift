import Autodiff
import Foundation
import NeuralNetworks
import Recording
import RunFile
import TestSupport
import Testing

/// Recordings of `LSTM` and `GRU`: sites, depths and the gradient profile over time, against the same recurrence written out in tensor
/// operations.
@Suite struct RecurrenceTests {
  private static let length = 30
  private static let units = 6

  private final class Net: Module {
    let recurrent: Module, head = Linear(RecurrenceTests.units, 1)
    init(_ recurrent: Module) { self.recurrent = recurrent }

    /// One number from the last state.
    override func forward(_ x: Tensor) -> Tensor {
      let last = RecurrenceTests.length - 1
      return head(recurrent(x).sliced(1, last..<last + 1).reshaped(x.shape[0], RecurrenceTests.units))
    }
  }

  private let x = Tensor(sampleValues(4 * 30 * 2), shape: [4, 30, 2])

  private func loss(_ output: Tensor) -> Tensor { (output - 1).squared().mean() }

  private func record(_ net: Net, in folder: String) throws -> Run {
    let optimizer = SGD(net, learningRate: 0.01)
    let recorder = try Recorder(net, optimizer, writingTo: folder + "/run.rheo", warn: { _ in })
    let loss = loss(net(x))
    loss.backward()
    optimizer.step()
    try recorder.step(loss: loss)
    let run = try recorder.finish()
    #expect(try RunFileCheck.problems(at: run.path) == [])
    return run
  }

  /// The RMS of dL/dh and dL/dc of each step by the formula; c is that of an LSTM.
  private func slowGradients(_ net: Net, isLSTM: Bool) -> (h: [Double], c: [Double]) {
    let cell = isLSTM ? (net.recurrent as! LSTM).cell as Module : (net.recurrent as! GRU).cell
    let parameters = Dictionary(uniqueKeysWithValues: cell.parameters.map { ($0.path, $0.parameter.value) })
    func value(_ path: String) -> Tensor { parameters[path]! }
    let u = Self.units
    func part(_ gates: Tensor, _ index: Int) -> Tensor { gates.sliced(1, index * u..<(index + 1) * u) }
    var h = Tensor(repeating: 0, shape: [4, u]), c = h, hs: [Tensor] = [], cs: [Tensor] = []
    for step in 0..<Self.length {
      let now = x.sliced(1, step..<step + 1).reshaped(4, 2)
      let a = linear(now, weight: value("input.weight"), bias: value("input.bias"))
      let b = linear(h, weight: value("hidden.weight"), bias: value("hidden.bias"))
      if isLSTM {
        let g = a + b
        c = sigmoid(part(g, 1)) * c + sigmoid(part(g, 0)) * tanh(part(g, 2))
        h = sigmoid(part(g, 3)) * tanh(c)
        cs.append(c)
      } else {
        let r = sigmoid(part(a, 0) + part(b, 0)), z = sigmoid(part(a, 1) + part(b, 1))
        h = (1 - z) * tanh(part(a, 2) + r * part(b, 2)) + z * h
      }
      hs.append(h)
    }
    let loss = loss(linear(h, weight: net.head.weight.value, bias: net.head.bias!.value))
    let found = gradients(of: loss, withRespectTo: hs + cs).map { Double($0.rms) }
    return (Array(found[..<hs.count]), Array(found[hs.count...]))
  }

  /// exp(−slope) of the line through ln(value) of all but the first and last three of thirty.
  private func factor(_ values: [Double]) -> Double {
    let points = (3..<27).map { (Double($0), log(values[$0])) }
    let middle = (points.reduce(0) { $0 + $1.0 } / 24, points.reduce(0) { $0 + $1.1 } / 24)
    let slope =
      points.reduce(0) { $0 + ($1.0 - middle.0) * ($1.1 - middle.1) }
      / points.reduce(0) { $0 + ($1.0 - middle.0) * ($1.0 - middle.0) }
    return exp(-slope)
  }

  @Test(arguments: [true, false], [0, 1] as [Float])
  func theGradientProfileIsOverTimeSteps(isLSTM: Bool, forgetBias: Float) throws {
    guard isLSTM || forgetBias == 0 else { return }
    try withTemporaryFolder { folder in
      let net = Net(isLSTM ? LSTM(2, Self.units, forgetBias: forgetBias) : GRU(2, Self.units))
      net.initialize(seed: 4)
      let slow = slowGradients(net, isLSTM: isLSTM), run = try record(net, in: folder)

      let profile = try #require(try GradientProfile.of(run))
      #expect(profile.axis == .calls(of: "recurrent.cell") && profile.points.map(\.position) == Array(0..<30))
      #expect(zip(profile.points, slow.h).allSatisfy { abs($0.value / $1 - 1) < 1e-5 })
      let found = try #require(profile.factor), expected = factor(slow.h)
      #expect(abs(found / expected - 1) < 1e-5 && expected < 0.95, "\(found), not \(expected)")
      #expect(try run.summary().gradientFactor == profile.factor)

      let memory = try GradientProfile.of(run, along: .calls(of: "recurrent.cell.memory"))
      #expect((memory?.points.count ?? 0) == slow.c.count)
      #expect(zip(memory?.points ?? [], slow.c).allSatisfy { abs($0.value / $1 - 1) < 1e-5 })
    }
  }

  @Test(arguments: [true, false]) func eachStepIsASiteOneDeeperThanTheStepBefore(isLSTM: Bool) throws {
    try withTemporaryFolder { folder in
      let net = Net(isLSTM ? LSTM(2, Self.units) : GRU(2, Self.units))
      net.initialize(seed: 4)
      let run = try record(net, in: folder)
      let depths = Dictionary(uniqueKeysWithValues: run.sites.map { ($0.path, $0.depth) })
      for step in 0..<Self.length {
        let call = step == 0 ? "" : "[\(step)]"
        #expect(depths["recurrent.cell\(call)"] == step + 1 && depths["recurrent.cell.hidden\(call)"] == step + 1)
        // The input's products are one call for all steps.
        #expect(depths["recurrent.cell.input\(call)"] == (step == 0 ? 1 : nil))
        #expect(depths["recurrent.cell.memory\(call)"] == (isLSTM ? step + 1 : nil))
      }
      #expect(depths["recurrent"] == 30 && depths["head"] == 31)
      let cell = try #require(run.sites.first { $0.path == "recurrent.cell[7]" })
      #expect(
        cell.kind.rawValue == (isLSTM ? "LSTMCell" : "GRUCell") && cell.shape == [4, Self.units] && cell.call == 7)
      #expect(run.sites.count { $0.module == "recurrent.cell" } == 30)
    }
  }

  /// Training with a recorder gives the same bits as without.
  @Test func recordingChangesNothing() throws {
    func trained(_ folder: String?) throws -> [[Float]] {
      let net = Net(LSTM(2, Self.units, forgetBias: 1))
      net.initialize(seed: 4)
      let optimizer = Adam(net, learningRate: 0.01)
      let recorder = try folder.map {
        try Recorder(net, optimizer, writingTo: $0 + "/run.rheo", probes: .thorough, warn: { _ in })
      }
      for _ in 0..<3 {
        let loss = loss(net(x))
        loss.backward()
        optimizer.step()
        try recorder?.step(loss: loss)
      }
      _ = try recorder?.finish()
      return net.parameters.map { $0.parameter.value.values }
    }
    try withTemporaryFolder { folder in
      let recorded = try trained(folder), plain = try trained(nil)
      #expect(recorded == plain)
    }
  }
}
