"""What waits for the vault, in numbers: each job once, the oldest by its age, the same on both databases."""

import datetime as dt

import sqlalchemy as sa
from tests.unit.cases.conftest import NOW, Office

from safehold.cases.awaiting import PRESERVE, Awaited, Preserved, awaited
from safehold.cases.tables import case_preservations
from safehold.home.outbox import Outbox
from safehold.ledger.entry import timestamp


def _wanted(office: Office, outbox: Outbox, count: int) -> list[str]:
    """Let items wait for the vault since a minute, two, three, each with its job; return the items."""
    case = office.opened(None, *(office.item() for _ in range(count)))
    items = [item.id for item in office.cases.items(case)]
    with office.home.database.writing() as connection:
        for number, item in enumerate(items):
            at = timestamp(NOW - dt.timedelta(minutes=count - number))
            state = (Preserved.WANTED if number % 2 else Preserved.SEALING).value
            connection.execute(sa.insert(case_preservations).values(item_id=item, state=state, at=at))
            outbox.enqueue(connection, PRESERVE, {"item": item})
            outbox.enqueue(connection, "webhook.deliver", {"number": number})  # of which nothing is said
    return items


def _found(office: Office) -> Awaited:
    with office.home.database.reading() as connection:
        return awaited(connection, office.clock.now())


def test_nothing_that_waits_is_nothing(either_office: Office) -> None:
    assert _found(either_office) == Awaited()


def test_each_job_is_counted_once_by_how_it_stands(either_office: Office) -> None:
    office = either_office
    outbox = Outbox(office.home.database, office.clock)
    items = _wanted(office, outbox, 5)
    assert _found(office) == Awaited(items=5, waiting=5, oldest_seconds=300.0)
    put_off, failing, dying, noted, _ = sorted(
        outbox.lease({PRESERVE}, 60), key=lambda job: items.index(job.payload["item"])
    )
    assert _found(office).waiting == 5, "what is being done has not failed"
    outbox.put_off(put_off, "NoCustodiansError", 60)
    outbox.failed(failing, "OSError")
    for job in (dying, noted):
        outbox.failed(job, "OSError", for_good=True)
    with office.home.database.writing() as connection:
        outbox.acknowledge(connection, noted.id, by="ada", reason="known")
    assert _found(office) == Awaited(items=5, waiting=2, failed=1, dead=1, noted=1, oldest_seconds=300.0)


def test_what_was_taken_note_of_and_what_the_vault_has_make_nothing_old(either_office: Office) -> None:
    office = either_office
    outbox = Outbox(office.home.database, office.clock)
    items = _wanted(office, outbox, 3)
    first, second, _ = sorted(outbox.lease({PRESERVE}, 60), key=lambda job: items.index(job.payload["item"]))
    outbox.failed(first, "OSError", for_good=True)
    with office.home.database.writing() as connection:
        outbox.acknowledge(connection, first.id, by="ada", reason="known")
        rows = case_preservations.c
        kept = sa.update(case_preservations).where(rows.item_id == items[1]).values(state=Preserved.KEPT.value)
        connection.execute(kept)
        outbox.done(second, connection)
    assert _found(office) == Awaited(items=2, waiting=1, noted=1, oldest_seconds=60.0)
    office.clock.at += dt.timedelta(days=2)
    assert _found(office).oldest_seconds == 60.0 + 2 * 86_400
