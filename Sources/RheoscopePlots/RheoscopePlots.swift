// Figures without training: the one import of a program that draws its own data.
//
// `Plotting` has figures, panels, axes, marks and themes; `CairoBackend` adds `Figure.write(to:)`, `png`, `svg` and `pdf`; `Terminal`
// adds `Figure.text` and inline images. `Examples/Plot` shows all three. The library needs Cairo, Pango and libpng, and nothing of the
// training core.
@_exported import CairoBackend
@_exported import Plotting
@_exported import Terminal
