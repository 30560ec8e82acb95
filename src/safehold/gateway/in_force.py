"""Which policies are in force: the active one, and one that is tried in shadow beside it."""

from dataclasses import dataclass
from typing import Protocol

from safehold.gateway.policy import GatewayPolicy


@dataclass(frozen=True, slots=True)
class InForce:
    """The policies of one moment.

    Attributes:
        active: whose decisions are carried out.
        shadow: whose decisions on the same features are recorded beside; None where none is tried.
    """

    active: GatewayPolicy
    shadow: GatewayPolicy | None = None


class Policies(Protocol):
    """Say which policies are in force; asked at every check, by several threads."""

    def current(self) -> InForce:
        """Return the policies of this moment.

        Raises:
            SafeholdError: it can't be told: then nothing is decided.
        """
        ...


@dataclass(frozen=True, slots=True)
class FixedPolicies:
    """Policies that don't change while a process runs.

    Attributes:
        in_force: which.
    """

    in_force: InForce

    def current(self) -> InForce:
        """Return them."""
        return self.in_force
