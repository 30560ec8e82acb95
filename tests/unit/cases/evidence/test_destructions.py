"""Evidence is destroyed once, by two people or by its time, never against a hold; also when the process is killed."""

import datetime as dt
import signal

import pytest
from tests.unit.cases.evidence.dying import Mortal
from tests.unit.cases.evidence.stand import ASKER, AT, REPORTER, Room

from safehold.cases import CaseState, ItemState, Person, Role
from safehold.cases.errors import NotForThemError
from safehold.cases.evidence import Basis, Destructions, DestructionState, Ground, Holds, Obstacle
from safehold.cases.evidence.errors import DestructionRefusedError, UnknownDestructionError
from safehold.ledger import ProofFailedError, SigningKey
from safehold.vault import EvidenceState, HoldRefusedError, Label, Reference, ReferenceKind, Step

OTHER = Person("sam", frozenset({Role.REPORTER}))
CONTENT = b"zanzibar-xylophone-4711 " * 4000


@pytest.fixture
def holds(room: Room) -> Holds:
    return Holds(room.home.database, room.ledger, room.clock, room.vault)


@pytest.fixture
def destructions(room: Room) -> Destructions:
    return Destructions(room.home.database, room.ledger, room.clock, room.vault)


def state(room: Room) -> EvidenceState:
    return room.vault.list()[0].state


def decide(room: Room) -> None:
    """Decide the case that the evidence belongs to."""
    for case in room.cases.list().cases:
        with room.home.database.writing() as connection:
            items = {one.id: ItemState.DECIDED for one in room.cases.items(case.id, connection=connection)}
            room.cases.mark_items(connection, case.id, items, seen=None, actor="tester")
        assert room.cases.show(case.id).state is CaseState.DECIDED


def test_evidence_is_destroyed_by_itself_when_the_year_is_over_and_that_is_proven(
    room: Room, holds: Holds, destructions: Destructions
) -> None:
    hold = holds.place(REPORTER, room.evidence, Basis.US_REPORT, reference="report-1")
    decide(room)
    room.clock.at = AT + dt.timedelta(days=365) - dt.timedelta(microseconds=1)
    assert (destructions.settle(), state(room)) == (0, EvidenceState.SEALED)
    room.clock.at += dt.timedelta(microseconds=1)
    assert (destructions.settle(), state(room)) == (1, EvidenceState.ERASED)
    assert destructions.settle() == 0
    assert room.kinds("destruction.") == ["destruction.due", "destruction.done"]
    assert room.events("destruction.due")[0]["hold"] == hold.id
    proof = destructions.proof(room.evidence)
    proof.verify(room.ledger.checkpoint().public_key)
    begun, erased = (one.entry.event for one in proof.events)
    assert (begun.kind, erased.kind) == ("evidence.erasure_begun", "evidence.erased")
    assert begun.details == erased.details
    assert (erased.details["reference_kind"], erased.details["reference"]) == ("receipt", "report-1")
    assert erased.details["shares"] == 3
    with pytest.raises(ProofFailedError):
        proof.verify(SigningKey.generate().public_key)


def test_what_is_not_decided_or_just_being_opened_is_not_destroyed_by_itself(
    room: Room, holds: Holds, destructions: Destructions
) -> None:
    holds.place(REPORTER, room.evidence, Basis.US_REPORT, reference="report-1")
    room.pass_time(days=365)
    room.openings.request(ASKER, room.evidence, case=room.case, purpose="report")
    assert destructions.settle() == 0
    (due,) = destructions.list(state=DestructionState.APPROVED)
    assert destructions.waiting(due).obstacles == (Obstacle.OPENING, Obstacle.CASE)
    decide(room)
    assert destructions.waiting(due).obstacles == (Obstacle.OPENING,)
    room.pass_time(hours=72)
    room.openings.expire()
    assert destructions.waiting(due).is_over
    assert (destructions.settle(), state(room)) == (1, EvidenceState.ERASED)
    assert len(room.events("destruction.due")) == 1


