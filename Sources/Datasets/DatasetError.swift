/// Why data can't be loaded.
public enum DatasetError: Error, CustomStringConvertible {
  case noSuchFile(path: String)
  case unreadable(path: String, reason: String)
  case wrongMagic(path: String, found: UInt32, expected: UInt32)
  case truncated(path: String, found: Int, expected: Int)
  case counts(images: Int, labels: Int, path: String)

  public var description: String {
    switch self {
    case .noSuchFile(let path):
      "there is no file \(path); install the data with “apt-get install dataset-fashion-mnist”, or give its folder with --data DIR"
    case .unreadable(let path, let reason):
      "\(path) can't be unpacked: \(reason); it should be a gzip file, install it again with “apt-get install --reinstall dataset-fashion-mnist”"
    case .wrongMagic(let path, let found, let expected):
      "\(path) is no IDX file of the right kind: it begins with \(hexadecimal(found)) instead of \(hexadecimal(expected)); "
        + "are images and labels exchanged?"
    case .truncated(let path, let found, let expected):
      "\(path) is cut off: \(found) bytes unpacked where its header promises \(expected); copy or install it again"
    case .counts(let images, let labels, let path):
      "\(path) has \(labels) labels for \(images) images; both files must come from one data set"
    }
  }
}

private func hexadecimal(_ number: UInt32) -> String {
  let digits = String(number, radix: 16)
  return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
}
