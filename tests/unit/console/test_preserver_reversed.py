"""What is reversed before the vault has it is never evidence; what it has stays; whoever dies leaves one of the two."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.unit.console.preserving import Place, make_home, opened_place

from safehold.cases import Place as Where
from safehold.cases.awaiting import PRESERVE, Preserved
from safehold.cases.decisions import Undoing
from safehold.console.preserver import Preserver
from safehold.home.outbox import Outbox
from safehold.home.outbox.tables import jobs
from safehold.media import test_signature_png as signature_png
from safehold.vault import EvidenceId, Label
from safehold.vault.review import read_review_key
from safehold.wiring.casework import open_casework

pytestmark = pytest.mark.long  # each with a home of its own


class KilledError(BaseException):
    """Stands for a kill: nothing catches it."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reversing")
    make_home(folder)
    return folder


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Iterator[Place]:
    with opened_place(made, tmp_path) as opened:
        yield opened


def outcomes(place: Place) -> set[tuple[Undoing, str]]:
    (decided,) = place.casework.decisions.of_case(place.item.case)
    found = place.casework.decisions.outcomes(decided.id)
    return {(one.outcome, one.why) for one in found if one.party == "preservation"}


def begin_anew(place: Place) -> Preserver:
    """Return a preserver of another process, which knows nothing of what the first one did."""
    workshop = place.casework.workshop
    key = read_review_key(place.folder / "review.key")
    return Preserver(open_casework(workshop), key, Outbox(workshop.home.database, place.clock))


def settled(place: Place) -> None:
    """Let everybody do their duties until nothing is left to do."""
    place.vault.before = place.vault.after = None
    for _ in range(4):
        place.pass_days(0.5)
        place.casework.decisions.settle()
        begin_anew(place).settle()


def assert_never_evidence(place: Place) -> None:
    """Nothing of it opens, what was sealed of it is shown to be destroyed, and nothing says that it was preserved."""
    assert place.sealed() == []
    assert place.item.told.content.place is Where.HELD
    assert "evidence.preserved" not in place.kinds()
    assert place.kinds().count("evidence.withdrawn") == 1
    for row in place.vault.list():
        place.casework.destructions.proof(row.id).verify()
    assert place.vault.fsck().is_sound


def test_what_was_reversed_before_it_was_preserved_is_not_sealed(place: Place) -> None:
    place.reverse()
    assert (place.state(), outcomes(place)) == (Preserved.WITHDRAWN, {(Undoing.UNDONE, "")})
    settled(place)
    assert place.vault.puts == 0
    assert_never_evidence(place)


def test_what_the_vault_has_stays_and_is_said_to(place: Place) -> None:
    place.preserver.settle()
    place.reverse()
    settled(place)
    assert (place.state(), outcomes(place)) == (Preserved.KEPT, {(Undoing.STANDS, "sealed")})
    assert place.opened(place.item.told.content.reference) == signature_png()


@pytest.mark.parametrize("is_after", [False, True])
@pytest.mark.parametrize("put", [1, 2])
def test_a_reversal_while_it_is_sealed_is_in_time(place: Place, put: int, *, is_after: bool) -> None:
    def reverse(number: int) -> None:
        if number == put:
            place.reverse()

    if is_after:
        place.vault.after = reverse
    else:
        place.vault.before = reverse
    assert place.preserver.settle() == 0
    settled(place)
    assert_never_evidence(place)


@pytest.mark.parametrize("is_reversed", [False, True])
@pytest.mark.parametrize(("is_after", "put"), [(False, 1), (True, 1), (True, 2)])
def test_who_dies_on_the_way_leaves_one_of_the_two(
    place: Place, put: int, *, is_after: bool, is_reversed: bool
) -> None:
    def die(number: int) -> None:
        if number == put:
            raise KilledError

    if is_after:
        place.vault.after = die
    else:
        place.vault.before = die
    with pytest.raises(KilledError):
        place.preserver.settle()
    assert place.state() is Preserved.SEALING
    place.vault.before = place.vault.after = None
    if is_reversed:
        place.reverse()
        settled(place)
        assert_never_evidence(place)
    else:
        settled(place)
        assert (place.state(), len(place.sealed())) == (Preserved.KEPT, 2)
        assert place.kinds().count("evidence.preserved") == 1


def test_who_dies_after_sealing_what_was_reversed_meanwhile_leaves_nothing_that_opens(place: Place) -> None:
    def reverse_and_die(number: int) -> None:
        if number == 1:
            place.reverse()
            place.vault.after = die

    def die(_number: int) -> None:
        raise KilledError

    place.vault.before = reverse_and_die
    with pytest.raises(KilledError):
        place.preserver.settle()
    assert len(place.sealed()) == 1, "it was sealed after it had been withdrawn"
    with place.casework.workshop.home.database.writing() as connection:
        connection.execute(sa.delete(jobs).where(jobs.c.kind == PRESERVE))  # no job takes it up again
    settled(place)
    assert_never_evidence(place)


def test_the_job_that_follows_a_reversal_may_be_done_long_after_it(place: Place) -> None:
    (job,) = place.outbox.lease({PRESERVE}, 60)
    place.outbox.failed(job, "OSError", for_good=True)
    place.reverse()
    settled(place)
    assert_never_evidence(place)


def test_what_was_reversed_and_is_confirmed_again_is_preserved(place: Place) -> None:
    place.reverse()
    with place.casework.workshop.home.database.writing() as connection:  # the same decision, made anew
        connection.exec_driver_sql("UPDATE case_item_decisions SET standing = 'stands'")
    settled(place)
    assert (place.state(), len(place.sealed())) == (Preserved.KEPT, 2)


def test_bytes_that_somebody_else_had_sealed_stay(place: Place) -> None:
    def reverse(number: int) -> None:
        if number == 2:
            place.vault.put(signature_png(), Label("run-1"))
            place.reverse()

    place.vault.before = reverse
    place.preserver.settle()
    settled(place)
    (left,) = place.sealed()
    assert place.opened(EvidenceId(left)) == signature_png()
