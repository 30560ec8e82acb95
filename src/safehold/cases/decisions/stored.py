"""Decisions as the database holds them."""

import datetime as dt
import secrets
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from safehold.cases.axes import (
    Age,
    AgeBand,
    Axes,
    Confidence,
    Depicted,
    FoundBy,
    HarmType,
    PlayedRole,
    Realism,
    severity_of,
)
from safehold.cases.case import CaseId
from safehold.cases.decisions.decision import Decided, DecidedItem, Decision, DecisionId, Reversal, Standing
from safehold.cases.decisions.errors import UnknownDecisionError
from safehold.cases.decisions.tables import case_decisions, case_item_decisions
from safehold.cases.item import ItemId, ItemState
from safehold.cases.tables import case_items, cases
from safehold.ledger.entry import timestamp

_ID_BYTES = 10
_ASKED_AT_ONCE = 400


def new_decision_id() -> DecisionId:
    """Return an id that no decision has, and that nobody can foresee."""
    return DecisionId(f"dec_{secrets.token_hex(_ID_BYTES)}")


def insert(connection: sa.Connection, decided: Decided) -> None:
    """Insert a decision with what it says of its items."""
    row = {
        "id": decided.id,
        "case_id": decided.case,
        "person": decided.person,
        "at": timestamp(decided.at),
        "queue": decided.queue,
        "rules": decided.rules,
        "is_automatic": int(decided.is_automatic),
        "is_single": int(decided.is_single_operator),
        "reversed_at": None,
        "reversed_by": "",
        "reversed_reason": "",
    }
    connection.execute(sa.insert(case_decisions), row)
    connection.execute(sa.insert(case_item_decisions), [_item_row(decided, one) for one in decided.items])


def decision_of(connection: sa.Connection, decision: DecisionId) -> Decided:
    """Return a decision.

    Raises:
        UnknownDecisionError: there is none.
    """
    found = decisions_where(connection, case_decisions.c.id == decision)
    if not found:
        raise UnknownDecisionError("there is no such decision", advice="A case shows its decisions with their ids.")
    return found[0]


def decisions_where(
    connection: sa.Connection, *where: sa.ColumnElement[bool], with_alike: bool = True
) -> tuple[Decided, ...]:
    """Return decisions, the oldest first; without the items that were decided along with identical ones, if asked."""
    query = sa.select(case_decisions).where(*where).order_by(case_decisions.c.at, case_decisions.c.id)
    rows = connection.execute(query).mappings().all()
    items: Mapping[str, list[DecidedItem]] = defaultdict(list)
    ids = [row["id"] for row in rows]
    for start in range(0, len(ids), _ASKED_AT_ONCE):
        some = case_item_decisions.c.decision.in_(ids[start : start + _ASKED_AT_ONCE])
        named = some if with_alike else sa.and_(some, case_item_decisions.c.is_alike == 0)
        ordered = sa.select(case_item_decisions).where(named).order_by(case_item_decisions.c.item)
        for row in connection.execute(ordered).mappings():
            items[row["decision"]].append(_to_item(row))
    left_out = {} if with_alike else _alike(connection, ids)
    return tuple(replace(_to_decision(row, tuple(items[row["id"]])), alike=left_out.get(row["id"], 0)) for row in rows)


def _alike(connection: sa.Connection, decisions: Sequence[str]) -> dict[str, int]:
    """Return by decision how many items were decided along with identical ones."""
    columns, found = case_item_decisions.c, dict[str, int]()
    for start in range(0, len(decisions), _ASKED_AT_ONCE):
        some = columns.decision.in_(decisions[start : start + _ASKED_AT_ONCE])
        counted = sa.select(columns.decision, sa.func.count()).where(some, columns.is_alike == 1)
        found |= {row[0]: row[1] for row in connection.execute(counted.group_by(columns.decision))}
    return found


def said_before(connection: sa.Connection, items: Iterable[ItemId]) -> dict[ItemId, list[tuple[str, DecidedItem]]]:
    """Return by item who said what of it and was not reversed, the first at the start."""
    found: dict[ItemId, list[tuple[str, DecidedItem]]] = defaultdict(list)
    wanted = list(items)
    columns = case_item_decisions.c
    for start in range(0, len(wanted), _ASKED_AT_ONCE):
        some = columns.item.in_(wanted[start : start + _ASKED_AT_ONCE])
        living = sa.select(case_item_decisions).where(some, columns.standing != Standing.REVERSED.value)
        for row in connection.execute(living.order_by(columns.round)).mappings():
            found[ItemId(row["item"])].append((row["person"], _to_item(row)))
    return found


