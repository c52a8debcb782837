import CCairo
import Plotting

extension Figure {
  /// Throws a `FigureError` if Cairo reports a failure.
  func check(_ status: cairo_status_t, scale: Double) throws(FigureError) {
    switch status {
    case CAIRO_STATUS_SUCCESS: return
    case CAIRO_STATUS_NO_MEMORY, CAIRO_STATUS_INVALID_SIZE:
      let size = try pixelSize(scale: scale)
      throw .outOfMemory(width: size.width, height: size.height)
    default: throw .drawingFailed(status: Int(status.rawValue))
    }
  }
}
