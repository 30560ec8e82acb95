"""Health: what the doctor saw of one part of the installation."""

from dataclasses import dataclass
from enum import Enum


class Health(Enum):
    """How one part of the installation is."""

    GOOD = "good"
    OPTIONAL = "not installed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Examined:
    """One thing that the doctor looked at.

    Attributes:
        part: what.
        health: how it is.
        note: what was seen, or what to do.
    """

    part: str
    health: Health
    note: str
