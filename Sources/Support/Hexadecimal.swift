extension FixedWidthInteger where Self: UnsignedInteger {
  /// All hexadecimal digits, leading zeros too: `0000000f`.
  package var hexadecimal: String {
    let digits = String(self, radix: 16)
    return String(repeating: "0", count: Self.bitWidth / 4 - digits.count) + digits
  }
}
