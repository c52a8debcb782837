/// Why a data set could not be loaded, each with what to do about it.
public enum DatasetError: Error, Equatable, CustomStringConvertible {
  /// There is nothing at the path.
  case missing(path: String)
  /// The file is there and can't be read.
  case unreadable(path: String, reason: String)
  /// The file is not compressed with gzip.
  case notGzip(path: String)
  /// The file ends before its contents do.
  case truncated(path: String)
  /// The compressed bytes contradict themselves or their checksum.
  case damaged(path: String)
  /// The contents don't begin as an IDX file of this kind does.
  case wrongMagic(path: String, found: UInt32, expected: UInt32)
  /// The images are not of the size that the data set has.
  case wrongImageSize(path: String, rows: Int, columns: Int)
  /// A file without a single sample.
  case empty(path: String)
  /// The label file is not the image file's.
  case countsDiffer(path: String, labels: Int, images: Int)
  /// A label that no class has.
  case wrongLabel(path: String, row: Int, label: Int, classes: Int)

  /// One line: what was wrong, where, and what to do.
  public var description: String {
    switch self {
    case .missing(let path): "\(path): no such file; \(Self.remedy("install"))"
    case .unreadable(let path, let reason): "\(path): can't be read (\(reason)); \(Self.repair)"
    case .notGzip(let path): "\(path): not a gzip file; \(Self.repair)"
    case .truncated(let path): "\(path): the file is cut short; \(Self.repair)"
    case .damaged(let path): "\(path): the compressed data are damaged; \(Self.repair)"
    case .wrongMagic(let path, let found, let expected):
      "\(path): begins with \(hexadecimal(found)), an IDX file of this kind with \(hexadecimal(expected)); \(Self.repair)"
    case .wrongImageSize(let path, let rows, let columns):
      "\(path): images of \(rows) × \(columns) pixels, they should have 28 × 28; \(Self.repair)"
    case .empty(let path): "\(path): holds no samples; \(Self.repair)"
    case .countsDiffer(let path, let labels, let images):
      "\(path): \(labels) labels for \(images) images; \(Self.repair)"
    case .wrongLabel(let path, let row, let label, let classes):
      "\(path): label \(label) at index \(row), labels run from 0 to \(classes - 1); \(Self.repair)"
    }
  }

  private static let repair = remedy("install --reinstall")

  private static func remedy(_ installing: String) -> String {
    "apt-get \(installing) dataset-fashion-mnist, or name another folder"
  }
}

private func hexadecimal(_ word: UInt32) -> String {
  let digits = String(word, radix: 16)
  return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
}
