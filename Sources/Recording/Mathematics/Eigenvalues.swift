import Autodiff

// Why this is not LAPACK's `dsyev`, measured on Debian 12 with matrices of 3 to 512 rows: the eigenvalues agree within 6e-15 of the
// largest one, but LAPACK's bits depend on what else is installed. `liblapack.so.3` is reference LAPACK or OpenBLAS, as Debian's
// alternatives say; the two differ in their last bits, and OpenBLAS also with 1 and 2 threads from 64 rows on, and between its
// kernels for Haswell and Skylake. OpenBLAS starts its threads when it is loaded, and the function that limits them is not part of
// LAPACK's interface. `verify` could not compare such numbers bit by bit. Time for 256 rows: 40 ms here, 23 ms reference LAPACK, 2 ms
// OpenBLAS; a probe needs at most one such matrix per layer and recorded step.

/// The eigenvalues of a symmetric matrix, n rows of n numbers, largest first; NaN where an element is not finite.
///
/// Householder's reflections make it tridiagonal; then `eigenvalues(ofTridiagonal:_:)`. About 4/3 n³ operations.
///
/// Source: Golub and Van Loan, "Matrix computations", 2013, section 8.3.
func eigenvalues(ofSymmetric matrix: [Double], size n: Int) -> [Double] {
  var a = matrix
  var diagonal = [Double](repeating: 0, count: n), beside = [Double](repeating: 0, count: n)
  var v = [Double](repeating: 0, count: n), p = v
  for k in 0..<max(n - 2, 0) {
    // v reflects column k below the diagonal onto its first element.
    let head = a[(k + 1) * n + k]
    var square = 0.0
    for i in k + 1..<n { square += a[i * n + k] * a[i * n + k] }
    let target = head > 0 ? -square.squareRoot() : square.squareRoot()
    diagonal[k] = a[k * n + k]
    beside[k] = target
    let length = square - head * target
    guard length > 0 else { continue }
    for i in k + 1..<n { v[i] = a[i * n + k] }
    v[k + 1] -= target
    var overlap = 0.0
    for i in k + 1..<n {
      var sum = 0.0
      for j in k + 1..<n { sum += a[i * n + j] * v[j] }
      p[i] = sum / length
      overlap += p[i] * v[i]
    }
    let half = overlap / (2 * length)
    for i in k + 1..<n { p[i] -= half * v[i] }
    for i in k + 1..<n {
      for j in k + 1..<n { a[i * n + j] -= v[i] * p[j] + p[i] * v[j] }
    }
  }
  for k in max(n - 2, 0)..<n {
    diagonal[k] = a[k * n + k]
    if k + 1 < n { beside[k] = a[(k + 1) * n + k] }
  }
  return eigenvalues(ofTridiagonal: diagonal, beside)
}

/// The eigenvalues of a symmetric tridiagonal matrix, largest first; element k of `beside` is off the diagonal in row k and column k + 1.
/// NaN if an element is not finite, or if they don't converge. About 30 n² operations.
///
/// QL steps with implicit shifts: each makes the first off-diagonal element smaller.
///
/// Source: Martin and Wilkinson, "The implicit QL algorithm", 1968.
func eigenvalues(ofTridiagonal diagonal: [Double], _ beside: [Double]) -> [Double] {
  let n = diagonal.count
  guard (diagonal + beside).allSatisfy(\.isFinite) else { return Array(repeating: .nan, count: n) }
  var d = diagonal, e = beside
  if n > 0 { e[n - 1] = 0 }
  for first in 0..<n {
    var iterations = 0
    while true {
      // The block from `first` to `last` has no zero beside the diagonal.
      var last = first
      while last < n - 1, abs(e[last]) > .ulpOfOne * (abs(d[last]) + abs(d[last + 1])) { last += 1 }
      if last == first { break }
      iterations += 1
      guard iterations <= 100 else { return Array(repeating: .nan, count: n) }
      let half = (d[first + 1] - d[first]) / (2 * e[first])
      let root = (half * half + 1).squareRoot()
      var g = d[last] - d[first] + e[first] / (half + (half < 0 ? -root : root))
      var sine = 1.0, cosine = 1.0, shift = 0.0, isSplit = false
      for k in stride(from: last - 1, through: first, by: -1) {
        let f = sine * e[k], b = cosine * e[k], length = (f * f + g * g).squareRoot()
        e[k + 1] = length
        if length == 0 {
          // An element beside the diagonal is zero: the block splits.
          d[k + 1] -= shift
          e[last] = 0
          isSplit = true
          break
        }
        (sine, cosine) = (f / length, g / length)
        g = d[k + 1] - shift
        let r = (d[k] - g) * sine + 2 * cosine * b
        shift = sine * r
        d[k + 1] = g + shift
        g = cosine * r - b
      }
      if isSplit { continue }
      d[first] -= shift
      e[first] = g
      e[last] = 0
    }
  }
  return d.sorted(by: >)
}

/// Xᵀ X of a matrix [rows, columns], in Float64.
func columnProducts(_ x: [Double], rows: Int, columns: Int) -> [Double] {
  var products = [Double](repeating: 0, count: columns * columns)
  products.withUnsafeMutableBufferPointer { products in
    x.withUnsafeBufferPointer { x in
      for row in 0..<rows {
        let values = x.baseAddress! + row * columns
        for i in 0..<columns {
          let factor = values[i], target = products.baseAddress! + i * columns
          for j in 0..<columns { target[j] += factor * values[j] }
        }
      }
    }
  }
  return products
}

/// The transpose of a matrix [rows, columns].
func transposed(_ x: [Double], rows: Int, columns: Int) -> [Double] {
  var transposed = [Double](repeating: 0, count: x.count)
  for row in 0..<rows {
    for column in 0..<columns { transposed[column * rows + row] = x[row * columns + column] }
  }
  return transposed
}
