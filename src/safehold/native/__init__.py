"""The optional native extension: the same work as numpy's, bit for bit, several times as fast.

What enters are arrays and buffers; what leaves are numbers. `kernels` gives the extension, or None where it was not
built or not wanted: then the caller does the work with numpy. Nothing here knows pictures or banks.

    native = kernels()
    if native is None: ...
"""

from safehold.native.engine import Engine, engine, in_use, kernels
from safehold.native.errors import NativeMissingError, UnknownEngineError
from safehold.native.interface import Kernels

__all__ = ["Engine", "Kernels", "NativeMissingError", "UnknownEngineError", "engine", "in_use", "kernels"]
