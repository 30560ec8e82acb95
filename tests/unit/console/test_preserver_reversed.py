"""What is reversed before the vault has it is never evidence; what it has stays; whoever dies leaves one of the two."""

import pytest
import sqlalchemy as sa
from tests.unit.console.preserving import KilledError, Place

from safehold.cases import CaseItem, Form, NewItem, Origin, Subject, SubjectKind
from safehold.cases import Place as Where
from safehold.cases.awaiting import PRESERVE, Preserved
from safehold.cases.decisions import Undoing
from safehold.cases.tables import case_contexts, case_preservations
from safehold.console.preserver import Preserver
from safehold.home.outbox import Outbox
from safehold.home.outbox.tables import jobs
from safehold.ledger.entry import timestamp
from safehold.media import test_signature_png as signature_png
from safehold.vault import ErasureUnfinishedError, EvidenceId, Label
from safehold.vault.review import read_review_key
from safehold.vocabulary import Action
from safehold.wiring.casework import open_casework

pytestmark = pytest.mark.long  # each with a home of its own


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


def die(_number: int) -> None:
    raise KilledError


def test_what_an_earlier_version_preserved_stays_whatever_is_reversed(place: Place) -> None:
    evidence = place.left_by_an_earlier_version()
    place.vault.before = die
    with pytest.raises(KilledError):
        begin_anew(place).settle()
    assert place.state() is Preserved.SEALING
    place.reverse()
    settled(place)
    assert outcomes(place) == {(Undoing.STANDS, "sealed")}
    assert place.sealed() == [evidence]
    assert place.opened(evidence) == signature_png()


def test_what_an_earlier_version_preserved_stays_where_its_account_is_made_anew(place: Place) -> None:
    evidence = place.left_by_an_earlier_version()
    place.vault.after = die
    with pytest.raises(KilledError):
        begin_anew(place).settle()
    with place.casework.workshop.home.database.writing() as connection:
        connection.execute(sa.delete(case_contexts))  # so that its account is another one
    settled(place)
    assert (place.state(), place.opened(evidence)) == (Preserved.KEPT, signature_png())
    assert set(place.sealed()) == {evidence, place.account_of(place.item)}
    assert place.kinds().count("evidence.erased") == 1, "the account that was begun before"


def beginning(place: Place, number: int, *, count: int = 1) -> tuple[CaseItem, ...]:
    """Let items of a new case be begun whose bytes are those of the test signature, each with words of its own."""
    cases, database = place.casework.cases, place.casework.workshop.home.database
    told = [
        NewItem(Origin.HAND, f"hand#{number}{one}", Form.FINGERPRINT, "model", Action.HOLD, place.clock.now())
        for one in range(count)
    ]
    items = tuple(cases.items(cases.open(Subject(SubjectKind.MODEL, f"cubes-{number}"), told, actor="nadia")))
    for item in items:
        content, words = (place.vault.put(one, Label(item.case)) for one in (signature_png(), item.id.encode()))
        row = {"item_id": item.id, "state": Preserved.SEALING.value, "at": timestamp(place.clock.now())}
        with database.writing() as connection:
            connection.execute(sa.insert(case_preservations), {**row, "content": content, "circumstances": words})
    return items


def test_the_same_bytes_of_several_cases_are_destroyed_once_all_of_them_are_reversed(place: Place) -> None:
    with place.casework.workshop.home.database.writing() as connection:
        connection.execute(sa.delete(case_preservations))  # it is nobody else's
    withdrawal, (first,), (second, third) = place.casework.withdrawal, beginning(place, 1), beginning(place, 2, count=2)
    content = place.vault.name(signature_png())
    for item in (first, second, third):
        assert content in place.sealed(), "it is still evidence of another"
        assert withdrawal.withdraw(item.id)
    assert place.sealed() == []


def test_what_cannot_be_destroyed_yet_holds_nothing_else_up(place: Place) -> None:
    def be_in_the_way(_name: EvidenceId) -> None:
        raise ErasureUnfinishedError("something is left", advice="Try again.")

    withdrawal, items = place.casework.withdrawal, beginning(place, 1, count=2)
    place.vault.erasing = be_in_the_way
    for one in items:
        with pytest.raises(ErasureUnfinishedError):
            withdrawal.withdraw(one.id)
    with place.casework.workshop.home.database.writing() as connection:
        connection.execute(sa.delete(jobs).where(jobs.c.kind == PRESERVE))  # no job knows of what is confirmed
    place.pass_days(2)
    with pytest.raises(ErasureUnfinishedError, match="2 withdrawn"):
        begin_anew(place).settle()
    assert place.state() is Preserved.KEPT
    assert [place.state(one) for one in items] == [Preserved.WITHDRAWN] * 2
    place.vault.erasing = None
    begin_anew(place).settle()
    assert [place.state(one) for one in items] == [None] * 2, "looked after no more"
    assert set(place.sealed()) == {place.item.told.content.reference, place.account_of(place.item)}
