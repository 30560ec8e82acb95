"""What stays where people see it, once they have taken note of it or not, and what is decided at the last moment."""

import pytest
import sqlalchemy as sa
from tests.unit.console.preserving import Interrupted, KilledError, Place

from safehold.cases.awaiting import LOST, PRESERVE, Preserved, Preserving, preserving
from safehold.console.preserver import Preserver
from safehold.gateway.tables import held
from safehold.home.outbox import Job, Outbox
from safehold.media import test_signature_png as signature_png
from safehold.vault.review import read_review_key
from safehold.wiring.jobs import acknowledge

pytestmark = pytest.mark.long  # each with a home of its own


def test_who_takes_note_of_a_job_that_was_given_up_need_not_do_so_every_day(place: Place) -> None:
    workshop = place.casework.workshop
    (job,) = place.outbox.lease({PRESERVE}, 60)
    place.outbox.failed(job, "OSError", for_good=True)
    acknowledge(workshop, job.id, actor="amira", reason="known")
    place.without_custodians()
    for _ in range(3):
        place.pass_days(1.5)
        assert place.preserver.settle() == 0
        with workshop.home.database.reading() as connection:
            assert preserving(connection, place.clock.now()) == Preserving(0, 0)
    for name in ("bela", "cleo"):
        place.vault.custodians.generate(name, out=place.folder / f"{name}.key")
    place.pass_days(1)
    assert place.preserver.settle() == 1, "it was tried all the while"


def test_what_is_decided_while_held_items_are_removed_is_not_removed(undecided: Place) -> None:
    def decide_alone() -> None:  # what follows of it is done later
        (case,) = undecided.casework.cases.list().cases
        undecided.casework.decisions.decide_automatically(case.id)

    undecided.pass_days(31)
    database = Interrupted(undecided.casework.workshop.home.database, decide_alone)
    assert undecided.forget(database).held == 0
    assert undecided.state() is Preserved.WANTED
    undecided.casework.decisions.settle()
    assert undecided.preserver.settle() == 1
    assert undecided.opened(undecided.item.told.content.reference) == signature_png()
    assert "evidence.lost" not in undecided.kinds()


class DyingOutbox(Outbox):
    """Whose process is killed where it would give a job up."""

    def failed(self, job: Job, reason: str, *, for_good: bool = False) -> bool:
        raise KilledError(job.id, reason, for_good)


def test_who_dies_before_saying_that_something_is_lost_leaves_that_to_the_next(place: Place) -> None:
    database, key = place.casework.workshop.home.database, read_review_key(place.folder / "review.key")
    with database.writing() as connection:
        connection.execute(sa.delete(held))
    with pytest.raises(KilledError):
        Preserver(place.casework, key, DyingOutbox(database, place.clock)).settle()
    assert (place.state(), place.outbox.dead()) == (Preserved.LOST, ())
    for _ in range(3):
        place.pass_days(1)
        place.preserver.settle()
        with database.reading() as connection:
            assert preserving(connection, place.clock.now()).given_up == 1
    assert [job.reason for job in place.outbox.dead()] == [LOST]
