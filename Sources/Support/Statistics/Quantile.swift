/// The value below which a share of the sorted values lies, linear between neighbours; NaN where there are none.
package func quantile(_ share: Double, ofSorted values: [Double]) -> Double {
  guard let last = values.last else { return .nan }
  let position = share * Double(values.count - 1)
  let below = Int(position)
  guard below + 1 < values.count, position > Double(below) else { return below < values.count ? values[below] : last }
  let rest = position - Double(below)
  return values[below] * (1 - rest) + values[below + 1] * rest
}
