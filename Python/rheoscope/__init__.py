"""Records trainings in PyTorch into run files, which the program ``rheoscope`` draws, checks and diagnoses.

Needs PyTorch and the standard library.
"""

from .recorder import Recorder
from .schedule import at, every, logarithmic
from .writer import RunFileError

__all__ = ["Recorder", "RunFileError", "at", "every", "logarithmic"]
