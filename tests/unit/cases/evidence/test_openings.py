"""Evidence is opened by two custodians who did not ask for it, for a stated time, to who asked alone."""

import datetime as dt
import signal
import threading
from dataclasses import replace

import pytest
import sqlalchemy as sa
from nacl.public import PrivateKey
from tests.unit.cases.evidence.dying import Mortal
from tests.unit.cases.evidence.stand import AMIRA, ASKER, CANARY, CONTENT, JONAS, REPORTER, SUBJECT, WEN, Room, item

from safehold.cases import Content, Person, Place, Role
from safehold.cases.errors import NotForThemError
from safehold.cases.evidence import OpeningState
from safehold.cases.evidence.errors import (
    OpeningOverError,
    OpeningUnfitError,
    OwnOpeningError,
    UnknownOpeningError,
)
from safehold.cases.evidence.tables import opening_grants, openings
from safehold.ledger.entry import timestamp
from safehold.vault import (
    CustodianKey,
    EvidenceErasedError,
    EvidenceId,
    Label,
    Reference,
    ReferenceKind,
    UnknownEvidenceError,
)
from safehold.vault.errors import GrantUnfitError, OpeningRefusedError
from safehold.vault.granting import Grant, Request, grant


def ask(room: Room, **changes: object) -> str:
    told = {"case": room.case, "purpose": "report", **changes}
    return room.openings.request(ASKER, room.evidence, **told).id  # type: ignore[arg-type]


def test_two_custodians_open_evidence_to_who_asked_while_the_time_lasts(room: Room) -> None:
    opening = room.granted(seconds=600)
    shown = room.openings.show(opening)
    assert (shown.state, shown.granted_by, shown.expires_at) == (
        OpeningState.GRANTED,
        ("amira", "wen"),
        room.clock.at + dt.timedelta(seconds=600),
    )
    assert room.openings.read(ASKER, opening, room.review) == CONTENT
    room.pass_time(seconds=599)
    assert room.openings.read(ASKER, opening, room.review) == CONTENT
    room.pass_time(seconds=1)
    with pytest.raises(OpeningOverError):
        room.openings.read(ASKER, opening, room.review)


def test_every_step_is_an_event_with_names_and_without_content(room: Room) -> None:
    opening = room.granted()
    room.openings.read(ASKER, opening, room.review)
    assert room.kinds("opening.") == ["opening.requested", "opening.granted", "opening.granted", "opening.begun"]
    (read,) = room.events("evidence.opened")
    assert read == {
        "opening": opening,
        "evidence": room.evidence,
        "case": room.case,
        "purpose": "report",
        "custodian_1": "amira",
        "custodian_2": "wen",
    }
    assert CANARY.decode().strip() not in str(list(room.ledger.events()))


def test_one_custodian_opens_nothing(room: Room) -> None:
    opening = ask(room)
    room.openings.grant(AMIRA, room.grant_of(opening, "amira"))
    with pytest.raises(OpeningOverError):
        room.openings.read(ASKER, opening, room.review)
    with room.home.database.writing() as connection:  # whoever can write the database gains nothing by it
        later = timestamp(room.clock.at + dt.timedelta(hours=1))
        connection.execute(sa.update(openings).values(state="granted", expires_at=later, needed=1))
    with pytest.raises(GrantUnfitError):  # the terms that amira consented to asked for two
        room.openings.read(ASKER, opening, room.review)
    assert room.openings.show(opening).state is OpeningState.ENDED


def test_who_asked_never_grants_whatever_their_roles_and_keys(room: Room) -> None:
    both = Person("amira", frozenset({Role.SPECIALIST, Role.CUSTODIAN}))
    opening = room.openings.request(both, room.evidence, case=room.case, purpose="report").id
    given = room.grant_of(opening, "amira")
    for person in (both, JONAS):
        with pytest.raises(OwnOpeningError):
            room.openings.grant(person, given)
    with pytest.raises(OwnOpeningError):
        room.openings.grant(both, room.grant_of(opening, "jonas"))
    room.openings.grant(JONAS, room.grant_of(opening, "jonas"))
    room.openings.grant(WEN, room.grant_of(opening, "wen"))
    assert room.openings.read(both, opening, room.review) == CONTENT


