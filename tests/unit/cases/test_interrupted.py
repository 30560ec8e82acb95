"""Whatever is interrupted at whichever step leaves all of it or nothing, and can then be done once."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from safehold.cases import CaseState, ItemState, Priority
from safehold.cases.case import CaseId
from safehold.cases.queues.tables import case_claims, case_withheld
from safehold.cases.tables import (
    case_contexts,
    case_counts,
    case_days,
    case_fingerprints,
    case_items,
    case_references,
    case_signals,
    cases,
)
from safehold.ledger.tables import events

from .conftest import AMIRA, BORIS, Office, account, digest

TABLES = (
    *(cases, case_items, case_contexts, case_signals, case_fingerprints, case_references),
    *(case_counts, case_days, case_claims, case_withheld, events),
)


class KilledError(BaseException):
    """Stands for the end of the process; nothing of ours catches it."""


def everything(office: Office) -> dict[str, list[Any]]:
    with office.home.database.reading() as connection:
        return {table.name: sorted(map(repr, connection.execute(sa.select(table)).all())) for table in TABLES}


def interrupted_everywhere(office: Office, work: Callable[[], object]) -> int:
    """Interrupt work before its first statement, its second, and so on; then let it end. Return how many it sends."""
    before, after, sent = everything(office), 0, 0

    def count(*_: object) -> None:
        nonlocal sent
        sent += 1
        if sent > after:
            raise KilledError

    while True:
        sent = 0
        sa.event.listen(office.home.database.engine, "before_cursor_execute", count)
        try:
            work()
        except KilledError:
            after += 1
        else:
            return sent
        finally:
            sa.event.remove(office.home.database.engine, "before_cursor_execute", count)
        assert everything(office) == before, f"something was left after {after - 1} statements"


def only(office: Office) -> CaseId:
    (case,) = office.cases.list().cases
    return case.id


def test_opening_a_case_is_all_or_nothing(office: Office) -> None:
    item = office.item(signals=(digest(),), context=b"sealed")
    assert interrupted_everywhere(office, lambda: office.opened(None, item, due_at=item.at)) > 8
    assert office.cases.show(only(office)).items == 1
    assert len(office.events()) == 1


def test_joining_a_case_is_all_or_nothing(office: Office) -> None:
    case = office.opened(account("aa"), office.item(signals=(digest(),)))
    item = office.item(signals=(digest(),), context=b"sealed")
    interrupted_everywhere(office, lambda: office.opened(account("bb"), item, priority=Priority.URGENT))
    assert (only(office), office.cases.show(case).items) == (case, 2)


def test_deciding_under_a_claim_is_all_or_nothing(either_office: Office) -> None:
    office = either_office
    case = office.opened(None, office.item(), office.item())
    claim = office.queues.claim(case, AMIRA)
    states = {item.id: ItemState.DECIDED for item in office.cases.items(case)}

    def decide() -> None:
        with office.home.database.writing() as connection:
            office.queues.require(connection, claim)
            office.cases.mark_items(connection, case, states, seen=1, actor="amira")
            office.queues.finish(connection, claim)

    interrupted_everywhere(office, decide)
    assert office.cases.show(case).state is CaseState.DECIDED
    assert office.counted() == office.really_there()


@pytest.mark.parametrize("name", ["claim", "next", "give_back", "renew", "escalate", "assign", "move", "close"])
def test_every_other_change_is_all_or_nothing(office: Office, name: str) -> None:
    case = office.opened()
    claim = office.queues.claim(case, AMIRA) if name in {"give_back", "renew"} else None
    if name == "close":
        office.decide(case)

    def close() -> None:
        with office.home.database.writing() as connection:
            office.cases.change_state(connection, case, CaseState.CLOSED, seen=2, actor="amira")

    works: dict[str, Callable[[], object]] = {
        "claim": lambda: office.queues.claim(case, BORIS),
        "next": lambda: office.queues.next(BORIS, "gateway"),
        "give_back": lambda: claim and office.queues.give_back(claim, "unsure"),
        "renew": lambda: claim and office.queues.renew(claim),
        "escalate": lambda: office.cases.escalate(case, "unsure", actor="amira", seen=1),
        "assign": lambda: office.cases.assign(case, "boris", actor="lead", seen=1),
        "move": lambda: office.cases.move(case, "others", actor="lead", seen=1),
        "close": close,
    }
    interrupted_everywhere(office, works[name])
    assert office.counted() == office.really_there()
