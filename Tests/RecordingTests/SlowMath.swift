import Foundation

/// Σ term(i) for i from 0 to below n.
func sum(_ n: Int, _ term: (Int) -> Double) -> Double {
  var total = 0.0
  for index in 0..<n { total += term(index) }
  return total
}

/// a · b.
func dot(_ a: [Double], _ b: [Double]) -> Double { sum(a.count) { a[$0] * b[$0] } }

/// A matrix by its elements.
func matrix(_ rows: Int, _ columns: Int, _ element: (Int, Int) -> Double) -> [[Double]] {
  (0..<rows).map { i in (0..<columns).map { j in element(i, j) } }
}

/// The largest eigenvalue of a symmetric matrix, by power iteration on the matrix plus a shift that makes all eigenvalues positive.
func topEigenvalue(_ a: [[Double]]) -> Double {
  let n = a.count
  let shift = a.map { row in sum(n) { abs(row[$0]) } }.max()!
  var v = (0..<n).map { Double($0 % 3) - 0.9 }
  var top = 0.0
  for _ in 0..<20_000 {
    let image = (0..<n).map { dot(a[$0], v) + shift * v[$0] }
    let size = dot(image, image).squareRoot()
    v = image.map { $0 / size }
    top = size - shift
  }
  return top
}

/// The eigenvalues of a symmetric matrix, by Jacobi's rotations.
func jacobiEigenvalues(_ matrix: [[Double]]) -> [Double] {
  var a = matrix
  let n = a.count
  for _ in 0..<30 {
    for p in 0..<n {
      for q in p + 1..<n where a[p][q] != 0 {
        let angle = 0.5 * atan2(2 * a[p][q], a[q][q] - a[p][p]), c = cos(angle), s = sin(angle)
        for k in 0..<n {
          let (x, y) = (a[k][p], a[k][q])
          a[k][p] = c * x - s * y
          a[k][q] = s * x + c * y
        }
        for k in 0..<n {
          let (x, y) = (a[p][k], a[q][k])
          a[p][k] = c * x - s * y
          a[q][k] = s * x + c * y
        }
      }
    }
  }
  return (0..<n).map { a[$0][$0] }.sorted(by: >)
}

/// exp of the entropy of singular values.
func effectiveRank(_ singularValues: [Double]) -> Double {
  let total = singularValues.reduce(0, +)
  var entropy = 0.0
  for value in singularValues where value > 0 { entropy -= value / total * log(value / total) }
  return exp(entropy)
}

/// ∂f/∂x by central differences.
func slowGradient(at x: [Double], _ f: ([Double]) -> Double) -> [Double] {
  x.indices.map { i in
    var ahead = x, behind = x
    ahead[i] += 1e-5
    behind[i] -= 1e-5
    return (f(ahead) - f(behind)) / 2e-5
  }
}

/// ∂²f/∂x² by central differences.
func slowHessian(at x: [Double], _ f: ([Double]) -> Double) -> [[Double]] {
  let step = 1e-4
  func moved(_ i: Int, _ a: Double, _ j: Int, _ b: Double) -> Double {
    var x = x
    x[i] += a * step
    x[j] += b * step
    return f(x)
  }
  return matrix(x.count, x.count) { i, j in
    let ahead = moved(i, 1, j, 1) - moved(i, 1, j, -1)
    return (ahead - moved(i, -1, j, 1) + moved(i, -1, j, -1)) / (4 * step * step)
  }
}
