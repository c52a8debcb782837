import Support

/// The index of a series within a list of styles that repeats. Stops the program if it is negative.
func seriesIndex(_ index: Int, count: Int, in operation: String) -> Int {
  guard index >= 0 else { stop(operation, "series are numbered from 0, so \(index) is none of them") }
  return index % count
}
