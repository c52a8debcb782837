import ExperimentHarness
import Experiments
import Testing

/// What holds for the claims of all canned experiments, before any is run.
@Suite struct PowerTests {
  /// A claim that nothing could refute is an identity, and is declared as one.
  @Test(arguments: Experiment.all.map(\.name)) func theoryAndFindingsNameWhatTheyMustReject(_ name: String) throws {
    let experiment = try #require(Experiment.all.first { $0.name == name })
    let settings = experiment.settings(in: .standard)
    for claim in experiment.claims where claim.kind != .identity {
      #expect(!claim.nulls.isEmpty, "\(claim.statement(settings))")
    }
    for claim in experiment.claims where claim.kind == .identity {
      #expect(claim.nulls.isEmpty, "\(claim.statement(settings)): an identity has no null")
    }
  }

  @Test(arguments: Experiment.all.map(\.name)) func eachClaimIsMadeOnce(_ name: String) throws {
    let experiment = try #require(Experiment.all.first { $0.name == name })
    let statements = experiment.claims.map { $0.statement(experiment.settings(in: .standard)) }
    #expect(Set(statements).count == statements.count)
  }
}
