import CPango

/// The fonts that text is drawn with. Use an instance in one thread at a time.
public final class Fonts {
  let map: OpaquePointer

  private init(owning map: OpaquePointer) { self.map = map }

  deinit { g_object_unref(UnsafeMutableRawPointer(map)) }

  /// The fonts of this machine. The first text in a thread takes about 10 ms, later ones some microseconds.
  public static var system: Fonts {
    // Pango keeps this map for each thread.
    let map = OpaquePointer(pango_cairo_font_map_get_default()!)
    g_object_ref(UnsafeMutableRawPointer(map))
    return Fonts(owning: map)
  }

  /// Only the fonts that a fontconfig file names, so that figures are the same on every machine. Nil if the file can't be read.
  public init?(configuration path: String) {
    guard let configuration = FcConfigCreate() else { return nil }
    defer { FcConfigDestroy(configuration) }
    guard FcConfigParseAndLoad(configuration, path, 1) != 0, FcConfigBuildFonts(configuration) != 0 else { return nil }
    map = OpaquePointer(pango_cairo_font_map_new()!)
    pango_fc_font_map_set_config(map, configuration)
  }
}
