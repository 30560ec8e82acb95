import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from safehold.cases import CaseState
from safehold.cases.case import CaseId
from safehold.cases.decisions.tables import case_decisions, case_goldens, case_item_decisions, case_listings
from safehold.cases.enforcement.tables import appeals, dangers, enforcements
from safehold.cases.queues.tables import case_withheld
from safehold.cases.retention import forget_cases
from safehold.cases.tables import case_contexts, case_fingerprints, case_items, case_references, case_signals, cases
from safehold.vault.tables import evidence

from .conftest import AMIRA, Office, account, digest


def row(table: sa.Table, **known: Any) -> dict[str, Any]:
    """Return a row of words and ones, but for what is known."""
    made: dict[str, Any] = {}
    for column in table.c:
        kind = column.type
        value = 1 if isinstance(kind, sa.Integer) else [] if isinstance(kind, sa.JSON) else b"x"
        made[column.name] = value if not isinstance(kind, sa.Text) else None if column.nullable else "x"
        if column.nullable:
            made[column.name] = None
    return made | known


def closed(office: Office, name: str = "aa") -> CaseId:
    case = office.opened(account(name), office.item(signals=(digest(name),), context=b"sealed"))
    office.cases.refer(f"case_told_{name}", case)
    office.queues.give_back(office.queues.claim(case, AMIRA), "unsure")
    office.decide(case)
    with office.home.database.writing() as connection:
        item = connection.execute(sa.select(case_items.c.id).where(case_items.c.case_id == case)).scalar()
        connection.execute(sa.insert(case_decisions), row(case_decisions, id=f"dec_{case}", case_id=case))
        told = row(case_item_decisions, decision=f"dec_{case}", item=item)
        connection.execute(sa.insert(case_item_decisions), told)
        office.cases.change_state(connection, case, CaseState.CLOSED, seen=None, actor="system")
    return case


def forgotten(office: Office, *, days: int = 730) -> int:
    now = office.clock.now() + dt.timedelta(days=731)
    return forget_cases(office.home.database, office.ledger, now, days=days, actor="system", batch_cases=2)


def test_a_case_that_nothing_stands_on_goes_with_all_that_points_to_it(either_office: Office) -> None:
    office = either_office
    for name in ("01", "02", "03"):
        closed(office, name)
    waiting = office.opened(account("04"), office.item(signals=(digest("04"),), context=b"sealed"))
    assert forgotten(office, days=732) == 0
    assert forgotten(office) == 3
    assert [case.id for case in office.cases.list().cases] == [waiting]
    assert office.counted() == office.really_there()
    with office.home.database.reading() as connection:
        for table in (cases, case_items, case_contexts, case_signals, case_fingerprints):
            assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar() == 1, table.name
        for table in (case_references, case_withheld, case_decisions, case_item_decisions):
            assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar() == 0, table.name
    assert [event.details for event in office.events("case.forgotten")] == [{"cases": 2}, {"cases": 1}]
    assert forgotten(office) == 0
    assert office.ledger.verify().size > 0


STANDING: dict[str, Callable[[CaseId, str], list[tuple[sa.Table, dict[str, Any]]]]] = {
    "evidence": lambda case, _: [(evidence, {"case_ref": case, "state": "sealed"})],
    "evidence by another name": lambda _, __: [(evidence, {"case_ref": "case_told_aa", "state": "erasing"})],
    "a measure": lambda case, _: [(enforcements, {"case_id": case, "state": "in_force"})],
    "an appeal": lambda case, _: [
        (enforcements, {"id": "enf", "case_id": case, "state": "expired"}),
        (appeals, {"enforcement": "enf", "state": "received"}),
    ],
    "a danger": lambda case, _: [(dangers, {"case_id": case, "state": "open"})],
    "an own list": lambda case, item: [
        (case_listings, {"decision": f"dec_{case}", "item": item, "case_id": case, "state": "listed"})
    ],
    "a known answer": lambda _, item: [(case_goldens, {"item": item})],
}


@pytest.mark.parametrize("what", STANDING)
def test_what_stands_on_a_case_keeps_it(office: Office, what: str) -> None:
    case = closed(office)
    with office.home.database.writing() as connection:
        item = connection.execute(sa.select(case_items.c.id)).scalar()
        for table, known in STANDING[what](case, str(item)):
            connection.execute(sa.insert(table), row(table, **known))
    assert forgotten(office) == 0
    assert office.cases.show(case).state is CaseState.CLOSED


def test_what_stands_on_one_case_keeps_no_other(office: Office) -> None:
    closed(office, "aa")
    other = closed(office, "bb")
    with office.home.database.writing() as connection:
        connection.execute(sa.insert(evidence), row(evidence, case_ref="case_told_aa", state="sealed"))
        connection.execute(sa.insert(enforcements), row(enforcements, case_id="case_of_nobody", state="in_force"))
    assert forgotten(office) == 1
    assert office.cases.find(other) == ()


def test_what_has_ended_keeps_nothing(office: Office) -> None:
    case = closed(office)
    with office.home.database.writing() as connection:
        item = connection.execute(sa.select(case_items.c.id)).scalar()
        known = {"decision": f"dec_{case}", "item": item, "case_id": case, "state": "released"}
        connection.execute(sa.insert(case_listings), row(case_listings, **known))
        connection.execute(sa.insert(enforcements), row(enforcements, id="enf", case_id=case, state="lifted"))
        connection.execute(sa.insert(appeals), row(appeals, enforcement="enf", state="upheld"))
        connection.execute(sa.insert(evidence), row(evidence, case_ref=case, state="erased"))
    assert forgotten(office) == 1
