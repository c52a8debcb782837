import CPango

/// Where text gets its letters from. For one thread at a time.
public final class Fonts {
  let map: OpaquePointer

  private init(owning map: OpaquePointer) { self.map = map }

  deinit { g_object_unref(UnsafeMutableRawPointer(map)) }

  /// The fonts of this machine, through the map that Pango keeps for the calling thread: the first text in a thread takes
  /// about 10 ms, all others some microseconds.
  public static var system: Fonts {
    let map = OpaquePointer(pango_cairo_font_map_get_default()!)
    g_object_ref(UnsafeMutableRawPointer(map))
    return Fonts(owning: map)
  }

  /// The fonts that a fontconfig file names, and no others; nil if the file can't be read.
  public init?(configuration path: String) {
    guard let configuration = FcConfigCreate() else { return nil }
    defer { FcConfigDestroy(configuration) }
    guard FcConfigParseAndLoad(configuration, path, 1) != 0, FcConfigBuildFonts(configuration) != 0 else { return nil }
    map = OpaquePointer(pango_cairo_font_map_new()!)
    pango_fc_font_map_set_config(map, configuration)
  }
}