def test_nobody_grants_twice_neither_with_their_key_nor_with_anothers(room: Room) -> None:
    opening = ask(room)
    room.openings.grant(AMIRA, room.grant_of(opening, "amira"))
    for person, name in ((AMIRA, "amira"), (AMIRA, "wen"), (JONAS, "amira")):
        with pytest.raises(OwnOpeningError):
            room.openings.grant(person, room.grant_of(opening, name))
    assert room.openings.show(opening).state is OpeningState.REQUESTED
    assert room.kinds("opening.granted") == ["opening.granted"]


def test_a_grant_works_for_its_own_opening_alone(room: Room) -> None:
    first, second = ask(room), ask(room, purpose="review")
    given = replace(room.grant_of(first, "amira"), opening=second)
    with pytest.raises(GrantUnfitError, match="something else"):
        room.openings.grant(AMIRA, given, review_key=room.review)
    room.openings.grant(AMIRA, given)  # without the private half nobody can tell
    room.openings.grant(WEN, room.grant_of(second, "wen"))
    with pytest.raises(GrantUnfitError, match="something else"):
        room.openings.read(ASKER, second, room.review)
    assert room.openings.show(second).state is OpeningState.ENDED
    assert room.events("opening.ended")[0]["reason"] == "GrantUnfitError"


@pytest.mark.parametrize("change", ["purpose", "seconds", "requester", "lapses_at", "case_ref"])
def test_terms_that_were_changed_after_the_grant_open_nothing(room: Room, change: str) -> None:
    opening = room.granted()
    changed = {"seconds": 7200, "lapses_at": timestamp(room.clock.at + dt.timedelta(days=9)), "requester": "robin"}
    with room.home.database.writing() as connection:
        connection.execute(sa.update(openings).values({change: changed.get(change, "other")}))
    person = REPORTER if change == "requester" else ASKER
    with pytest.raises(GrantUnfitError):
        room.openings.read(person, opening, room.review)


def test_a_time_prolonged_in_the_database_ends_all_the_same(room: Room) -> None:
    opening = room.granted(seconds=60)
    with room.home.database.writing() as connection:
        later = timestamp(room.clock.at + dt.timedelta(days=400))
        connection.execute(sa.update(openings).values(expires_at=later))
    room.pass_time(hours=72, seconds=61)
    with pytest.raises(OpeningOverError):
        room.openings.read(ASKER, opening, room.review)


def test_nobody_else_reads_what_somebody_asked_for(room: Room) -> None:
    opening = room.granted()
    for person in (REPORTER, AMIRA, Person("noor", frozenset({Role.AUDITOR}))):
        with pytest.raises(NotForThemError):
            room.openings.read(person, opening, room.review)
    assert room.kinds("evidence.opened") == []


def test_roles_decide_who_asks_and_who_grants(room: Room) -> None:
    with pytest.raises(NotForThemError):
        room.openings.request(AMIRA, room.evidence, case=room.case, purpose="report")
    opening = ask(room)
    with pytest.raises(NotForThemError):
        room.openings.grant(REPORTER, room.grant_of(opening, "amira"))
    with pytest.raises(NotForThemError):
        room.openings.refuse(REPORTER, opening, reason="unclear")
    with pytest.raises(NotForThemError):
        room.openings.end(REPORTER, opening)


def test_another_key_opens_no_grant(room: Room) -> None:
    opening = room.granted()
    with pytest.raises(GrantUnfitError, match="review key"):
        room.openings.read(ASKER, opening, CustodianKey("review", bytes(PrivateKey.generate())))


def test_what_custodians_sealed_goes_when_the_time_is_over(room: Room) -> None:
    opening = room.granted(seconds=60)
    waiting = ask(room)
    room.openings.grant(JONAS, room.grant_of(waiting, "jonas"))
    assert room.openings.expire() == 0
    room.pass_time(seconds=60)
    assert room.openings.expire() == 1
    room.pass_time(hours=72)
    assert (room.openings.expire(), room.openings.expire()) == (1, 0)
    assert room.openings.show(opening).state is OpeningState.ENDED
    assert room.openings.show(waiting).state is OpeningState.LAPSED
    with room.home.database.reading() as connection:
        assert set(connection.execute(sa.select(opening_grants.c.sealed)).scalars()) == {None}
    assert [found["grants_removed"] for found in room.events("opening.ended")] == [2]
    assert [found["grants_removed"] for found in room.events("opening.lapsed")] == [1]


