"""Recording: everything that one decision writes, in the caller's transaction and in this order.

1. Which items are alike, and what was said of them before. 2. What becomes of each. 3. The decision itself. 4. The
states of the items, and of the case by that. 5. Fingerprints that are proposed for the own lists. 6. Jobs for what
follows. 7. The event. All of it commits, or nothing does.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from safehold.cases.axes import Axes, HarmType
from safehold.cases.case import Case
from safehold.cases.decisions.consequence import FOLLOW, kind_of
from safehold.cases.decisions.decision import (
    Decided,
    DecidedItem,
    Decision,
    DecisionId,
    ItemDecision,
    Standing,
)
from safehold.cases.decisions.desk import Desk
from safehold.cases.decisions.making.deriving import completed
from safehold.cases.decisions.making.review import Course, course, is_sampled, share_of
from safehold.cases.decisions.quality.golden import golden_among
from safehold.cases.decisions.signals.choosing import benign_signals, confirmed_signals
from safehold.cases.decisions.signals.listing import ListedSignal
from safehold.cases.decisions.signals.register import Proposal, propose
from safehold.cases.decisions.stored import insert, kept_from
from safehold.cases.item import CaseItem, ItemId, ItemState
from safehold.cases.rules import OwnBankRules
from safehold.home.outbox import Outbox
from safehold.vocabulary import Event, HarmClass

DISAGREEMENT = "disagreement"
_STATES = {Course.STANDS: ItemState.DECIDED, Course.SECOND: ItemState.SECOND_REVIEW}


@dataclass(frozen=True, slots=True)
class Deciding:
    """A decision that is being made.

    Attributes:
        id: what it will be called.
        case: as it is.
        person: who decides.
        at: when.
        seen: the version of the case that they looked at; None where nobody looked.
        is_automatic: whether nobody looked.
    """

    id: DecisionId
    case: Case
    person: str
    at: dt.datetime
    seen: int | None = None
    is_automatic: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Items that are one decision.

    Attributes:
        said: what was said of the first.
        items: those that it is about, the named one first.
        earlier: what was said of the named one before and not reversed.
        rests_on: for what the own bank decided, which listing there.
    """

    said: ItemDecision
    items: tuple[CaseItem, ...]
    earlier: tuple[DecidedItem, ...] = ()
    rests_on: str = ""


def record(
    connection: sa.Connection, deciding: Deciding, groups: Sequence[Group], *, desk: Desk, outbox: Outbox
) -> Decided:
    """Write a decision; return it as it is kept then.

    Raises:
        CaseOvertakenError, UnfitTransitionError: the case is not as it was looked at.
    """
    goldens = golden_among(connection, [one.id for group in groups for one in group.items])
    courses = [_course(deciding, group, desk, is_golden=group.items[0].id in goldens) for group in groups]
    decided = _decided(deciding, groups, courses, desk)
    _move_case(connection, deciding, groups, courses, desk=desk)
    insert(connection, decided)
    if not desk.rules.single_operator:
        desk.queues.keep_from(connection, deciding.case.id, kept_from(connection, deciding.case.id))
    real = [
        group
        for group, taken in zip(groups, courses, strict=True)
        if taken is Course.STANDS and group.items[0].id not in goldens
    ]
    proposed = 0 if deciding.is_automatic else sum(_proposed(connection, deciding, group, desk) for group in real)
    if real:
        for party in desk.consequences:
            outbox.enqueue(connection, kind_of(FOLLOW, party), {"decision": decided.id})
    desk.ledger.append(_event(decided, courses, proposed), connection)
    return decided


def _course(deciding: Deciding, group: Group, desk: Desk, *, is_golden: bool) -> Course:
    rules, opinion = desk.rules.review, _opinion(group.said)
    share = share_of(rules, deciding.case.queue, opinion, is_automatic=deciding.is_automatic)
    alone = desk.rules.single_operator or is_golden
    sampled = not alone and is_sampled(deciding.id, group.items[0].id, share)
    return course(opinion, group.earlier, is_sampled=sampled, rules=rules)


