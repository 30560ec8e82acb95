"""Naming: who may decide which items now, and which others are decided with them.

1. The item is one of the case's, and waits. 2. The person's roles let them decide it: first decisions need another
ability than second ones and those of escalated cases. 3. They have said nothing of it before. 4. What they say can be
meant. 5. Identical items that wait for the same are decided with it; golden ones never are, in either direction.
"""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from safehold.cases.case import Case, CaseId, CaseState, Priority
from safehold.cases.decisions.decision import DecidedItem, ItemDecision, Standing
from safehold.cases.decisions.desk import Desk
from safehold.cases.decisions.errors import AlreadyDecidedError, NotAllowedError, OwnWorkError
from safehold.cases.decisions.making.likeness import alike
from safehold.cases.decisions.making.recording import Group
from safehold.cases.decisions.making.validation import require_fit
from safehold.cases.decisions.quality.golden import golden_among
from safehold.cases.decisions.stored import said_before
from safehold.cases.decisions.tables import case_item_decisions
from safehold.cases.errors import UnknownItemError
from safehold.cases.item import CaseItem, ItemId, ItemState
from safehold.cases.staff import Ability, Person
from safehold.cases.tables import case_items

_Said = Mapping[ItemId, Sequence[tuple[str, DecidedItem]]]


def named_groups(
    connection: sa.Connection, person: Person, case: Case, said: Sequence[ItemDecision], *, desk: Desk
) -> list[Group]:
    """Return what a person says as decisions on groups of identical items.

    Raises:
        UnknownItemError: an item is not one of the case's.
        AlreadyDecidedError: an item is decided.
        NotAllowedError: their roles don't let them decide it now.
        OwnWorkError: they said something of it before.
        UnfitDecisionError: what they say can't be meant.
    """
    named = {one.item: _item_of(connection, case, one, desk) for one in said}
    taken = set(named)
    groups = []
    for one in said:
        item = named[one.item]
        _require_allowed(person, case, item)
        require_fit(one, item, person, desk.rules.decisions)
        group = _group(connection, person, one, item, is_alone=desk.rules.single_operator)
        others = tuple(other for other in group.items[1:] if other.id not in taken)
        taken |= {other.id for other in others}
        groups.append(Group(one, (item, *others), group.earlier))
    return groups


def has_more(connection: sa.Connection, case_id: CaseId, person: str) -> bool:
    """Return whether an item of a case waits of which this person has said nothing yet."""
    said = sa.select(case_item_decisions.c.item).where(
        case_item_decisions.c.item == case_items.c.id,
        case_item_decisions.c.person == person,
        case_item_decisions.c.standing != Standing.REVERSED.value,
    )
    query = sa.select(case_items.c.id).where(
        case_items.c.case_id == case_id, case_items.c.state != ItemState.DECIDED.value, ~sa.exists(said)
    )
    return connection.execute(query.limit(1)).first() is not None


def _item_of(connection: sa.Connection, case: Case, said: ItemDecision, desk: Desk) -> CaseItem:
    item = desk.cases.item(said.item, connection)
    if item.case != case.id:
        raise UnknownItemError("this item belongs to another case", advice="Decide it there.")
    if item.state is ItemState.DECIDED:
        raise AlreadyDecidedError("this item is decided", advice="Have its decision reversed, with a reason.")
    return item


def _require_allowed(person: Person, case: Case, item: CaseItem) -> None:
    is_second = item.state is ItemState.SECOND_REVIEW or case.state is CaseState.ESCALATED
    needed = {Ability.SECOND_REVIEW} if is_second else {Ability.REVIEW}
    if case.priority is Priority.DANGER:  # its queue is for whoever decides a second time: they decide all of it
        needed.add(Ability.SECOND_REVIEW)
    if not any(map(person.can, needed)):
        raise NotAllowedError("your roles don't let you decide this now", advice="Give the case back.")


def _group(connection: sa.Connection, person: Person, one: ItemDecision, item: CaseItem, *, is_alone: bool) -> Group:
    others = alike(connection, item)
    ids = [item.id, *(other.id for other in others)]
    said, goldens = said_before(connection, ids), golden_among(connection, ids)
    if person.name in _people(said, item.id) and not is_alone:
        raise OwnWorkError("you decided this before: somebody else is to look now", advice="Give the case back.")
    earlier = tuple(before for _, before in said.get(item.id, ()))
    same = tuple(
        other
        for other in others
        if not {item.id, other.id} & goldens
        and len(said.get(other.id, ())) == len(earlier)
        and (is_alone or person.name not in _people(said, other.id))
    )
    return Group(one, (item, *same), earlier)


def _people(said: _Said, item: ItemId) -> set[str]:
    return {name for name, _ in said.get(item, ())}
