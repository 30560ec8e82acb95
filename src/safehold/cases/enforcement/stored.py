"""Enforcements and their steps as the database holds them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from safehold.cases.case import CaseId, Subject, SubjectKind
from safehold.cases.enforcement.enforcement import (
    Enforcement,
    EnforcementId,
    EnforcementState,
    Happened,
    Measure,
    Step,
)
from safehold.cases.enforcement.errors import EnforcementUnknownError
from safehold.cases.enforcement.tables import enforcement_steps, enforcements
from safehold.ledger.entry import timestamp

_DECISIONS = sa.table(
    "case_decisions", sa.column("id"), sa.column("case_id"), sa.column("person"), sa.column("reversed_at")
)
"""Who decided in which case, and what was reversed.

By its name: the rules of decisions are built on this package, not the other way round."""

_NOBODY = "system"
"""Who decided where nobody looked."""

Cursor = tuple[str, str]
"""Where a page of a list ended: when the last one was proposed, and its id."""


@dataclass(frozen=True, slots=True)
class EnforcementFilter:
    """Which enforcements to list; None for any.

    Attributes:
        state: how far they are.
        measure: what they are.
        subject: on whom or what.
        case: in which case.
    """

    state: EnforcementState | None = None
    measure: Measure | None = None
    subject: Subject | None = None
    case: CaseId | None = None


@dataclass(frozen=True, slots=True)
class EnforcementPage:
    """Some of a list.

    Attributes:
        enforcements: latest proposed first.
        next: where the next page begins; None at the end.
    """

    enforcements: tuple[Enforcement, ...]
    next: Cursor | None


def row_of(connection: sa.Connection, enforcement: EnforcementId) -> Enforcement:
    """Return an enforcement.

    Raises:
        EnforcementUnknownError: there is none.
    """
    query = sa.select(enforcements).where(enforcements.c.id == enforcement)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise EnforcementUnknownError(
            "there is no such enforcement", advice="List them with: safehold enforcement list --all"
        )
    return to_enforcement(row)


def of_cause(connection: sa.Connection, cause: str) -> Sequence[Enforcement]:
    """Return everything that followed from one cause, in a fixed order."""
    query = sa.select(enforcements).where(enforcements.c.cause == cause).order_by(enforcements.c.id)
    return [to_enforcement(row) for row in connection.execute(query).mappings()]


def of_subject(
    connection: sa.Connection, subject: Subject, states: Sequence[EnforcementState]
) -> Sequence[Enforcement]:
    """Return the enforcements on a subject that are in one of these states."""
    query = sa.select(enforcements).where(
        enforcements.c.mark == subject.mark,
        enforcements.c.subject_kind == subject.kind.value,
        enforcements.c.state.in_([state.value for state in states]),
    )
    return [to_enforcement(row) for row in connection.execute(query.order_by(enforcements.c.id)).mappings()]


def deciders_of(connection: sa.Connection, case: CaseId) -> tuple[str, ...]:
    """Return everybody who decided in a case, whether or not that was reversed since, by name."""
    query = sa.select(_DECISIONS.c.person).where(_DECISIONS.c.case_id == case).distinct()
    return tuple(sorted(set(connection.execute(query).scalars()) - {_NOBODY}))


def standing_decision(connection: sa.Connection, enforcement: Enforcement) -> str:
    """Return the id of the decision that a measure follows from; "" where it is reversed, or was ordered by hand."""
    decision = enforcement.cause.partition(":")[0]
    standing = (_DECISIONS.c.id == decision, _DECISIONS.c.reversed_at.is_(None))
    return str(connection.execute(sa.select(_DECISIONS.c.id).where(*standing)).scalar() or "")


def page_of(
    connection: sa.Connection, wanted: EnforcementFilter, *, after: Cursor | None, limit: int
) -> EnforcementPage:
    """Return a page of the list, latest proposed first."""
    table = enforcements.c
    query = sa.select(enforcements).where(*_conditions(wanted))
    if after is not None:
        at, last = after
        query = query.where(sa.or_(table.proposed_at < at, sa.and_(table.proposed_at == at, table.id < last)))
    query = query.order_by(table.proposed_at.desc(), table.id.desc()).limit(limit + 1)
    found = [to_enforcement(row) for row in connection.execute(query).mappings()]
    end = (timestamp(found[limit - 1].proposed_at), str(found[limit - 1].id)) if len(found) > limit else None
    return EnforcementPage(tuple(found[:limit]), end)


def _conditions(wanted: EnforcementFilter) -> list[sa.ColumnElement[bool]]:
    table, conditions = enforcements.c, list[sa.ColumnElement[bool]]()
    if wanted.state is not None:
        conditions.append(table.state == wanted.state.value)
    if wanted.measure is not None:
        conditions.append(table.measure == wanted.measure.value)
    if wanted.subject is not None:
        conditions += [table.mark == wanted.subject.mark, table.subject_kind == wanted.subject.kind.value]
    if wanted.case is not None:
        conditions.append(table.case_id == wanted.case)
    return conditions


def insert(connection: sa.Connection, made: Enforcement) -> None:
    """Keep a new enforcement."""
    row = {
        "id": made.id,
        "measure": made.measure.value,
        "subject_kind": made.subject.kind.value,
        "mark": made.subject.mark,
        "case_id": made.case,
        "ground": made.ground,
        "days": made.days,
        "reference_list": list(made.references),
        "cause": made.cause,
        "people": list(made.people),
        "state": made.state.value,
        "proposed_at": timestamp(made.proposed_at),
        "proposed_by": made.proposed_by,
        "applied_by": "",
        "lift_asked_by": "",
        "version": made.version,
    }
    connection.execute(sa.insert(enforcements).values(**row))


def to_enforcement(row: sa.RowMapping) -> Enforcement:
    """Return the enforcement of a row."""
    return Enforcement(
        id=EnforcementId(row["id"]),
        measure=Measure(row["measure"]),
        subject=Subject(SubjectKind(row["subject_kind"]), row["mark"]),
        case=CaseId(row["case_id"]),
        ground=row["ground"],
        days=row["days"],
        references=tuple(row["reference_list"]),
        cause=row["cause"],
        people=tuple(row["people"]),
        state=EnforcementState(row["state"]),
        proposed_at=dt.datetime.fromisoformat(row["proposed_at"]),
        proposed_by=row["proposed_by"],
        applied_at=_time(row["applied_at"]),
        applied_by=row["applied_by"],
        ends_at=_time(row["ends_at"]),
        ended_at=_time(row["ended_at"]),
        lift_asked_by=row["lift_asked_by"],
        carried_out_at=_time(row["carried_out_at"]),
        version=row["version"],
    )


def steps_of(connection: sa.Connection, enforcement: EnforcementId) -> Sequence[Happened]:
    """Return the steps of an enforcement, oldest first."""
    query = sa.select(enforcement_steps).where(enforcement_steps.c.enforcement == enforcement)
    rows = connection.execute(query.order_by(enforcement_steps.c.number)).mappings()
    return [to_step(row) for row in rows]


def to_step(row: sa.RowMapping) -> Happened:
    """Return the step of a row."""
    return Happened(
        number=row["number"],
        enforcement=EnforcementId(row["enforcement"]),
        at=dt.datetime.fromisoformat(row["at"]),
        step=Step(row["step"]),
        actor=row["actor"],
        reason=row["reason"],
    )


def _time(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.fromisoformat(text)
