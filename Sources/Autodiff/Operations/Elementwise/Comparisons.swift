// Comparisons, element by element, with broadcasting. The operators are those of Swift's SIMD types. A result is a mask: 1 where the
// comparison holds, otherwise 0; it is off the tape, since it has no derivative. A NaN differs from everything, itself included.

extension Tensor {
  /// 1 where left < right, otherwise 0, element by element, of two shapes that broadcast to one. Stops the program if they don't.
  public static func .< (left: Tensor, right: Tensor) -> Tensor { combine(".<", left, right, .less) }

  /// 1 where left ≤ right, otherwise 0, element by element, of two shapes that broadcast to one. Stops the program if they don't.
  public static func .<= (left: Tensor, right: Tensor) -> Tensor { combine(".<=", left, right, .lessOrEqual) }

  /// 1 where left > right, otherwise 0, element by element, of two shapes that broadcast to one. Stops the program if they don't.
  public static func .> (left: Tensor, right: Tensor) -> Tensor { combine(".>", right, left, .less) }

  /// 1 where left ≥ right, otherwise 0, element by element, of two shapes that broadcast to one. Stops the program if they don't.
  public static func .>= (left: Tensor, right: Tensor) -> Tensor { combine(".>=", right, left, .lessOrEqual) }

  /// 1 where left = right, otherwise 0, element by element, of two shapes that broadcast to one. Stops the program if they don't.
  public static func .== (left: Tensor, right: Tensor) -> Tensor { combine(".==", left, right, .equal) }

  /// 1 where left ≠ right, otherwise 0, element by element, of two shapes that broadcast to one. Stops the program if they don't.
  public static func .!= (left: Tensor, right: Tensor) -> Tensor { 1 - combine(".!=", left, right, .equal) }

  /// 1 where x < number, otherwise 0, element by element.
  public static func .< (x: Tensor, number: Float) -> Tensor { x .< Tensor(number) }
  /// 1 where x ≤ number, otherwise 0, element by element.
  public static func .<= (x: Tensor, number: Float) -> Tensor { x .<= Tensor(number) }
  /// 1 where x > number, otherwise 0, element by element.
  public static func .> (x: Tensor, number: Float) -> Tensor { x .> Tensor(number) }
  /// 1 where x ≥ number, otherwise 0, element by element.
  public static func .>= (x: Tensor, number: Float) -> Tensor { x .>= Tensor(number) }
  /// 1 where x = number, otherwise 0, element by element.
  public static func .== (x: Tensor, number: Float) -> Tensor { x .== Tensor(number) }
  /// 1 where x ≠ number, otherwise 0, element by element.
  public static func .!= (x: Tensor, number: Float) -> Tensor { x .!= Tensor(number) }
}
