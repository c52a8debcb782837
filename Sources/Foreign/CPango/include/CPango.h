// Pango and Fontconfig. `pango`, beside this file, is a link to Pango's folder: the compiler's flags in pangocairo.pc contain -pthread,
// which SwiftPM refuses with a warning in every build, so the folders of Pango's headers and of those that they need are named here, by
// cairo.pc and by harfbuzz.pc.
#ifndef CPANGO_H
#define CPANGO_H

#if !__has_include(<pango/pangocairo.h>) || !__has_include(<hb.h>) || !__has_include(<cairo.h>)
#error "headers of Pango, HarfBuzz or Cairo are missing: apt-get install libpango1.0-dev libcairo2-dev"
#endif
#include <fontconfig/fontconfig.h>
#include <pango/pangocairo.h>
#include <pango/pangofc-fontmap.h>

#endif