@pytest.mark.parametrize("basis", [Basis.US_PRESERVATION, Basis.AUTHORITY, Basis.COURT_ORDER, Basis.COUNSEL])
def test_nothing_else_is_destroyed_by_itself(
    room: Room, holds: Holds, destructions: Destructions, basis: Basis
) -> None:
    """Nothing says that the duty to report was met."""
    holds.place(REPORTER, room.evidence, basis, reference="letter-1", until=AT + dt.timedelta(days=1))
    room.vault.hold(room.evidence, "as before there were rules", expires_at=AT + dt.timedelta(days=1))
    decide(room)
    room.pass_time(days=400)
    assert (destructions.settle(), state(room), destructions.list()) == (0, EvidenceState.SEALED, ())


def test_a_released_hold_and_one_beside_it_destroy_nothing(
    room: Room, holds: Holds, destructions: Destructions
) -> None:
    holds.place(REPORTER, room.evidence, Basis.US_REPORT, reference="report-1")
    counsel = holds.place(REPORTER, room.evidence, Basis.COUNSEL, reference="letter-1")
    decide(room)
    room.pass_time(days=400)
    assert (destructions.settle(), state(room)) == (0, EvidenceState.SEALED)
    holds.release(REPORTER, counsel.id, reference="letter-2")
    assert (destructions.settle(), state(room)) == (1, EvidenceState.ERASED)


def test_an_agencys_request_needs_two_people_and_ends_the_hold_of_a_report(
    room: Room, holds: Holds, destructions: Destructions
) -> None:
    hold = holds.place(REPORTER, room.evidence, Basis.US_REPORT, reference="report-1")
    asked = destructions.ask(REPORTER, room.evidence, Ground.LAW_ENFORCEMENT, reference="agency-1")
    assert (asked.state, destructions.settle(), state(room)) == (DestructionState.ASKED, 0, EvidenceState.SEALED)
    with pytest.raises(DestructionRefusedError, match="asked for"):
        destructions.approve(REPORTER, asked.id)
    with pytest.raises(NotForThemError):
        destructions.approve(ASKER, asked.id)
    approved = destructions.approve(OTHER, asked.id)
    assert (approved.state, approved.decided_by) == (DestructionState.APPROVED, "sam")
    assert holds.show(hold.id).released_at == room.clock.at
    with pytest.raises(DestructionRefusedError, match="decided already"):
        destructions.approve(OTHER, asked.id)
    assert (destructions.settle(), state(room)) == (1, EvidenceState.ERASED)
    assert destructions.show(asked.id).state is DestructionState.DONE
    assert room.events("evidence.erased")[0]["reference"] == "agency-1"
    assert room.kinds("destruction.") == ["destruction.asked", "destruction.approved", "destruction.done"]


@pytest.mark.parametrize("basis", [Basis.COURT_ORDER, Basis.US_PRESERVATION, Basis.COUNSEL, Basis.AUTHORITY])
def test_an_agencys_request_destroys_nothing_that_another_hold_keeps(
    room: Room, holds: Holds, destructions: Destructions, basis: Basis
) -> None:
    holds.place(REPORTER, room.evidence, Basis.US_REPORT, reference="report-1")
    asked = destructions.ask(REPORTER, room.evidence, Ground.LAW_ENFORCEMENT, reference="agency-1")
    holds.place(REPORTER, room.evidence, basis, reference="letter-1")
    with pytest.raises(DestructionRefusedError, match="don't end"):
        destructions.approve(OTHER, asked.id)
    with pytest.raises(DestructionRefusedError):
        destructions.ask(REPORTER, room.evidence, Ground.LAW_ENFORCEMENT, reference="agency-2")
    assert all(hold.released_at is None for hold in holds.list())
    assert (destructions.settle(), state(room)) == (0, EvidenceState.SEALED)


def test_a_hold_beats_a_request_for_erasure_until_it_ends(room: Room, holds: Holds, destructions: Destructions) -> None:
    counsel = holds.place(REPORTER, room.evidence, Basis.COUNSEL, reference="letter-1")
    asked = destructions.ask(REPORTER, room.evidence, Ground.ERASURE_REQUEST, reference="person-1", counsel="letter-0")
    destructions.approve(OTHER, asked.id)
    assert [hold.id for hold in destructions.waiting(asked).holds] == [counsel.id]
    room.pass_time(days=4000)
    assert (destructions.settle(), state(room)) == (0, EvidenceState.SEALED)
    holds.release(REPORTER, counsel.id, reference="letter-2")
    assert (destructions.settle(), state(room)) == (1, EvidenceState.ERASED)


