"""A hold on a case: each piece of its evidence once, what belongs to others with them, nothing of other cases."""

import pytest
import sqlalchemy as sa
from tests.unit.cases.evidence.stand import ASKER, REPORTER, SUBJECT, Room, item

from safehold.cases import CaseId, Content, Place, Subject, SubjectKind
from safehold.cases.awaiting import Preserved
from safehold.cases.errors import NotForThemError
from safehold.cases.evidence import Basis, Holds
from safehold.cases.evidence.belonging import cases_with, evidence_of, pieces_of, waiting_of
from safehold.cases.evidence.errors import HoldUnfitError
from safehold.cases.tables import case_items, case_preservations
from safehold.ledger.entry import timestamp
from safehold.vault import ErasureRefusedError, EvidenceId, HoldRefusedError, Label, Reference, ReferenceKind

COUNSEL = Reference(ReferenceKind.COUNSEL, "letter-1")


@pytest.fixture
def holds(room: Room) -> Holds:
    return Holds(room.home.database, room.ledger, room.clock, room.vault)


def _preserved(room: Room, number: int, *, belongs_to: str = "", state: Preserved = Preserved.KEPT) -> EvidenceId:
    """Preserve a further item of the case, of which the vault has the account alone; return what that is called."""
    room.cases.open(SUBJECT, [item(room.evidence, number)], actor="system")
    account = room.vault.put(b"told of %d" % number, Label("case_made-up", belongs_to=belongs_to))
    with room.home.database.writing() as connection:
        named = case_items.c.reference == f"chk_1#{number}"
        found = connection.execute(sa.select(case_items.c.id).where(named)).scalar()
        if not belongs_to:  # a report: no content was ever kept of it
            away = sa.update(case_items).where(named).values(place=Place.NOWHERE.value, content="")
            connection.execute(away)
        row = {"item_id": found, "state": state.value, "at": timestamp(room.clock.at), "circumstances": account}
        connection.execute(sa.insert(case_preservations).values(**row))
    return account


def test_a_hold_on_a_case_holds_what_people_reported_in_it_too(room: Room, holds: Holds) -> None:
    reported = _preserved(room, 1)
    alone = holds.place(REPORTER, room.evidence, Basis.COUNSEL, reference="letter-9")
    room.vault.erase(_preserved(room, 2), COUNSEL)  # a hold on content alone holds no report: it can be erased
    made = holds.place_on_case(REPORTER, room.case, Basis.US_REPORT, reference="report-1")
    assert {hold.evidence for hold in made} == {room.evidence, reported}
    assert all(hold.grounds.reference == "report-1" and hold.expires_at is not None for hold in made)
    for piece in (room.evidence, reported):
        with pytest.raises(ErasureRefusedError):
            room.vault.erase(piece, COUNSEL)
    assert alone in holds.list()
    assert [one["evidence"] for one in room.events("hold.started")][-2:] == [hold.evidence for hold in made]


def test_an_account_is_held_with_its_content_and_named_once(room: Room, holds: Holds) -> None:
    account = _preserved(room, 1, belongs_to=room.evidence)
    (hold,) = holds.place_on_case(REPORTER, room.case, Basis.COUNSEL, reference="letter-2")
    assert hold.evidence == room.evidence
    with pytest.raises(ErasureRefusedError):
        room.vault.erase(account, COUNSEL)
    with room.home.database.reading() as connection:
        whole, part = room.vault.find(room.evidence), room.vault.find(account)
        assert whole is not None
        assert part is not None
        assert cases_with(connection, whole) == cases_with(connection, part) == (room.case,)


def test_repeating_it_holds_only_what_came_since(room: Room, holds: Holds) -> None:
    holds.place_on_case(REPORTER, room.case, Basis.US_REPORT, reference="report-1")
    assert holds.place_on_case(REPORTER, room.case, Basis.US_REPORT, reference="report-1") == ()
    later = _preserved(room, 1)
    (hold,) = holds.place_on_case(REPORTER, room.case, Basis.US_REPORT, reference="report-1")
    assert hold.evidence == later
    assert len(holds.place_on_case(REPORTER, room.case, Basis.US_REPORT, reference="report-2")) == 2


def test_what_waits_for_the_vault_or_was_erased_is_not_held_and_other_cases_are_left_alone(
    room: Room, holds: Holds
) -> None:
    _preserved(room, 1, state=Preserved.SEALING)
    room.vault.erase(_preserved(room, 2), COUNSEL)
    with room.home.database.reading() as connection:
        assert [row.id for row in evidence_of(connection, room.case)] == [room.evidence]
        assert (pieces_of(connection, room.case), waiting_of(connection, room.case)) == (1, 1)
    other = room.cases.open(Subject(SubjectKind.MODEL, "cubes"), [item(room.evidence, 3)], actor="system")
    with room.home.database.writing() as connection:
        gone = sa.update(case_items).where(case_items.c.case_id == other)
        connection.execute(gone.values(place=Place.NOWHERE.value, content=Content(Place.NOWHERE).reference))
    with pytest.raises(HoldRefusedError, match="no evidence"):
        holds.place_on_case(REPORTER, CaseId(other), Basis.COUNSEL, reference="letter-1")


def test_it_is_refused_as_a_hold_on_one_piece_is_and_then_nothing_is_held(room: Room, holds: Holds) -> None:
    with pytest.raises(NotForThemError):
        holds.place_on_case(ASKER, room.case, Basis.COUNSEL, reference="letter-1")
    with pytest.raises(HoldUnfitError):
        holds.place_on_case(REPORTER, room.case, Basis.COUNSEL, reference="two words")
    with pytest.raises(HoldRefusedError):
        holds.place_on_case(REPORTER, room.case, Basis.COUNSEL, reference="letter-1", until=room.clock.at)
    assert holds.list() == []
