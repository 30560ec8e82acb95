"""Who asks, and what an API key may do."""

from dataclasses import dataclass
from enum import Enum


class Scope(Enum):
    """What a key allows. CHECK and REPORT are for services and forms; the others are for people who run them."""

    CHECK = "check"
    REPORT = "report"
    OPERATOR = "operator"
    POLICY = "policy"
    METRICS = "metrics"
    ENFORCEMENT = "enforcement"
    """For the operator's own systems: what is done to accounts and content, and appeals against it."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with a valid key, or a command at the installation's own terminal.

    Attributes:
        name: the key's name, in a form that an event may carry.
        scopes: what it may do.
    """

    name: str
    scopes: frozenset[Scope] = frozenset({Scope.CHECK})

    @property
    def is_operator(self) -> bool:
        """Return whether findings, detectors and distances may be shown."""
        return Scope.OPERATOR in self.scopes
