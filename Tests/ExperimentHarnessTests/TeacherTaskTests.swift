import ExperimentHarness
import Rheoscope
import Testing

@Suite struct TeacherTaskTests {
  @Test func guessingTheMeanHasALossOfOne() {
    let net = TeacherTask.net(width: 3)
    net.initialize(seed: 0)
    for (_, parameter) in net.parameters { parameter.set(Tensor(repeating: 0, shape: parameter.shape)) }
    #expect(abs(TeacherTask(seed: 5).loss(of: net).value - 1) < 1e-5)
  }

  /// Only the output weights are trained, so the loss falls to 0 only if the hidden units are the teacher's.
  @Test(arguments: [5, 6]) func theTeachersUnitsReachALossOfZero(_ seed: UInt64) throws {
    let teacher = Linear(
      TeacherTask.features, TeacherTask.teacherUnits, bias: false, initializer: .orthogonal(gain: 1))
    teacher.initialize(seed: 5)
    let net = TeacherTask.net(width: TeacherTask.teacherUnits)
    net.initialize(seed: 0)
    let hidden = net.parameters[0].parameter
    hidden.set(teacher.weight.value.detached())
    var steps: [Int] = []
    try TeacherTask(seed: seed).train(
      net, Settings([.steps(500), .learningRate(0.1)]), frozen: ["0.**"], beforeStep: { steps.append($0) })
    #expect(steps == Array(0..<500))
    #expect(hidden.value.values == teacher.weight.value.values)
    let loss = TeacherTask(seed: seed).loss(of: net).value
    #expect(seed == 5 ? loss < 1e-4 : loss > 0.05, "\(loss)")
  }
}
