import Foundation

/// Writes all bytes to a descriptor, in as many calls as it takes. Throws a `POSIXError`.
package func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) throws(POSIXError) {
  var rest = bytes
  while !rest.isEmpty {
    let count = write(descriptor, rest.baseAddress, rest.count)
    guard count >= 0 || errno == EINTR else { throw POSIXError.last }
    rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(max(count, 0)))
  }
}

/// Writes all of a text as UTF-8. Throws a `POSIXError`.
package func writeAll(_ text: String, to descriptor: Int32) throws(POSIXError) {
  var text = text
  try text.withUTF8 { bytes in
    Result { () throws(POSIXError) in try writeAll(UnsafeRawBufferPointer(bytes), to: descriptor) }
  }.get()
}
