"""Lists of openings, holds and destructions: page by page each row comes once, whatever happens meanwhile."""

import datetime as dt

import pytest
from tests.unit.cases.evidence.stand import AMIRA, ASKER, REPORTER, WEN, Room

from safehold.cases import Person, Role
from safehold.cases.evidence import Basis, Destructions, Ground, Holds
from safehold.cases.evidence.listing import (
    place_of_destruction,
    place_of_end,
    place_of_hold,
    place_of_opening,
    place_to_come,
)
from safehold.cases.paging import every
from safehold.vault import EvidenceId, Label

SECOND = Person("sam", frozenset({Role.REPORTER}))


def _holds(room: Room) -> Holds:
    return Holds(room.home.database, room.ledger, room.clock, room.vault)


def _sealed(room: Room, count: int) -> list[EvidenceId]:
    return [room.vault.put(b"red cube %d" % number, Label(room.case)) for number in range(count)]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_holds_come_once_each_in_their_order_however_small_the_pages_are(room: Room, limit: int) -> None:
    holds = _holds(room)
    for number in range(7):
        if number % 3:
            room.pass_time(seconds=1)  # some begin at the same moment
        until = room.clock.at + dt.timedelta(hours=1 if number in {2, 3} else 500 - number)
        holds.place(REPORTER, room.evidence, Basis.AUTHORITY, reference=f"order-{number}", until=until)
    room.pass_time(hours=2)  # two are over: which, their columns don't tell to the day
    active = list(every(lambda after: holds.list(after=after, limit=limit), place_of_hold))
    assert active == holds.list()
    assert len({hold.id for hold in active}) == 5
    whole = every(
        lambda after: holds.list(evidence=room.evidence, with_ended=True, after=after, limit=2), place_of_hold
    )
    assert len({hold.id for hold in whole}) == 7
    soon = dt.timedelta(days=365)
    ending = list(every(lambda after: holds.ending(soon, after=after, limit=limit), place_of_end))
    assert [hold.grounds.reference for hold in ending] == [f"order-{number}" for number in (6, 5, 4, 1, 0)]


def test_a_hold_that_is_released_meanwhile_hides_no_other_one(room: Room) -> None:
    holds = _holds(room)
    made = [holds.place(REPORTER, room.evidence, Basis.COUNSEL, reference=f"letter-{number}") for number in range(4)]
    first = holds.list(limit=2)
    holds.release(REPORTER, first[-1].id, reference="counsel-2")
    rest = holds.list(after=place_of_hold(first[-1]))
    assert {one.id for one in (*first, *rest)} == {one.id for one in made}


def test_openings_come_once_each_latest_first_and_those_that_run_alone_where_asked_for(room: Room) -> None:
    asked = []
    for number in range(6):
        room.pass_time(hours=number % 2)
        asked.append(room.openings.request(ASKER, room.evidence, case=room.case, purpose=f"report-{number}"))
    found = list(every(lambda after: room.openings.list(after=after, limit=2), place_of_opening))
    assert {one.id for one in found} == {one.id for one in asked}
    assert found == sorted(found, key=lambda one: (one.requested_at, one.id), reverse=True)
    for person in (AMIRA, WEN):
        room.openings.grant(person, room.grant_of(asked[-1].id, person.name))
    assert len(room.openings.list(is_running=True)) == 6
    room.pass_time(hours=2)  # the one that was granted is over, and no worker has said so yet
    assert {one.id for one in room.openings.list(is_running=True)} == {one.id for one in asked[:-1]}
    room.pass_time(hours=72)
    assert room.openings.list(is_running=True) == ()


@pytest.mark.parametrize("limit", [1, 2, 4])
def test_destructions_to_come_begin_with_those_that_wait_for_a_second_person(room: Room, limit: int) -> None:
    destructions = Destructions(room.home.database, room.ledger, room.clock, room.vault)
    asked = []
    for number, evidence in enumerate(_sealed(room, 5)):
        room.pass_time(minutes=number % 2)
        made = destructions.ask(REPORTER, evidence, Ground.LAW_ENFORCEMENT, reference=f"agency-{number}")
        asked.append(made)
    destructions.approve(SECOND, asked[0].id)
    destructions.refuse(SECOND, asked[1].id, reason="unclear")
    found = list(every(lambda after: destructions.to_come(after=after, limit=limit), place_to_come))
    assert [one.id for one in found[-1:]] == [asked[0].id], "what is approved comes last"
    assert {one.id for one in found} == {one.id for one in asked} - {asked[1].id}
    assert [one.asked_at for one in found[:-1]] == sorted(one.asked_at for one in found[:-1])
    every_one = every(lambda after: destructions.list(after=after, limit=limit), place_of_destruction)
    assert {one.id for one in every_one} == {one.id for one in asked}
