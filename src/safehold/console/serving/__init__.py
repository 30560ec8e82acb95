"""Serving: the console as a process of its own, the only one that reads the review key's private half.

A home and a listening socket enter; pages for people leave, until the process is told to end.
"""

from safehold.console.serving.opening import open_console, require_openable
from safehold.console.serving.options import ConsoleOptions
from safehold.console.serving.process import run

__all__ = ["ConsoleOptions", "open_console", "require_openable", "run"]
