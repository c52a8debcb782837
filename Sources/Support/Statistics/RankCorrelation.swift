/// Spearman's rank correlation of two lists of numbers: 1 where both have the same order, −1 where one has the other's
/// reversed, about 0 where their orders have nothing to do with each other.
///
/// It is Pearson's correlation of the ranks, equal numbers having the mean of their ranks. NaN where a number is NaN, and where
/// all numbers of a list are equal, for then there is no order.
/// Stops the program if the lists differ in length.
///
/// Source: Spearman, "The proof and measurement of association between two things", 1904.
public func rankCorrelation(_ x: [Double], _ y: [Double]) -> Double {
  guard x.count == y.count else {
    stop("rankCorrelation", "lists of \(x.count) and \(y.count) numbers; they must have the same length")
  }
  guard !(x + y).contains(where: \.isNaN) else { return .nan }
  let (a, b) = (centered(ranks(x)), centered(ranks(y)))
  func product(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
  return product(a, b) / (product(a, a) * product(b, b)).squareRoot()
}

private func ranks(_ numbers: [Double]) -> [Double] {
  numbers.map { number in
    Double(numbers.count { $0 < number }) + Double(numbers.count { $0 == number } + 1) / 2
  }
}

private func centered(_ numbers: [Double]) -> [Double] {
  let mean = numbers.reduce(0, +) / Double(numbers.count)
  return numbers.map { $0 - mean }
}
