"""Safehold: Safety by Design for generative AI, as running practice.

Rooms, and what may import what, are described in ``docs/architecture.md``; the words in ``docs/glossary.md``.

    from safehold import Guard          # loaded when it is asked for: importing a room alone stays light
"""

import importlib

__version__ = "0.1.0"
__all__ = ["AsyncGuard", "Guard", "__version__"]  # the types are in __init__.pyi


def __getattr__(name: str) -> object:
    if name in {"AsyncGuard", "Guard"}:
        return getattr(importlib.import_module("safehold.guard"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
