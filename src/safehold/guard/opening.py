"""Open a home for a guard that decides in this process. Everything heavy is imported by this module alone."""

from pathlib import Path

from safehold.gateway.caller import Caller
from safehold.guard.in_process import InProcessTransport
from safehold.wiring.gateway import open_gateway

_CALLER = Caller("guard")


def open_checks(home: Path | None) -> InProcessTransport:
    """Return the way to a home's own checks; closing it closes the home.

    Make one a process, after any fork: it has threads and children of its own.

    Args:
        home: the folder; None for the environment's or the platform's.

    Raises:
        SafeholdError: the home can't be opened, or lacks what its policy requires.
    """
    opened = open_gateway(home)
    return InProcessTransport(opened.__enter__().checks, _CALLER, opened)
