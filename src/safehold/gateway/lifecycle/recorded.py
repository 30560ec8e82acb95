"""Recorded decisions, as the checks left them: features, actions and labels. There is no content to read.

with home.database.reading() as connection:
    result = back_test(recorded_decisions(connection, newest=10_000), candidate, baseline)
"""

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from safehold.gateway.features import Features, features_from_json
from safehold.gateway.lifecycle.backtest import RecordedDecision
from safehold.gateway.tables import decisions as table
from safehold.vocabulary import Action

_AT_A_TIME = 1000


def recorded_decisions(
    connection: sa.Connection, *, newest: int, since: str = "", shadow: str | None = None
) -> Iterator[RecordedDecision]:
    """Yield recorded decisions, newest first.

    Args:
        connection: reading.
        newest: how many at most.
        since: none from before this time, RFC 3339 in UTC.
        shadow: only those beside which the policy of this label was in shadow; None for all.
    """
    wanted = sa.select(table.c.id, table.c.policy, table.c.action, table.c.features, table.c.shadow_action).where(
        table.c.at >= since
    )
    if shadow is not None:
        wanted = wanted.where(table.c.shadow_policy == shadow)
    ordered = wanted.order_by(table.c.at.desc(), table.c.id).limit(newest)
    for row in connection.execute(ordered.execution_options(yield_per=_AT_A_TIME)).mappings():
        shadowed = row["shadow_action"]
        yield RecordedDecision(
            check_id=row["id"],
            policy=row["policy"],
            action=Action(row["action"]),
            features=_features(row["features"]),
            shadow_action=None if shadowed is None else Action(shadowed),
        )


def shadow_tally(connection: sa.Connection, label: str) -> dict[tuple[Action, Action], int]:
    """Return what was done, and what the policy of a label would have done, to in how many decisions beside it."""
    columns = (table.c.action, table.c.shadow_action)
    wanted = sa.select(*columns, sa.func.count()).where(table.c.shadow_policy == label).group_by(*columns)
    counted = {(Action(done), Action(would)): count for done, would, count in connection.execute(wanted)}
    return dict(sorted(counted.items()))


def _features(fields: Mapping[str, Any]) -> Features | None:
    """Return the features; None for a record that another version, or somebody else, wrote."""
    try:
        return features_from_json(fields)
    except (KeyError, TypeError, ValueError):
        return None