def test_a_hold_that_comes_after_the_approval_still_beats_it(
    room: Room, holds: Holds, destructions: Destructions
) -> None:
    asked = destructions.ask(REPORTER, room.evidence, Ground.LAW_ENFORCEMENT, reference="agency-1")
    destructions.approve(OTHER, asked.id)
    holds.place(REPORTER, room.evidence, Basis.COURT_ORDER, reference="order-1")
    assert (destructions.settle(), state(room)) == (0, EvidenceState.SEALED)


def test_a_request_for_erasure_waits_for_the_duty_to_report(
    room: Room, holds: Holds, destructions: Destructions
) -> None:
    for basis in (None, Basis.COUNSEL, Basis.US_PRESERVATION):
        if basis is not None:
            holds.place(REPORTER, room.evidence, basis, reference="letter-1")
        with pytest.raises(DestructionRefusedError, match="reported"):
            destructions.ask(REPORTER, room.evidence, Ground.ERASURE_REQUEST, reference="person-1")
    with pytest.raises(DestructionRefusedError, match="one word"):
        destructions.ask(REPORTER, room.evidence, Ground.ERASURE_REQUEST, reference="p-1", counsel="a sentence")
    holds.place(REPORTER, room.evidence, Basis.US_REPORT, reference="report-1")
    asked = destructions.ask(REPORTER, room.evidence, Ground.ERASURE_REQUEST, reference="person-1")
    assert asked.state is DestructionState.ASKED


def test_a_refused_request_destroys_nothing(room: Room, destructions: Destructions) -> None:
    asked = destructions.ask(REPORTER, room.evidence, Ground.LAW_ENFORCEMENT, reference="agency-1")
    with pytest.raises(DestructionRefusedError):
        destructions.refuse(OTHER, asked.id, reason="a sentence")
    assert destructions.refuse(OTHER, asked.id, reason="unfounded").state is DestructionState.REFUSED
    with pytest.raises(DestructionRefusedError):
        destructions.approve(OTHER, asked.id)
    assert destructions.settle() == 0
    again = destructions.ask(REPORTER, room.evidence, Ground.LAW_ENFORCEMENT, reference="agency-2")
    assert [one.id for one in destructions.list(evidence=room.evidence)] in ([again.id, asked.id], [asked.id, again.id])


def test_what_can_not_be_asked_for_is_refused(room: Room, destructions: Destructions) -> None:
    for person, ground, reference, error in (
        (ASKER, Ground.LAW_ENFORCEMENT, "agency-1", NotForThemError),
        (REPORTER, Ground.EXPIRY, "agency-1", DestructionRefusedError),
        (REPORTER, Ground.LAW_ENFORCEMENT, "a sentence", DestructionRefusedError),
    ):
        with pytest.raises(error):
            destructions.ask(person, room.evidence, ground, reference=reference)
    with pytest.raises(UnknownDestructionError):
        destructions.show("destroy_00")
    with pytest.raises(DestructionRefusedError, match="not erased"):
        destructions.proof(room.evidence)
    asked = destructions.ask(REPORTER, room.evidence, Ground.ERASURE_REQUEST, reference="person-1", counsel="letter-0")
    with pytest.raises(DestructionRefusedError, match="asked for already"):
        destructions.ask(OTHER, room.evidence, Ground.ERASURE_REQUEST, reference="person-1", counsel="letter-0")
    destructions.approve(OTHER, asked.id)
    destructions.settle()
    with pytest.raises(DestructionRefusedError, match="erased"):
        destructions.ask(REPORTER, room.evidence, Ground.ERASURE_REQUEST, reference="person-1", counsel="letter-0")


def test_bytes_that_come_back_later_are_not_destroyed_on_an_old_request(room: Room, destructions: Destructions) -> None:
    asked = destructions.ask(REPORTER, room.evidence, Ground.ERASURE_REQUEST, reference="person-1", counsel="letter-0")
    destructions.approve(OTHER, asked.id)
    room.vault.erase(room.evidence, Reference(ReferenceKind.COUNSEL, "letter-1"))
    room.pass_time(minutes=1)
    assert room.vault.put(CONTENT, Label(case="chk_9")) == room.evidence
    assert (destructions.settle(), state(room)) == (1, EvidenceState.SEALED)
    assert room.events("destruction.done")[0]["sealed_anew"] is True


