import Foundation

// Under names of their own: in this module `log` is an operation on tensors.

func logarithm(_ x: Double) -> Double { Foundation.log(x) }
func cosine(_ x: Double) -> Double { Foundation.cos(x) }
func sine(_ x: Double) -> Double { Foundation.sin(x) }
