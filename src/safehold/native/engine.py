"""Which engine does the heavy work: the native extension where it was built, numpy otherwise.

The environment variable SAFEHOLD_ENGINE chooses: ``auto`` (as above), ``numpy``, or ``native``, which is an error where
the extension is missing. Both engines return the same bits.

    kernels() is None  # numpy does the work
"""

import importlib
import logging
import os
from enum import Enum
from functools import lru_cache
from typing import cast

from safehold.native.errors import NativeMissingError, UnknownEngineError
from safehold.native.interface import Kernels

VARIABLE = "SAFEHOLD_ENGINE"
"""The environment variable that chooses."""

_LOG = logging.getLogger(__name__)


class Engine(Enum):
    """What can be asked for."""

    AUTO = "auto"
    NUMPY = "numpy"
    NATIVE = "native"


def engine() -> Engine:
    """Return what the environment asks for.

    Raises:
        UnknownEngineError: it names something else.
    """
    wanted = os.environ.get(VARIABLE, Engine.AUTO.value)
    try:
        return Engine(wanted)
    except ValueError as error:
        raise UnknownEngineError(
            f"there is no engine {wanted!r}", advice=f"Set {VARIABLE} to auto, numpy or native, or unset it."
        ) from error


def kernels() -> Kernels | None:
    """Return the native kernels, or None if numpy is to do the work. Cheap to call again.

    Raises:
        UnknownEngineError: the environment names something else.
        NativeMissingError: the environment asks for the native engine, and it isn't there.
    """
    return _kernels(os.environ.get(VARIABLE))


def in_use() -> str:
    """Return the engine in use and its variant, for people: ``native (avx2)`` or ``numpy``.

    Raises:
        UnknownEngineError, NativeMissingError: as `kernels`.
    """
    native = kernels()
    return "numpy" if native is None else f"native ({native.variant()})"


@lru_cache(maxsize=4)
def _kernels(_wanted: str | None) -> Kernels | None:
    wanted = engine()
    if wanted is Engine.NUMPY:
        return None
    try:
        return cast("Kernels", importlib.import_module("safehold.native._kernels"))
    except ImportError as error:
        if wanted is Engine.NATIVE:
            raise NativeMissingError(
                "the native engine is asked for and was not built",
                advice=f"Install a C compiler and reinstall Safehold, or set {VARIABLE}=auto.",
            ) from error
        _LOG.info("native_extension_missing")
        return None
