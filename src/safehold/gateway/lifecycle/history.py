"""Which policy was in force when, and what a roll-back goes back to.

Activations are a stack that is never overwritten: a roll-back adds the activation before the current one once more,
with its own way back. So rolling back twice goes two steps back, and everything that ever was in force can be told.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from safehold.gateway.lifecycle.tables import gateway_activations as table


@dataclass(frozen=True, slots=True)
class Activation:
    """One change of the policy in force.

    Attributes:
        number: counted from 1; the highest holds.
        policy: the stored policy's number; None for the installation's own.
        previous: the activation that a roll-back goes back to; None for the installation's own policy.
        kind: "activated" or "rolled_back".
        actor: who did it.
        at: when, RFC 3339 in UTC.
    """

    number: int
    policy: int | None
    previous: int | None
    kind: str
    actor: str
    at: str


def activations(connection: sa.Connection) -> tuple[Activation, ...]:
    """Return every activation, oldest first."""
    rows = connection.execute(sa.select(table).order_by(table.c.number)).mappings()
    return tuple(map(_activation, rows))


def last_activation(connection: sa.Connection) -> Activation | None:
    """Return the activation that holds; None where there never was one."""
    row = connection.execute(sa.select(table).order_by(table.c.number.desc()).limit(1)).mappings().one_or_none()
    return None if row is None else _activation(row)


def pushed(current: Activation | None, policy: int) -> dict[str, Any]:
    """Return the columns of an activation that follows on the current one."""
    number = 0 if current is None else current.number
    return {"number": number + 1, "policy": policy, "previous": number or None, "kind": "activated"}


def popped(connection: sa.Connection, current: Activation) -> dict[str, Any]:
    """Return the columns of the activation that a roll-back from the current one makes."""
    back = {"number": current.number + 1, "policy": None, "previous": None, "kind": "rolled_back"}
    if current.previous is None:
        return back
    row = connection.execute(sa.select(table).where(table.c.number == current.previous)).mappings().one()
    return {**back, "policy": row["policy"], "previous": row["previous"]}


def _activation(row: Mapping[Any, Any]) -> Activation:
    return Activation(**{str(name): value for name, value in row.items()})
