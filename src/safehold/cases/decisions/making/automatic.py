"""Automatic decisions: what a cryptographic hash on a trusted list settles, with nobody looking.

Rules: the list must still hold the entry; a near match, a list of the review tier, a score or a text never settle
anything; an item of which a decision was once reversed is people's from then on; a test stays a test.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from safehold.cases.axes import Axes, FoundBy, HarmType, Severity
from safehold.cases.case import CaseId
from safehold.cases.decisions.decision import Decision, ItemDecision
from safehold.cases.decisions.making.likeness import likeness
from safehold.cases.decisions.making.recording import Group
from safehold.cases.decisions.quality.golden import golden_among
from safehold.cases.decisions.signals.banks import OWN_BANKS, OwnLists, severities_of
from safehold.cases.decisions.tables import case_item_decisions
from safehold.cases.item import CaseItem, ItemId, ItemState, NewItem
from safehold.cases.rows import to_item
from safehold.cases.tables import case_items
from safehold.vocabulary import Finding, HarmClass

_OF_CHILDREN = frozenset({HarmType.CSAM, HarmType.AIG_CSAM, HarmType.CSEM})


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


def settled_by(item: NewItem, classes: Mapping[HarmClass, HarmType], lists: OwnLists) -> Settled | None:
    """Return what a trusted list says of an item; None where none settles it.

    Of several, other parties' lists come before the own one, which rests on decisions that may be reversed; and what
    is no test comes before a test.
    """
    found = [one for one in item.findings if one.is_confirmed and HarmClass(one.subject) in classes]
    for finding in sorted(found, key=_least_sure_last):
        entry = lists.entry(finding)
        if entry is None:
            continue
        harm = classes[HarmClass(finding.subject)]
        is_own = _bank_of(finding) in OWN_BANKS
        severities = severities_of(entry) if harm in _OF_CHILDREN and not is_own else ()
        return Settled(harm, severities, entry.source_id if is_own else "")
    return None


def waiting(connection: sa.Connection, case_id: CaseId, limit: int) -> Sequence[CaseItem]:
    """Return items of a case that wait for a first decision and may be settled without people."""
    reversed_once = sa.select(case_item_decisions.c.item).where(case_item_decisions.c.item == case_items.c.id)
    query = sa.select(case_items).where(
        case_items.c.case_id == case_id,
        case_items.c.state == ItemState.UNDECIDED.value,
        ~sa.exists(reversed_once),
    )
    rows = connection.execute(query.order_by(case_items.c.number).limit(limit)).mappings()
    items = [item for item in map(to_item, rows) if any(one.is_confirmed for one in item.told.findings)]
    goldens = golden_among(connection, [item.id for item in items])
    return [item for item in items if item.id not in goldens]


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
