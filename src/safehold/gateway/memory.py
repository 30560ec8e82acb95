"""Memory: what is remembered of an account or a session, in one row under its mark.

remembered = recall(connection, [mark])
keep(connection, mark, remembered, now)
"""

import datetime as dt
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from safehold.gateway.conduct import Conduct, Incident, Limit, Owner
from safehold.gateway.conversation import Session
from safehold.gateway.tables import subjects
from safehold.home.prepared import Prepared
from safehold.ledger.entry import timestamp
from safehold.vocabulary import Action


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is remembered of one account or session.

    Attributes:
        session: its concepts.
        conduct: its incidents and limit.
    """

    session: Session = field(default_factory=Session)
    conduct: Conduct = field(default_factory=Conduct)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        limit = self.conduct.limit
        return {
            "concepts": dict(self.session.concepts),
            "incidents": [[one.at, one.action.value, list(one.subjects)] for one in self.conduct.incidents],
            "limit": limit and [limit.rule, limit.until, limit.checks_per_minute, limit.minute, limit.used],
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "Remembered":
        """Read what `to_json` wrote."""
        incidents = tuple(Incident(at, Action(action), tuple(of)) for at, action, of in fields["incidents"])
        limit = None if fields["limit"] is None else Limit(*fields["limit"])
        return cls(Session(dict(fields["concepts"])), Conduct(incidents, limit))


_RECALL = Prepared(
    sa.select(subjects.c.mark, sa.cast(subjects.c.state, sa.Text)).where(
        sa.or_(subjects.c.mark == sa.bindparam("first"), subjects.c.mark == sa.bindparam("second"))
    )
)
"""Of two marks at most, spelt out: what SQLAlchemy spells anew at every check costs more than the answer."""


def recall(connection: sa.Connection, marks: Collection[str]) -> dict[str, Remembered]:
    """Return what is remembered under one or two marks; those of which nothing is are left out."""
    first, *others = marks
    rows = _RECALL.rows(connection, {"first": first, "second": others[0] if others else first})
    return {mark: Remembered.from_json(json.loads(state)) for mark, state in rows}


def _replacing(insert: postgresql.Insert | sqlite.Insert) -> sa.Insert:
    """Return an insertion that replaces what is under the same mark."""
    taken = {name: insert.excluded[name] for name in ("owner", "state", "expires_at")}
    return insert.on_conflict_do_update(index_elements=["mark"], set_=taken)


_KEEP = {
    "postgresql": Prepared(_replacing(postgresql.insert(subjects))),
    "sqlite": Prepared(_replacing(sqlite.insert(subjects))),
}


def keep(
    connection: sa.Connection, mark: str, remembered: Remembered, *, owner: Owner, expires_at: dt.datetime
) -> None:
    """Remember this under a mark, instead of what was there; in a writing transaction."""
    row = {
        "mark": mark,
        "owner": owner.value,
        "state": json.dumps(remembered.to_json()),
        "expires_at": timestamp(expires_at),
    }
    _KEEP[connection.dialect.name].run(connection, row)
