// The one import of a program that trains, records, judges and draws.
@_exported import Autodiff
@_exported import CairoBackend
@_exported import Charts
@_exported import Datasets
@_exported import Diagnosis
@_exported import MeanField
@_exported import NeuralNetworks
@_exported import Plotting
@_exported import Recording
@_exported import Remedies
@_exported import Report
@_exported import RunFile
@_exported import Support
@_exported import Terminal
