import CPango
import Foundation

/// The fonts that text is drawn with. Use an instance in one thread at a time.
public final class Fonts {
  let map: OpaquePointer
  /// The family of all text.
  let family: String

  /// The family by default.
  static let defaultFamily = "DejaVu Sans"

  private init(owning map: OpaquePointer, family: String) {
    self.map = map
    self.family = family
  }

  deinit { g_object_unref(UnsafeMutableRawPointer(map)) }

  /// The fonts of this machine. The first text in a thread takes about 10 ms, later ones some microseconds.
  public static var system: Fonts { Fonts(owning: systemMap, family: defaultFamily) }

  private static var systemMap: OpaquePointer {
    // Pango keeps this map for each thread.
    let map = OpaquePointer(pango_cairo_font_map_get_default()!)
    g_object_ref(UnsafeMutableRawPointer(map))
    return map
  }

  /// A family of this machine's fonts, such as "Liberation Serif"; upper and lower case are the same. Throws a `FigureError` if it is not
  /// installed.
  public convenience init(family: String) throws(FigureError) {
    let map = Self.systemMap
    let installed = Self.families(of: map)
    guard let name = installed.first(where: { $0.lowercased() == family.lowercased() }) else {
      g_object_unref(UnsafeMutableRawPointer(map))
      throw .unknownFont(family: family, installed: installed.sorted())
    }
    self.init(owning: map, family: name)
  }

  private static func families(of map: OpaquePointer) -> [String] {
    var list: UnsafeMutablePointer<UnsafeMutablePointer<PangoFontFamily>?>?
    var count: Int32 = 0
    pango_font_map_list_families(UnsafeMutablePointer(map), &list, &count)
    // GLib takes its memory from malloc.
    defer { free(list) }
    return (0..<Int(count)).compactMap { list?[$0] }.map { String(cString: pango_font_family_get_name($0)) }
  }

  /// Only the fonts that a fontconfig file names, so that figures are the same on every machine. Nil if the file can't be read.
  public init?(configuration path: String) {
    guard let configuration = FcConfigCreate() else { return nil }
    defer { FcConfigDestroy(configuration) }
    guard FcConfigParseAndLoad(configuration, path, 1) != 0, FcConfigBuildFonts(configuration) != 0 else { return nil }
    family = Self.defaultFamily
    map = OpaquePointer(pango_cairo_font_map_new()!)
    pango_fc_font_map_set_config(map, configuration)
  }
}
