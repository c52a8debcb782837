// Written by `swift run -c release benchmarks diagnosis --half development --per-fault 7 --record`. Don't edit it.

extension RuleRate {
  /// The number of healthy runs of the benchmark.
  public static let healthyRuns = 744
  /// The number of programs of the benchmark with a fault, of those without one, and of the seeds of each.
  public static let faultyPrograms = 239, healthyPrograms = 248, seeds = 3
  /// The half of its programs that was judged: `development`, by which limits are set, or `test`.
  public static let half = "development"

  static let table: [String: RuleRate] = [
    "non-finite data": rate(21, named: 21, byOther: 0, alarms: 0, wrong: 0, tried: 7, closed: 7),
    "optimizer does not step": rate(21, named: 21, byOther: 0, alarms: 0, wrong: 0, tried: 7, closed: 7),
    "learning rate zero": rate(21, named: 21, byOther: 0, alarms: 0, wrong: 0, tried: 7, closed: 7),
    "parameters in no optimizer": rate(21, named: 21, byOther: 0, alarms: 0, wrong: 0, tried: 7, closed: 7),
    "parameters without gradient": rate(21, named: 21, byOther: 0, alarms: 0, wrong: 0, tried: 7, closed: 7),
    "frozen parameters": rate(21, named: 21, byOther: 0, alarms: 0, wrong: 0, tried: 7, closed: 7),
    "parameters in two optimizers": rate(0, named: 0, byOther: 0, alarms: 0, wrong: 0, tried: 0, closed: 0),
    "gradients not cleared": rate(6, named: 6, byOther: 0, alarms: 0, wrong: 0, tried: 2, closed: 2),
    "softmax over one value": rate(21, named: 21, byOther: 0, alarms: 0, wrong: 0, tried: 7, closed: 7),
    "one output for several classes": rate(0, named: 0, byOther: 0, alarms: 0, wrong: 0, tried: 0, closed: 0),
    "softmax applied twice": rate(21, named: 21, byOther: 0, alarms: 0, wrong: 0, tried: 7, closed: 7),
    "sigmoid for several classes": rate(17, named: 17, byOther: 0, alarms: 0, wrong: 0, tried: 6, closed: 6),
    "logits in a loss of probabilities": rate(0, named: 0, byOther: 0, alarms: 0, wrong: 0, tried: 0, closed: 0),
    "broadcast shapes": rate(0, named: 0, byOther: 0, alarms: 0, wrong: 0, tried: 0, closed: 0),
    "negative loss": rate(21, named: 21, byOther: 0, alarms: 0, wrong: 0, tried: 7, closed: 7),
    "outputs cannot reach targets": rate(15, named: 15, byOther: 0, alarms: 0, wrong: 0, tried: 5, closed: 5),
    "batches sorted by class": rate(15, named: 15, byOther: 0, alarms: 0, wrong: 0, tried: 5, closed: 5),
    "inputs not normalized": rate(15, named: 15, byOther: 0, alarms: 2, wrong: 0, tried: 6, closed: 6),
    "targets of large scale": rate(18, named: 18, byOther: 0, alarms: 0, wrong: 0, tried: 6, closed: 6),
    "constant targets": rate(21, named: 21, byOther: 0, alarms: 0, wrong: 0, tried: 0, closed: 0),
    "classes unbalanced": rate(12, named: 12, byOther: 0, alarms: 0, wrong: 0, tried: 4, closed: 0),
    "labels unrelated to inputs": rate(21, named: 16, byOther: 0, alarms: 2, wrong: 0, tried: 0, closed: 0),
    "batch norm in evaluation": rate(11, named: 11, byOther: 0, alarms: 0, wrong: 0, tried: 4, closed: 4),
    "batch norm with small batches": rate(14, named: 14, byOther: 0, alarms: 0, wrong: 0, tried: 5, closed: 4),
    "missing activation": rate(6, named: 6, byOther: 0, alarms: 0, wrong: 0, tried: 2, closed: 2),
    "forward called by hand": rate(0, named: 0, byOther: 0, alarms: 0, wrong: 0, tried: 0, closed: 0),
    "warning while recording": rate(0, named: 0, byOther: 0, alarms: 0, wrong: 0, tried: 0, closed: 0),
    "constant initialization": rate(36, named: 36, byOther: 0, alarms: 0, wrong: 0, tried: 12, closed: 12),
    "initialization too small": rate(6, named: 4, byOther: 1, alarms: 1, wrong: 0, tried: 2, closed: 2),
    "initialization too large": rate(30, named: 27, byOther: 3, alarms: 0, wrong: 0, tried: 9, closed: 9),
    "clipping always binds": rate(9, named: 9, byOther: 0, alarms: 0, wrong: 0, tried: 3, closed: 3),
    "square root at zero": rate(42, named: 42, byOther: 0, alarms: 0, wrong: 1, tried: 14, closed: 14),
    "logarithm of zero": rate(21, named: 20, byOther: 0, alarms: 0, wrong: 0, tried: 8, closed: 8),
    "division by zero": rate(17, named: 17, byOther: 0, alarms: 0, wrong: 0, tried: 7, closed: 7),
    "float16 overflow": rate(15, named: 15, byOther: 0, alarms: 0, wrong: 0, tried: 5, closed: 5),
    "float16 underflow": rate(9, named: 6, byOther: 0, alarms: 0, wrong: 0, tried: 2, closed: 2),
    "dead units": rate(15, named: 14, byOther: 0, alarms: 0, wrong: 0, tried: 5, closed: 5),
    "vanishing gradient": rate(73, named: 65, byOther: 4, alarms: 4, wrong: 0, tried: 23, closed: 21),
    "exploding gradient": rate(37, named: 11, byOther: 24, alarms: 0, wrong: 0, tried: 4, closed: 4),
    "vanishing activations": rate(6, named: 0, byOther: 5, alarms: 0, wrong: 0, tried: 0, closed: 0),
    "exploding activations": rate(37, named: 0, byOther: 35, alarms: 0, wrong: 0, tried: 0, closed: 0),
    "shattered gradients": rate(0, named: 0, byOther: 0, alarms: 0, wrong: 0, tried: 0, closed: 0),
    "learning rate too high": rate(12, named: 12, byOther: 0, alarms: 0, wrong: 2, tried: 4, closed: 4),
    "weight decay too strong": rate(9, named: 9, byOther: 0, alarms: 0, wrong: 0, tried: 3, closed: 3),
    "units dying over time": rate(12, named: 0, byOther: 12, alarms: 1, wrong: 2, tried: 0, closed: 0),
    "saturated units": rate(18, named: 0, byOther: 18, alarms: 0, wrong: 0, tried: 0, closed: 0),
    "zero gradient": rate(21, named: 0, byOther: 21, alarms: 0, wrong: 0, tried: 0, closed: 0),
    "learning rate decayed to nothing": rate(12, named: 12, byOther: 0, alarms: 0, wrong: 0, tried: 4, closed: 4),
    "updates lost to rounding": rate(0, named: 0, byOther: 0, alarms: 0, wrong: 0, tried: 0, closed: 0),
    "learning rate too low": rate(21, named: 21, byOther: 0, alarms: 0, wrong: 0, tried: 7, closed: 7),
    "gradient noise too high": rate(0, named: 0, byOther: 0, alarms: 0, wrong: 0, tried: 0, closed: 0),
    "one net starves the other": rate(0, named: 0, byOther: 0, alarms: 0, wrong: 0, tried: 0, closed: 0),
    "non-finite values": rate(0, named: 0, byOther: 0, alarms: 0, wrong: 0, tried: 0, closed: 0),
    "skipped steps": rate(0, named: 0, byOther: 0, alarms: 0, wrong: 0, tried: 0, closed: 0),
    "loss diverges": rate(21, named: 0, byOther: 21, alarms: 0, wrong: 0, tried: 0, closed: 0),
    "loss oscillates": rate(12, named: 0, byOther: 12, alarms: 0, wrong: 0, tried: 0, closed: 0),
    "loss spike": rate(0, named: 0, byOther: 0, alarms: 0, wrong: 0, tried: 0, closed: 0),
    "overfitting": rate(9, named: 8, byOther: 0, alarms: 1, wrong: 0, tried: 2, closed: 0),
    "loss does not fall": rate(0, named: 0, byOther: 0, alarms: 2, wrong: 1, tried: 0, closed: 0),
  ]

  private static func rate(
    _ faulty: Int, named: Int, byOther: Int, alarms: Int, wrong: Int, tried: Int, closed: Int
  ) -> RuleRate {
    RuleRate(
      faulty: faulty, named: named, namedByOther: byOther, falseAlarms: alarms, namedWrongly: wrong, tried: tried,
      closed: closed)
  }
}