def test_an_opening_that_lapsed_takes_no_grant_also_before_anybody_noted_it(room: Room) -> None:
    opening = ask(room)
    given = room.grant_of(opening, "amira")
    room.pass_time(hours=72)
    with pytest.raises(OpeningOverError):
        room.openings.grant(AMIRA, given)
    with pytest.raises(OpeningOverError):
        room.openings.package(opening)


def test_one_refusal_ends_a_request_and_its_grants(room: Room) -> None:
    opening = ask(room)
    room.openings.grant(AMIRA, room.grant_of(opening, "amira"))
    assert room.openings.refuse(WEN, opening, reason="unclear").state is OpeningState.REFUSED
    for again in (lambda: room.openings.refuse(WEN, opening, reason="x"), lambda: room.openings.end(ASKER, opening)):
        with pytest.raises(OpeningOverError):
            again()
    with room.home.database.reading() as connection:
        assert connection.execute(sa.select(opening_grants.c.sealed)).scalars().all() == [None]
    with pytest.raises(OpeningUnfitError):
        room.openings.refuse(WEN, ask(room), reason="a whole sentence")


@pytest.mark.parametrize("person", [ASKER, JONAS])
def test_who_asked_and_every_custodian_can_end_it_early(room: Room, person: Person) -> None:
    opening = room.granted()
    ended = room.openings.end(person, opening)
    assert (ended.state, ended.ended_by) == (OpeningState.ENDED, person.name)
    with pytest.raises(OpeningOverError):
        room.openings.read(ASKER, opening, room.review)


def test_a_request_needs_its_case_a_purpose_a_time_and_something_to_open(room: Room) -> None:
    stranger = replace(item(room.evidence, 3), content=Content(Place.VAULT, "0" * 64))
    other = room.cases.open(replace(SUBJECT, mark="f" * 32), [stranger], actor="system")
    for changes in (
        {"case": other},
        {"case": "case_unknown"},
        {"purpose": "a whole sentence"},
        {"purpose": ""},
        {"seconds": 59},
        {"seconds": 8 * 3600 + 1},
    ):
        with pytest.raises(OpeningUnfitError):
            ask(room, **changes)
    with pytest.raises(UnknownEvidenceError):
        room.openings.request(ASKER, "0" * 64, case=room.case, purpose="report")  # type: ignore[arg-type]
    with pytest.raises(UnknownOpeningError):
        room.openings.show("open_00")
    opening = room.granted()
    room.vault.erase(room.evidence, Reference(ReferenceKind.COUNSEL, "letter-1"))
    with pytest.raises(OpeningUnfitError):
        ask(room)
    with pytest.raises(EvidenceErasedError):
        room.openings.read(ASKER, opening, room.review)


def seal_to_one(room: Room) -> EvidenceId:
    """Seal something while one custodian alone is registered; the others come back after that."""
    folder = room.home.keys / "custodians"
    for name in ("amira", "jonas"):
        (folder / f"{name}.pub").rename(folder / f"{name}.away")
    alone = room.vault.put(b"other bytes", Label(case="chk_2"))
    for name in ("amira", "jonas"):
        (folder / f"{name}.away").rename(folder / f"{name}.pub")
    room.cases.open(SUBJECT, [item(alone, 7)], actor="system")
    return alone


def test_what_was_sealed_to_one_custodian_opens_for_a_single_operator_alone(room: Room) -> None:
    alone = seal_to_one(room)
    with pytest.raises(OpeningUnfitError, match="fewer custodians"):
        room.openings.request(ASKER, alone, case=room.case, purpose="report")
    single = room.made_with(is_single_operator=True)
    both = Person("wen", frozenset({Role.SPECIALIST, Role.CUSTODIAN}))
    asked = single.request(both, alone, case=room.case, purpose="report")
    assert (asked.needed, asked.is_single_operator) == (1, True)
    single.grant(both, grant(Request.from_bytes(single.package(asked.id)), room.keys["wen"]))
    assert single.read(both, asked.id, room.review) == b"other bytes"
    assert all(found["single_operator"] for found in room.events("evidence.opened"))