def _opinion(said: ItemDecision) -> tuple[Decision, HarmType | None]:
    return said.verdict, said.axes.harm if said.verdict is Decision.CONFIRM else None


def _decided(deciding: Deciding, groups: Sequence[Group], courses: Sequence[Course], desk: Desk) -> Decided:
    items = tuple(
        DecidedItem(
            item=item.id,
            verdict=group.said.verdict,
            axes=_axes(group.said, item),
            note=group.said.note,
            round=len(group.earlier) + 1,
            standing=Standing.STANDS if taken is Course.STANDS else Standing.PASSED_ON,
            is_alike=number > 0,
            rests_on=group.rests_on,
        )
        for group, taken in zip(groups, courses, strict=True)
        for number, item in enumerate(group.items)
    )
    return Decided(
        id=deciding.id,
        case=deciding.case.id,
        person=deciding.person,
        at=deciding.at,
        queue=deciding.case.queue,
        rules=desk.rules.label,
        is_automatic=deciding.is_automatic,
        is_single_operator=desk.rules.single_operator,
        items=items,
    )


def _axes(said: ItemDecision, item: CaseItem) -> Axes:
    return completed(said.axes, item.told) if said.verdict is Decision.CONFIRM else said.axes


def _move_case(
    connection: sa.Connection,
    deciding: Deciding,
    groups: Sequence[Group],
    courses: Sequence[Course],
    *,
    desk: Desk,
) -> None:
    """Say how far the items are, and ask for a third person where two differ."""
    states = dict(_states(groups, courses))
    seen, actor, case_id = deciding.seen, deciding.person, deciding.case.id
    if states:
        seen = desk.cases.mark_items(connection, case_id, states, seen=seen, actor=actor)
    if Course.THIRD in courses:
        priority = deciding.case.priority
        desk.cases.escalate(case_id, DISAGREEMENT, actor=actor, priority=priority, seen=seen, connection=connection)


def _states(groups: Iterable[Group], courses: Iterable[Course]) -> Iterable[tuple[ItemId, ItemState]]:
    for group, taken in zip(groups, courses, strict=True):
        if taken in _STATES:
            yield from ((item.id, _STATES[taken]) for item in group.items)


def _proposed(connection: sa.Connection, deciding: Deciding, group: Group, desk: Desk) -> int:
    """Propose a group's fingerprints for the list that it is for, if any; return how many listings that is."""
    harm_class, signals = _signals_for_a_list(group, desk.rules.decisions.own_bank)
    proposal = Proposal(deciding.id, deciding.person, deciding.at)
    made = propose(connection, proposal, group.items[0], signals, harm_class=harm_class)
    return 0 if made is None else 1


def _signals_for_a_list(group: Group, own: OwnBankRules) -> tuple[HarmClass, Sequence[ListedSignal]]:
    said, signals = group.said, group.items[0].told.signals
    listed = own.classes.get(said.axes.harm) if said.axes.harm is not None else None
    if said.verdict is Decision.CONFIRM and listed is not None:
        return listed, confirmed_signals(signals, quality_at_least=own.pdq_quality_at_least)
    return HarmClass.BENIGN, benign_signals(signals) if said.allow else ()


def _event(decided: Decided, courses: Sequence[Course], proposed: int) -> Event:
    details: dict[str, str | int | bool] = {
        "decision": decided.id,
        "case": decided.case,
        "items": len(decided.items),
        "alike": sum(one.is_alike for one in decided.items),
        "standing": len(decided.standing),
        **{verdict.value: sum(one.verdict is verdict for one in decided.items) for verdict in Decision},
        "escalated": Course.THIRD in courses,
        "proposed": proposed,
        "automatic": decided.is_automatic,
    }
    for harm, number in Counter(one.axes.harm.value for one in decided.items if one.axes.harm is not None).items():
        details[f"harm_{harm}"] = number
    if decided.is_single_operator:
        details["single_operator"] = True
    return Event("case.decided", decided.person, decided.rules, details)
