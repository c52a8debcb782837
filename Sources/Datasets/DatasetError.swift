import Support

/// The reason why an installed data set could not be loaded, with its fix.
public enum DatasetError: Error, Equatable, CustomStringConvertible {
  /// The file does not exist.
  case missing(path: String)
  /// The file exists but cannot be read.
  case unreadable(path: String, reason: String)
  /// The file is not compressed with gzip.
  case notGzip(path: String)
  /// The file is cut short.
  case truncated(path: String)
  /// The compressed data are invalid, or their checksum is wrong.
  case damaged(path: String)
  /// The file does not begin with the magic number of its kind of IDX file.
  case wrongMagic(path: String, found: UInt32, expected: UInt32)
  /// The images do not have the data set's size.
  case wrongImageSize(path: String, rows: Int, columns: Int)
  /// The file has no samples.
  case empty(path: String)
  /// Label file and image file have different numbers of samples.
  case countsDiffer(path: String, labels: Int, images: Int)
  /// A label is outside of the classes.
  case wrongLabel(path: String, row: Int, label: Int, classes: Int)

  /// One line: the file, the problem, and how to fix it.
  public var description: String { message.escapedForTerminal }

  private var message: String {
    switch self {
    case .missing(let path): "\(path): no such file; \(Self.remedy("install"))"
    case .unreadable(let path, let reason): "\(path): cannot be read (\(reason)); \(Self.repair)"
    case .notGzip(let path): "\(path): it is not a gzip file; \(Self.repair)"
    case .truncated(let path): "\(path): the file is cut short; \(Self.repair)"
    case .damaged(let path): "\(path): the compressed data are damaged; \(Self.repair)"
    case .wrongMagic(let path, let found, let expected):
      "\(path): it begins with 0x\(found.hexadecimal); an IDX file of this kind begins with 0x\(expected.hexadecimal); \(Self.repair)"
    case .wrongImageSize(let path, let rows, let columns):
      "\(path): its images have \(rows) × \(columns) pixels; they must have 28 × 28; \(Self.repair)"
    case .empty(let path): "\(path): it has no samples; \(Self.repair)"
    case .countsDiffer(let path, let labels, let images):
      "\(path): \(labels) labels for \(images) images; \(Self.repair)"
    case .wrongLabel(let path, let row, let label, let classes):
      "\(path): label \(label) at index \(row); labels are from 0 to \(classes - 1); \(Self.repair)"
    }
  }

  private static let repair = remedy("install --reinstall")

  private static func remedy(_ installing: String) -> String {
    "apt-get \(installing) dataset-fashion-mnist, or name another folder"
  }
}
