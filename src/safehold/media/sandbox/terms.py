"""What a child is told when it starts: its progress cell, its parent and its limits, in environment variables."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from safehold.media.limits import Limits

NETWORK_VARIABLE = "SAFEHOLD_NETWORK"
"""Set to "1" for a child that reads its shards over the network."""

_CELL, _PARENT, _LIMITS = "SAFEHOLD_CELL", "SAFEHOLD_PARENT", "SAFEHOLD_LIMITS"


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms under which a child serves.

    Attributes:
        cell: descriptor of the progress cell.
        parent: process id of the parent.
        limits: the limits.
        allow_network: TCP and sockets stay open to it.
    """

    cell: int
    parent: int
    limits: Limits
    allow_network: bool = False

    def to_environment(self) -> dict[str, str]:
        """Return the variables for a child's environment."""
        return {
            _CELL: str(self.cell),
            _PARENT: str(self.parent),
            _LIMITS: json.dumps(self.limits.to_dict()),
            NETWORK_VARIABLE: "1" if self.allow_network else "0",
        }

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> Self:
        """Return the terms that the parent set.

        Raises:
            KeyError: this process was not started by a `Child`.
        """
        return cls(
            int(variables[_CELL]),
            int(variables[_PARENT]),
            Limits.from_dict(json.loads(variables[_LIMITS])),
            variables.get(NETWORK_VARIABLE) == "1",
        )
