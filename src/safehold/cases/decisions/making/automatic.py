"""Automatic decisions: what a cryptographic hash on a trusted list settles, with nobody looking.

Rules: the list must still hold the entry; a near match, a list of the review tier, a score or a text never settle
anything; an item of which a decision was once reversed is people's from then on; a test stays a test.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from safehold.cases.axes import Axes, FoundBy, HarmType, Severity
from safehold.cases.case import CaseId
from safehold.cases.decisions.decision import SYSTEM, Decision, DecisionId, ItemDecision
from safehold.cases.decisions.desk import Desk
from safehold.cases.decisions.making.likeness import likeness
from safehold.cases.decisions.making.recording import Deciding, Group, record
from safehold.cases.decisions.quality.golden import golden_among
from safehold.cases.decisions.signals.banks import OWN_BANKS, OwnLists, severities_of
from safehold.cases.decisions.signals.listing import ListingId
from safehold.cases.decisions.signals.register import IN_EFFECT, listing_of
from safehold.cases.decisions.stored import new_decision_id
from safehold.cases.decisions.tables import case_item_decisions
from safehold.cases.item import CaseItem, ItemId, ItemState, NewItem
from safehold.cases.rows import to_item
from safehold.cases.tables import case_items
from safehold.home.database import Database
from safehold.home.outbox import Outbox
from safehold.vocabulary import Clock, Finding, HarmClass

_OF_CHILDREN = frozenset({HarmType.CSAM, HarmType.AIG_CSAM, HarmType.CSEM})


_AT_ONCE = 500
"""Items of one transaction; everybody else who writes waits for it."""

_MAY_CONFIRM = '"trusted", 0,'
"""What the stored findings of an item hold if one of them is an equal hash on a trusted list; other items are not read.
Items of which this is true for another reason are looked at all the same."""


@dataclass(frozen=True, slots=True)
class Making:
    """What decisions without people are made with.

    Attributes:
        database: of the home.
        clock: where the time comes from.
        desk: what decisions are made with.
        outbox: takes the jobs.
    """

    database: Database
    clock: Clock
    desk: Desk
    outbox: Outbox


@dataclass(frozen=True, slots=True)
class Settled:
    """What a trusted list says of an item.

    Attributes:
        harm: as what it is confirmed.
        severities: the labels that the list gives it.
        rests_on: for the own bank, which listing there; "" for other lists.
    """

    harm: HarmType
    severities: tuple[Severity, ...] = ()
    rests_on: str = ""


def decide_case(case_id: CaseId, making: Making) -> tuple[DecisionId, ...]:
    """Decide what trusted lists settle in a case, some items in each transaction; return the decisions.

    Repeating it is safe: what is decided, or was once reversed, is left alone.
    """
    made: list[DecisionId] = []
    after = 0
    while True:
        with making.database.reading() as connection:
            page = _waiting(connection, case_id, after)
        if not page:
            return tuple(made)
        after = page[-1].number
        settled = _settled(page, making.desk)
        if settled and (decision := _decide(case_id, settled, making)) is not None:
            made.append(decision)


def _settled(items: Sequence[CaseItem], desk: Desk) -> dict[ItemId, Settled]:
    """Return what lists say of items; read before the transaction, since banks are files."""
    classes = {listed.value: harm for listed, harm in desk.rules.decisions.automatic.items()}
    found = ((item.id, settled_by(item.told, classes, desk.lists)) for item in items)
    return {item: settled for item, settled in found if settled is not None}


def _decide(case_id: CaseId, settled: Mapping[ItemId, Settled], making: Making) -> DecisionId | None:
    with making.database.writing() as connection:
        effective = {item: found for item, found in settled.items() if _still_stands(connection, found.rests_on)}
        items = [item for item in _items(connection, list(effective)) if item.state is ItemState.UNDECIDED]
        spared = _left_to_people(connection, [item.id for item in items])
        groups = groups_of([item for item in items if item.id not in spared], effective)
        if not groups:
            return None
        case = making.desk.cases.show(case_id, connection)
        deciding = Deciding(new_decision_id(), case, SYSTEM, making.clock.now(), is_automatic=True)
        return record(connection, deciding, groups, desk=making.desk, outbox=making.outbox).id


def settled_by(item: NewItem, classes: Mapping[str, HarmType], lists: OwnLists) -> Settled | None:
    """Return what a trusted list says of an item; None where none settles it.

    Of several, other parties' lists come before the own one, which rests on decisions that may be reversed; and what
    is no test comes before a test.
    """
    found = [one for one in item.findings if one.is_confirmed and one.subject in classes]
    for finding in sorted(found, key=_least_sure_last):
        entry = lists.entry(finding)
        if entry is None:
            continue
        harm, is_own = classes[finding.subject], _bank_of(finding) in OWN_BANKS
        severities = severities_of(entry) if harm in _OF_CHILDREN and not is_own else ()
        return Settled(harm, severities, entry.source_id if is_own else "")
    return None


def _waiting(connection: sa.Connection, case_id: CaseId, after: int) -> Sequence[CaseItem]:
    """Return the next items of a case that wait for a first decision and have an equal hash on a trusted list."""
    query = sa.select(case_items).where(
        case_items.c.case_id == case_id,
        case_items.c.number > after,
        case_items.c.state == ItemState.UNDECIDED.value,
        sa.cast(case_items.c.findings, sa.Text).contains(_MAY_CONFIRM),
    )
    rows = connection.execute(query.order_by(case_items.c.number).limit(_AT_ONCE)).mappings()
    return [to_item(row) for row in rows]


def _items(connection: sa.Connection, items: Sequence[ItemId]) -> list[CaseItem]:
    query = sa.select(case_items).where(case_items.c.id.in_(items)).order_by(case_items.c.number)
    return [to_item(row) for row in connection.execute(query).mappings()]


def _left_to_people(connection: sa.Connection, items: Sequence[ItemId]) -> frozenset[str]:
    """Return the items of which somebody said something before, and golden ones."""
    said = sa.select(case_item_decisions.c.item).where(case_item_decisions.c.item.in_(items))
    return frozenset(connection.execute(said).scalars()) | golden_among(connection, items)


def _still_stands(connection: sa.Connection, rests_on: str) -> bool:
    """Return whether the own bank's listing that a decision would rest on is not being taken back."""
    return not rests_on or listing_of(connection, ListingId(rests_on)).state in IN_EFFECT


def groups_of(items: Sequence[CaseItem], settled: Mapping[ItemId, Settled]) -> list[Group]:
    """Return settled items as decisions, identical ones together."""
    by_likeness: dict[object, list[CaseItem]] = {}
    for item in items:
        if item.id in settled:
            by_likeness.setdefault((likeness(item.told) or item.id, settled[item.id]), []).append(item)
    return [_group(tuple(group), settled[group[0].id]) for group in by_likeness.values()]


def _group(items: tuple[CaseItem, ...], settled: Settled) -> Group:
    axes = Axes(harm=settled.harm, found_by=FoundBy.HASH_EXACT, severities=settled.severities)
    return Group(ItemDecision(items[0].id, Decision.CONFIRM, axes), items, rests_on=settled.rests_on)


def _bank_of(finding: Finding) -> str:
    return finding.reference.rpartition("@")[0]


def _least_sure_last(finding: Finding) -> tuple[bool, bool, str]:
    return _bank_of(finding) in OWN_BANKS, finding.subject == HarmClass.TEST.value, finding.reference
