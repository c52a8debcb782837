import Foundation

/// The system's message for an error code, by default that of the last failed call.
package func systemMessage(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }

extension Error {
  /// The system's message behind an error of Foundation's; nil where it has none. The path is left out, since our own errors name it.
  package var systemMessage: String? {
    let error = self as NSError
    if error.domain == NSPOSIXErrorDomain { return Support.systemMessage(Int32(error.code)) }
    guard let underlying = error.userInfo[NSUnderlyingErrorKey] as? NSError, underlying.domain == NSPOSIXErrorDomain
    else { return nil }
    return Support.systemMessage(Int32(underlying.code))
  }
}