_STEPS = [
    ("destruction.due", 1),
    ("before", 1),
    ("evidence.erasure_begun", 1),
    (Step.ERASURE_BEGUN.value, 1),
    (Step.SHARE_RENAMED.value, 1),
    (Step.SHARE_OVERWRITTEN.value, 2),
    (Step.SHARE_REMOVED.value, 3),
    (Step.OBJECT_REMOVED.value, 1),
    ("evidence.erased", 1),
    (Step.ERASURE_WRITTEN.value, 1),
    ("after", 1),
    ("destruction.done", 1),
]


@pytest.mark.parametrize(("step", "nth"), _STEPS)
def test_a_worker_killed_at_any_step_destroys_once_and_proves_it(
    room: Room, holds: Holds, process: Mortal, step: str, nth: int
) -> None:
    holds.place(REPORTER, room.evidence, Basis.US_REPORT, reference="report-1")
    decide(room)
    room.pass_time(days=366)
    assert process.try_to("settle", room, dying_at=step, nth=nth) == -signal.SIGKILL
    destructions = Destructions(room.home.database, room.ledger, room.clock, room.vault)
    assert (state(room) is EvidenceState.ERASED) == (step in {"after", "destruction.done"})
    assert (destructions.settle(), state(room)) == (1, EvidenceState.ERASED)
    assert destructions.settle() == 0
    once = ("destruction.due", "evidence.erasure_begun", "evidence.erased", "destruction.done")
    assert {kind: len(room.events(kind)) for kind in once} == dict.fromkeys(once, 1)
    destructions.proof(room.evidence).verify()
    assert room.vault.fsck().is_sound
    assert list(room.home.vault.rglob(f"*{room.evidence}*")) == []


def test_a_hold_placed_while_a_worker_lies_dead_wins_as_long_as_nothing_is_destroyed(
    room: Room, holds: Holds, process: Mortal
) -> None:
    holds.place(REPORTER, room.evidence, Basis.US_REPORT, reference="report-1")
    decide(room)
    room.pass_time(days=366)
    assert process.try_to("settle", room, dying_at="before") == -signal.SIGKILL
    holds.place(REPORTER, room.evidence, Basis.COURT_ORDER, reference="order-1")
    destructions = Destructions(room.home.database, room.ledger, room.clock, room.vault)
    assert (destructions.settle(), state(room)) == (0, EvidenceState.SEALED)
    assert room.kinds("evidence.erasure_begun") == []


def test_no_hold_can_be_placed_on_what_is_being_destroyed(room: Room, holds: Holds, process: Mortal) -> None:
    holds.place(REPORTER, room.evidence, Basis.US_REPORT, reference="report-1")
    decide(room)
    room.pass_time(days=366)
    assert process.try_to("settle", room, dying_at=Step.ERASURE_BEGUN.value) == -signal.SIGKILL
    with pytest.raises(HoldRefusedError):
        holds.place(REPORTER, room.evidence, Basis.COURT_ORDER, reference="order-1")


@pytest.mark.parametrize("event", ["hold.released", "destruction.approved"])
def test_an_approval_that_is_killed_released_no_hold_and_can_be_given_again(
    room: Room, holds: Holds, destructions: Destructions, process: Mortal, event: str
) -> None:
    hold = holds.place(REPORTER, room.evidence, Basis.US_REPORT, reference="report-1")
    asked = destructions.ask(REPORTER, room.evidence, Ground.LAW_ENFORCEMENT, reference="agency-1")
    assert process.try_to(asked.id, room, dying_at=event) == -signal.SIGKILL
    assert holds.show(hold.id).released_at is None
    assert destructions.show(asked.id).state is DestructionState.ASKED
    assert (destructions.settle(), room.events(event)) == (0, [])
    destructions.approve(OTHER, asked.id)
    assert (destructions.settle(), len(room.events(event))) == (1, 1)
