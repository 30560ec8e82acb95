"""Signals on their way to the own lists: by the second of four eyes, all of those marked or none."""

import secrets
from collections.abc import Iterator

import pytest
import yaml
from tests.conftest import KINDS, Places
from tests.unit.console.pages.room import Room, open_room, sha256
from tests.unit.console.standing import NOW

from safehold.cases import Person, Role
from safehold.cases.decisions import Decision, ItemDecision, SignalListing
from safehold.cases.rules.file import default_source
from safehold.vocabulary import Bits, Finding, FindingKind, FixedClock, Tier

NEAR = Finding(FindingKind.MATCH, "pdq", "test", "test@1#3", Tier.TRUSTED, Bits(8))
BORIS = Person("boris", frozenset({Role.REVIEWER}))


@pytest.fixture(scope="module")
def room(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """Give a room in which nothing is sampled for a second review."""
    places = Places(None if KINDS[0] == "sqlite" else request.getfixturevalue("postgresql_server"))
    folder, rules = tmp_path_factory.mktemp("room"), yaml.safe_load(default_source())
    rules["review"]["second"]["share"] = {"confirm": 0, "not_a_violation": 0, "automatic": 0}
    (folder / "rules.yaml").write_text(yaml.safe_dump(rules))
    opened = places.open(folder / "home", FixedClock(NOW))
    with open_room(folder, opened, case_rules=folder / "rules.yaml") as made:
        yield made
    places.close()


def _waiting(room: Room) -> SignalListing:
    """Return what waits after somebody found an item harmless."""
    casework = room.casework
    told = {"signals": (sha256(secrets.token_bytes(9)),), "findings": (NEAR,)}
    case = room.case(f"chk_{secrets.token_hex(4)}#0", secrets.token_hex(4), **told)
    claim = casework.queues.claim(case, BORIS)
    (item,) = casework.cases.items(case)
    said = ItemDecision(item.id, Decision.NOT_A_VIOLATION, allow=True)
    casework.decisions.decide(BORIS, case, [said], seen=casework.cases.show(case).version, claim=claim)
    (found,) = casework.decisions.proposals(case_id=case)
    return found


def _state(room: Room, one: SignalListing) -> str:
    states = frozenset(type(one.state))
    return next(found for found in room.casework.decisions.proposals(states=states) if found.id == one.id).state.value


def test_what_waits_is_let_on_by_somebody_else_and_once(room: Room) -> None:
    one = _waiting(room)
    fields = {"listing": one.id, "decision": "approve"}
    own = room.as_(Role.SPECIALIST, name="boris", stepped_up=True)
    other = room.as_(Role.SPECIALIST, name="clara", stepped_up=True)
    assert one.case[:12] in other.get("/signals").text
    assert own.send_form("/signals", fields).status_code == 422
    assert _state(room, one) == "proposed"
    assert other.send_form("/signals", fields).status_code == 303
    assert _state(room, one) in {"approved", "listed"}
    assert other.send_form("/signals", fields).status_code == 422


def test_signals_need_the_second_factor_just_now(room: Room) -> None:
    fields = {"listing": _waiting(room).id, "decision": "approve"}
    assert room.as_(Role.SPECIALIST, name="clara").send_form("/signals", fields).status_code == 403


def test_keeping_signals_off_needs_a_reason_of_ours(room: Room) -> None:
    one = _waiting(room)
    browser = room.as_(Role.SPECIALIST, name="clara", stepped_up=True)
    fields = {"listing": one.id, "decision": "refuse"}
    for reason in ("", "because I say so"):
        assert browser.send_form("/signals", {**fields, "reason": reason}).status_code == 422
    assert browser.send_form("/signals", {**fields, "reason": "unclear"}).status_code == 303
    assert _state(room, one) == "refused"


@pytest.mark.parametrize("listing", ["", "list_x", "list_00000000000000000000", "../x"])
def test_what_waits_for_nobody_is_not_let_on(room: Room, listing: str) -> None:
    browser = room.as_(Role.SPECIALIST, name="clara", stepped_up=True)
    assert browser.send_form("/signals", {"listing": listing, "decision": "approve"}).status_code == 422


def test_of_several_that_are_marked_all_go_or_none(room: Room) -> None:
    good, own = _waiting(room), _waiting(room)
    browser = room.as_(Role.SPECIALIST, name="clara", stepped_up=True)
    wrong = {"listing": [good.id, "list_00000000000000000000"], "decision": "approve"}
    assert browser.send_form("/signals", wrong).status_code == 422
    assert _state(room, good) == "proposed"
    assert browser.send_form("/signals", {"listing": [good.id, own.id], "decision": "approve"}).status_code == 303
    assert {_state(room, good), _state(room, own)} <= {"approved", "listed"}
