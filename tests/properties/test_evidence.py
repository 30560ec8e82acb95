"""Whatever people do with holds and destroy requests, in whatever order: no hold is broken, nothing goes unasked."""

import datetime as dt
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.public import PrivateKey
from tests.unit.cases.evidence.stand import REPORTER, Room, open_room

from safehold.cases import ItemState, Person, Role
from safehold.cases.evidence import Basis, Destructions, DestructionState, Ground, Holds
from safehold.cases.evidence.errors import DestructionRefusedError, HoldUnfitError
from safehold.vault import Custodian, CustodianKey, EvidenceId, EvidenceState, HoldRefusedError, Quorum
from safehold.vault.errors import GrantUnfitError, OpeningRefusedError
from safehold.vault.granting import Grant, Request, Terms, grant, header_of, open_granted
from safehold.vault.sealing import seal

SECOND = Person("sam", frozenset({Role.REPORTER}))
REFUSALS = (DestructionRefusedError, HoldUnfitError, HoldRefusedError)

steps = st.lists(
    st.one_of(
        st.tuples(st.just("place"), st.sampled_from(list(Basis)[:-1]), st.none() | st.integers(1, 500)),
        st.tuples(st.just("extend"), st.integers(1, 120), st.none()),
        st.tuples(st.just("release"), st.none(), st.none()),
        st.tuples(st.just("ask"), st.sampled_from([Ground.LAW_ENFORCEMENT, Ground.ERASURE_REQUEST]), st.none()),
        st.tuples(st.just("approve"), st.sampled_from([REPORTER, SECOND]), st.none()),
        st.tuples(st.just("wait"), st.integers(1, 400), st.none()),
        st.tuples(st.just("settle"), st.none(), st.none()),
    ),
    min_size=3,
    max_size=14,
)


@settings(max_examples=25)
@given(steps)
def test_no_order_of_steps_breaks_a_hold_or_destroys_what_nobody_may(taken: list[tuple[str, object, object]]) -> None:
    with tempfile.TemporaryDirectory() as folder, open_room(Path(folder)) as room:
        with room.home.database.writing() as connection:
            items = {one.id: ItemState.DECIDED for one in room.cases.items(room.case, connection=connection)}
            room.cases.mark_items(connection, room.case, items, seen=None, actor="tester")
        holds = Holds(room.home.database, room.ledger, room.clock, room.vault)
        destructions = Destructions(room.home.database, room.ledger, room.clock, room.vault)
        for step in taken:
            was_sealed, active = _is_sealed(room), holds.list()
            try:
                _take(step, room, holds, destructions)
            except REFUSALS:
                assert _is_sealed(room) == was_sealed
            if was_sealed and not _is_sealed(room):
                assert (step[0], active) == ("settle", []), "only a worker destroys, and never against a hold"
                grounds = [one for one in destructions.list() if one.state is DestructionState.DONE]
                assert grounds
                for one in grounds:
                    assert one.decided_by != one.asked_by or one.ground is Ground.EXPIRY
                destructions.proof(room.evidence).verify()
        assert room.vault.fsck().is_sound


def _is_sealed(room: Room) -> bool:
    return room.vault.list()[0].state is EvidenceState.SEALED


def _take(step: tuple[str, object, object], room: Room, holds: Holds, destructions: Destructions) -> None:
    match step:
        case ("place", Basis() as basis, days):
            until = room.clock.at + dt.timedelta(days=days) if isinstance(days, int) else None
            holds.place(REPORTER, room.evidence, basis, reference="r-1", until=until)
        case ("extend", int() as days, _):
            for hold in holds.list()[:1]:
                until = (hold.expires_at or room.clock.at) + dt.timedelta(days=days)
                holds.extend(REPORTER, hold.id, until, reference="r-2")
        case ("release", _, _):
            for hold in holds.list()[-1:]:
                holds.release(REPORTER, hold.id, reference="r-3")
        case ("ask", Ground() as ground, _):
            destructions.ask(REPORTER, room.evidence, ground, reference="r-4", counsel="c-1")
        case ("approve", Person() as person, _):
            for one in destructions.list(state=DestructionState.ASKED)[:1]:
                destructions.approve(person, one.id)
        case ("wait", int() as days, _):
            room.pass_time(days=days)
        case _:
            destructions.settle()


REVIEW = CustodianKey("review", bytes(PrivateKey.generate()))
KEYS = [CustodianKey(f"custodian-{number}", bytes(PrivateKey.generate())) for number in range(5)]


@settings(max_examples=30)
@given(st.binary(max_size=300), st.integers(1, 5), st.data())
def test_enough_grants_open_and_fewer_never_do(content: bytes, count: int, data: st.DataObject) -> None:
    threshold = data.draw(st.integers(1, count))
    chosen = data.draw(st.sets(st.integers(0, count - 1), max_size=count))
    quorum = Quorum(tuple(Custodian(key.name, key.public_key) for key in KEYS[:count]), threshold)
    identifier = EvidenceId("ab" * 32)
    sealed = seal(content, identifier, quorum=quorum, vault_key=b"k" * 32)
    terms = Terms(
        opening="open_1",
        evidence=identifier,
        case="case_1",
        purpose="report",
        requester="noor",
        seconds=60,
        lapses_at="2026-11-25T12:00:00.000000Z",
        needed=max(2, threshold),
        review_key=REVIEW.public_key.hex(),
    )
    whole = b"".join(sealed.parts)
    request = Request.from_bytes(Request(terms, header_of(whole, identifier), sealed.shares).to_bytes())
    grants = [Grant.from_bytes(grant(request, KEYS[number]).to_bytes()) for number in sorted(chosen)]
    if len(grants) >= terms.needed:
        assert open_granted(whole, terms, grants, REVIEW) == content
    else:
        with pytest.raises(OpeningRefusedError):
            open_granted(whole, terms, grants, REVIEW)
    with pytest.raises((OpeningRefusedError, GrantUnfitError)):  # one grant twice is one
        open_granted(whole, terms, grants[:1] * 3, REVIEW)