def test_what_custodians_are_given_opens_with_their_own_key_alone(room: Room) -> None:
    request = Request.from_bytes(room.openings.package(ask(room)))
    assert set(request.shares) == {"amira", "jonas", "wen"}
    with pytest.raises(OpeningRefusedError):
        grant(request, CustodianKey("amira", room.keys["wen"].secret))
    with pytest.raises(OpeningRefusedError, match="holds no share"):
        grant(request, CustodianKey("mallory", room.keys["wen"].secret))
    swapped = replace(request, shares={"amira": request.shares["wen"]})
    with pytest.raises(OpeningRefusedError):
        grant(swapped, room.keys["amira"])


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b'{"schema":"x"}', b"[" * 200_000])
def test_files_that_are_something_else_are_refused(data: bytes) -> None:
    for read in (Request.from_bytes, Grant.from_bytes):
        with pytest.raises(GrantUnfitError):
            read(data)


def test_request_and_grant_survive_their_files(room: Room) -> None:
    opening = ask(room)
    request = Request.from_bytes(room.openings.package(opening))
    assert Request.from_bytes(request.to_bytes()) == request
    given = grant(request, room.keys["amira"])
    assert Grant.from_bytes(given.to_bytes()) == given
    with pytest.raises(GrantUnfitError):
        Grant.from_bytes(request.to_bytes())


@pytest.mark.parametrize("nth", [1, 2])
def test_an_end_that_is_killed_is_noted_once_and_leaves_nothing_sealed(room: Room, process: Mortal, nth: int) -> None:
    for _ in range(2):
        room.granted(seconds=60)
    room.pass_time(seconds=60)
    assert process.try_to("expire", room, dying_at="opening.ended", nth=nth) == -signal.SIGKILL
    assert len(room.events("opening.ended")) == nth - 1
    assert room.openings.expire() == 3 - nth
    assert [found["grants_removed"] for found in room.events("opening.ended")] == [2, 2]
    with room.home.database.reading() as connection:
        assert set(connection.execute(sa.select(opening_grants.c.sealed)).scalars()) == {None}


def test_grants_of_two_people_at_once_begin_an_opening_once(room: Room) -> None:
    opening = ask(room)
    given = [(person, room.grant_of(opening, person.name)) for person in (AMIRA, JONAS, WEN)]
    outcomes: list[str] = []

    def hand_in(person: Person, one: Grant) -> None:
        try:
            room.openings.grant(person, one)
            outcomes.append("taken")
        except OpeningOverError:
            outcomes.append("late")

    threads = [threading.Thread(target=hand_in, args=one) for one in given]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["late", "taken", "taken"]
    assert len(room.events("opening.begun")) == 1
    assert room.openings.read(ASKER, opening, room.review) == CONTENT


def test_what_a_custodian_reads_of_a_request_can_not_play_tricks_on_a_terminal(room: Room) -> None:
    request = Request.from_bytes(room.openings.package(ask(room)))
    for change in (
        {"requester": "noor\x1b[2K"},
        {"purpose": "to look at it"},
        {"case": "case\nopening"},
        {"lapses_at": "tomorrow"},
        {"seconds": 0},
        {"seconds": True},
        {"needed": -1},
        {"review_key": "00"},
        {"evidence": "../x"},
    ):
        bad = replace(request, terms=replace(request.terms, **change))  # type: ignore[arg-type]
        with pytest.raises(GrantUnfitError):
            Request.from_bytes(bad.to_bytes())


def test_nothing_but_a_grant_is_kept_as_one(room: Room) -> None:
    opening = ask(room)
    for sealed in (b"", b"x" * 5000, room.grant_of(opening, "amira").sealed + b"x"):
        with pytest.raises(OpeningUnfitError):
            room.openings.grant(AMIRA, Grant(opening, "amira", sealed))
