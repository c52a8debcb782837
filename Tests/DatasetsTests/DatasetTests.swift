import Autodiff
import Datasets
import TestSupport
import Testing

@Suite struct DatasetTests {
  @Test func rowsHaveClassesOrTargets() async {
    let classes = Dataset(inputs: [[1, 2], [3, 4], [5, 6]], labels: [0, 1, 0])
    #expect(classes.count == 3 && classes.features == 2 && classes.outputs == 0)
    #expect(classes.batch(at: [2, 0]).inputs.values == [5, 6, 1, 2])
    #expect(classes.batch(at: [2, 1]).labels == [0, 1])
    let numbers = Dataset(inputs: [[1, 2], [3, 4]], targets: [0.5, -1])
    #expect(numbers.outputs == 1 && numbers.labels.isEmpty)
    #expect(numbers.batch(at: [1, 0]).targets.values == [-1, 0.5])
    #expect(numbers.batch(at: [1, 0]).targets.shape == [2, 1])
    await #expect(processExitsWith: .failure) {
      _ = Dataset(inputs: [[1]], labels: [0]).batch(at: [0]).targets
    }
    await #expect(processExitsWith: .failure) { _ = Dataset(inputs: [[1], [1, 2]], labels: [0, 0]) }
    await #expect(processExitsWith: .failure) { _ = Dataset(inputs: [[], []], labels: [0, 0]) }
    await #expect(processExitsWith: .failure) { _ = Dataset(inputs: [[1], [2]], targets: [[], []]) }
  }

  @Test func splittingPutsEverySampleInOneSet() {
    let data = Dataset(inputs: (0..<10).map { [Float($0)] }, targets: (0..<10).map { Float(10 * $0) })
    let (train, test) = data.split(testFraction: 0.3, seed: 4)
    let left = train.batch(at: 0..<7), right = test.batch(at: 0..<3)
    #expect(train.count == 7 && test.count == 3)
    #expect((left.inputs.values + right.inputs.values).sorted() == (0..<10).map(Float.init))
    #expect(left.inputs.values == left.inputs.values.sorted())
    #expect(left.targets.values == left.inputs.values.map { 10 * $0 })
    #expect(data.split(testFraction: 0.3, seed: 4).test.batch(at: 0..<3).inputs.values == right.inputs.values)
    #expect(
      Set((0..<20).map { data.split(testFraction: 0.3, seed: $0).test.batch(at: 0..<3).inputs.values }).count > 10)
  }

  @Test func theTestSetIsStandardizedByTheTrainingSet() {
    let train = Dataset(inputs: [[1, 7], [3, 7], [5, 7], [7, 7]], labels: [0, 1, 2, 3]).standardized()
    let scale = train.standardization!
    let deviation = Double(5).squareRoot()
    #expect(scale.means == [4, 7] && scale.standardDeviations == [deviation, 1])
    let values = train.batch(at: 0..<4).inputs.values
    #expect(relativeDifference(values, [-3, 0, -1, 0, 1, 0, 3, 0].map { $0 / deviation }) < 1e-6)
    let test = Dataset(inputs: [[4, 8]], targets: [9]).standardized(by: scale)
    #expect(test.batch(at: [0]).inputs.values == [0, 1])
    #expect(test.batch(at: [0]).targets.values == [9])
    #expect(test.standardization == scale)
  }

  @Test func anIterationResumesAtItsPosition() {
    let data = Dataset(inputs: (0..<11).map(Float.init), labels: Array(0..<11))
    for size in [1, 4, 11] {
      let batches = data.batches(of: size, seed: 9), all = batches.prefix(30).map(\.labels)
      for position in 0..<29 {
        var first = batches.makeIterator()
        for _ in 0..<position { _ = first.next() }
        #expect(first.position == position)
        var second = batches.makeIterator()
        _ = (second.next(), second.next(), second.next(), second.next())
        second.position = first.position
        #expect(second.position == position)
        #expect(second.next()?.labels == all[position])
        #expect(second.next()?.labels == all[position + 1])
        #expect(batches.starting(at: position).prefix(30 - position).map(\.labels) == Array(all[position...]))
      }
    }
  }
}

@Suite struct GeneratedSetTests {
  @Test func seedsDetermineDataSets() {
    for make in [
      { Dataset.blobs(samplesPerClass: 5, seed: $0) }, { Dataset.circles(samplesPerClass: 5, seed: $0) },
      { Dataset.teacherNet(samples: 5, seed: $0) }, { Dataset.teacherNet(samples: 5, classes: 3, seed: $0) },
    ] as [@Sendable (UInt64) -> Dataset] {
      func inputs(_ seed: UInt64) -> [Float] { make(seed).batch(at: 0..<5).inputs.values }
      #expect(inputs(1) == inputs(1))
      #expect(inputs(1) != inputs(2))
    }
  }

  @Test func blobsSurroundTheirCenters() {
    let data = Dataset.blobs(samplesPerClass: 2_000, classes: 3, features: 4, spread: 0.1, seed: 3)
    #expect(data.count == 6_000 && data.features == 4 && data.labels.prefix(4) == [0, 1, 2, 0])
    let values = data.batch(at: stride(from: 1, to: 6_000, by: 3).map { $0 }).inputs.values
    for feature in 0..<4 {
      let column = stride(from: feature, to: values.count, by: 4).map { Double(values[$0]) }
      let mean = column.reduce(0, +) / 2_000
      let variance = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 2_000
      #expect(abs(variance.squareRoot() / 0.1 - 1) < 0.08)
    }
  }

  @Test func withoutNoiseCirclesAreRound() {
    let values = Dataset.circles(samplesPerClass: 40, innerRadius: 0.3, noise: 0, seed: 1).batch(at: 0..<80).inputs
      .values
    for i in 0..<80 {
      let radius = (values[2 * i] * values[2 * i] + values[2 * i + 1] * values[2 * i + 1]).squareRoot()
      #expect(abs(radius - (i % 2 == 0 ? 1 : 0.3)) < 1e-6)
    }
    #expect(values[40] < 1e-6 && abs(values[41] - 1) < 1e-6, "a quarter of the circle")
  }

  @Test func theTeacherDoesNotDependOnTheNumberOfSamples() {
    let few = Dataset.teacherNet(samples: 10, features: 3, hidden: 4, outputs: 2, seed: 8).batch(at: 0..<10)
    let many = Dataset.teacherNet(samples: 50, features: 3, hidden: 4, outputs: 2, seed: 8).batch(at: 0..<10)
    #expect(few.targets.shape == [10, 2] && few.targets.values == many.targets.values)
    let named = Dataset.teacherNet(samples: 10, features: 3, hidden: 4, classes: 2, seed: 8).batch(at: 0..<10)
    #expect(named.inputs.values == few.inputs.values)
    #expect(named.labels == (0..<10).map { few.targets.values[2 * $0] < few.targets.values[2 * $0 + 1] ? 1 : 0 })
    let noisy = Dataset.teacherNet(samples: 1, features: 3, hidden: 4, noise: 0.5, seed: 8)
    #expect(
      noisy.batch(at: [0]).targets.values
        != Dataset.teacherNet(samples: 1, features: 3, hidden: 4, seed: 8).batch(at: [0]).targets.values)
  }
}