def kept_from(connection: sa.Connection, case_id: CaseId) -> frozenset[str]:
    """Return who has said something of every item of a case that waits for a second person: it is not theirs to decide.

    Whoever of several people was first for some of the items only decides those of the others.
    """
    waiting = sa.select(cases.c.second).where(cases.c.id == case_id)
    number = connection.execute(waiting).scalar() or 0
    if not number:
        return frozenset()
    columns = case_item_decisions.c
    said = (
        sa.select(columns.person)
        .join(case_items, case_items.c.id == columns.item)
        .where(
            case_items.c.case_id == case_id,
            case_items.c.state == ItemState.SECOND_REVIEW.value,
            columns.standing != Standing.REVERSED.value,
        )
        .group_by(columns.person)
        .having(sa.func.count(columns.item.distinct()) >= number)
    )
    return frozenset(connection.execute(said).scalars())


def settled_among(connection: sa.Connection, items: Iterable[ItemId]) -> frozenset[ItemId]:
    """Return which of these items some decision decides."""
    said = said_before(connection, items)
    return frozenset(item for item, told in said.items() if any(one.standing is Standing.STANDS for _, one in told))


def reverse_items(connection: sa.Connection, items: Sequence[ItemId]) -> None:
    """Say of everything that was said of these items that it is reversed: the next decision on them is a first one."""
    for start in range(0, len(items), _ASKED_AT_ONCE):
        some = case_item_decisions.c.item.in_(items[start : start + _ASKED_AT_ONCE])
        connection.execute(sa.update(case_item_decisions).where(some).values(standing=Standing.REVERSED.value))


def mark_reversed(connection: sa.Connection, decision: DecisionId, reversal: Reversal) -> bool:
    """Say that a decision is reversed; return whether it was not yet."""
    values = {
        "reversed_at": timestamp(reversal.at),
        "reversed_by": reversal.by,
        "reversed_reason": reversal.reason,
    }
    once = (case_decisions.c.id == decision, case_decisions.c.reversed_at.is_(None))
    return connection.execute(sa.update(case_decisions).where(*once).values(values)).rowcount == 1


def axes_to_json(axes: Axes) -> dict[str, Any]:
    """Return axes as JSON values; what nobody said is left out."""
    told: dict[str, Any] = {
        name: value.value
        for name in ("harm", "realism", "depicted", "role", "found_by")
        if (value := getattr(axes, name)) is not None
    }
    if axes.age is not None:
        told["age"] = [axes.age.band.value, axes.age.confidence.value]
    if axes.severities:
        told["severities"] = [one.word for one in axes.severities]
    return told


def axes_from_json(told: Mapping[str, Any]) -> Axes:
    """Read what `axes_to_json` wrote."""
    age = told.get("age")
    return Axes(
        harm=HarmType(told["harm"]) if "harm" in told else None,
        realism=Realism(told["realism"]) if "realism" in told else None,
        depicted=Depicted(told["depicted"]) if "depicted" in told else None,
        age=None if age is None else Age(AgeBand(age[0]), Confidence(age[1])),
        role=PlayedRole(told["role"]) if "role" in told else None,
        found_by=FoundBy(told["found_by"]) if "found_by" in told else None,
        severities=tuple(one for word in told.get("severities", ()) if (one := severity_of(word)) is not None),
    )


def _item_row(decided: Decided, one: DecidedItem) -> dict[str, Any]:
    return {
        "decision": decided.id,
        "item": one.item,
        "person": decided.person,
        "round": one.round,
        "verdict": one.verdict.value,
        "harm": "" if one.axes.harm is None else one.axes.harm.value,
        "axes": axes_to_json(one.axes),
        "note": one.note,
        "standing": one.standing.value,
        "is_alike": int(one.is_alike),
        "rests_on": one.rests_on,
    }


def _to_item(row: sa.RowMapping) -> DecidedItem:
    return DecidedItem(
        item=ItemId(row["item"]),
        verdict=Decision(row["verdict"]),
        axes=axes_from_json(row["axes"]),
        note=row["note"],
        round=row["round"],
        standing=Standing(row["standing"]),
        is_alike=bool(row["is_alike"]),
        rests_on=row["rests_on"],
    )


def _to_decision(row: sa.RowMapping, items: tuple[DecidedItem, ...]) -> Decided:
    at = row["reversed_at"]
    reversal = (
        None if at is None else Reversal(row["reversed_by"], dt.datetime.fromisoformat(at), row["reversed_reason"])
    )
    return Decided(
        id=DecisionId(row["id"]),
        case=CaseId(row["case_id"]),
        person=row["person"],
        at=dt.datetime.fromisoformat(row["at"]),
        queue=row["queue"],
        rules=row["rules"],
        is_automatic=bool(row["is_automatic"]),
        is_single_operator=bool(row["is_single"]),
        items=items,
        reversal=reversal,
    )
