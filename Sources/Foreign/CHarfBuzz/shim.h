// No target imports this module: it only adds the folders of HarfBuzz's and GLib's headers, which Pango's include.
#if !__has_include(<hb.h>)
#error "HarfBuzz's headers are missing: apt-get install libpango1.0-dev"
#endif
#include <hb.h>
