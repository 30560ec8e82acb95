"""The life of a policy, on both databases: its steps, four eyes, the way back, and what processes see of it."""

import json
from functools import cache
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.conftest import Places

from safehold.gateway.features import Features, ItemFeatures
from safehold.gateway.item import ItemKind
from safehold.gateway.lifecycle import (
    FourEyesError,
    LivePolicies,
    NothingToRollBackError,
    PolicyAlteredError,
    PolicyExistsError,
    PolicyMissingError,
    PolicyState,
    PolicyStateError,
    PolicyStore,
    recorded_decisions,
    shadow_tally,
)
from safehold.gateway.lifecycle.tables import gateway_policies
from safehold.gateway.policy import GatewayPolicy
from safehold.gateway.policy_file import default_gateway_policy, parse_gateway_policy
from safehold.gateway.tables import decisions
from safehold.home.home import Home
from safehold.ledger import Ledger, open_ledger
from safehold.screening import Subject
from safehold.vocabulary import Action, MediaKind, SystemClock

OWN = default_gateway_policy()


@cache
def version(number: int, reviewed_by: tuple[str, ...] = ()) -> GatewayPolicy:
    tree = {**json.loads(OWN.canonical), "name": "house", "version": str(number), "reviewed_by": reviewed_by}
    return parse_gateway_policy(json.dumps(tree), called="test")


@pytest.fixture
def home(places: Places, tmp_path: Path) -> Home:
    return places.open(tmp_path / "home", SystemClock())


@pytest.fixture
def ledger(home: Home) -> Ledger:
    return open_ledger(home)


@pytest.fixture
def policies(home: Home, ledger: Ledger) -> PolicyStore:
    return PolicyStore(home.database, ledger, home.clock)


def activated(policies: PolicyStore, number: int) -> None:
    policies.submit(version(number), "ada")
    policies.shadow(f"house@{number}", "ada")
    policies.approve(f"house@{number}", "ben")
    policies.activate(f"house@{number}", "ada")


def states(policies: PolicyStore) -> list[str]:
    return [one.state.value for one in policies.list()]


def kinds(ledger: Ledger) -> list[str]:
    return [entry.event.kind for entry in ledger.events() if entry.event.kind.startswith("policy.")]


def test_a_policy_comes_into_force_step_by_step_and_every_step_is_an_event(
    policies: PolicyStore, ledger: Ledger
) -> None:
    activated(policies, 1)
    active = policies.active()
    assert active is not None
    assert (active.reference, active.state, active.approved_by) == ("house@1", PolicyState.ACTIVE, "ben")
    assert not active.is_single_operator
    assert active.policy() == version(1)
    assert kinds(ledger) == ["policy.submitted", "policy.shadowed", "policy.approved", "policy.activated"]
    (*_, last) = ledger.events()
    assert last.event.policy == version(1).label
    assert last.event.details["approver"] == "ben"
    ledger.checkpoint()
    ledger.verify()


def test_the_next_one_retires_it_and_a_roll_back_brings_it_back(policies: PolicyStore, ledger: Ledger) -> None:
    activated(policies, 1)
    activated(policies, 2)
    assert states(policies) == ["retired", "active"]
    back = policies.roll_back("cleo")
    assert back is not None
    assert back.reference == "house@1"
    assert states(policies) == ["active", "retired"]
    assert policies.roll_back("cleo") is None
    assert states(policies) == ["retired", "retired"]
    assert policies.active() is None
    with pytest.raises(NothingToRollBackError):
        policies.roll_back("cleo")
    assert kinds(ledger)[-3:] == ["policy.rolled_back", "policy.activated", "policy.rolled_back"]
    assert [(one.policy, one.kind) for one in policies.history()] == [
        (1, "activated"),
        (2, "activated"),
        (1, "rolled_back"),
        (None, "rolled_back"),
    ]


def test_after_a_roll_back_another_one_can_follow_and_the_way_back_skips_what_was_left(policies: PolicyStore) -> None:
    for number in (1, 2):
        activated(policies, number)
    policies.roll_back("cleo")
    activated(policies, 3)
    back = policies.roll_back("cleo")
    assert back is not None
    assert back.reference == "house@1"


@pytest.mark.parametrize("approver", ["ada", "ADA"])
def test_who_proposed_it_can_not_approve_it(policies: PolicyStore, approver: str) -> None:
    policies.submit(version(1), "ada")
    policies.shadow("house@1", "ada")
    with pytest.raises(FourEyesError):
        policies.approve("house@1", approver)
    with pytest.raises(FourEyesError):
        policies.activate("house@1", "ben")
    assert states(policies) == ["shadow"]


def test_a_single_operator_says_so_in_every_step(home: Home, ledger: Ledger) -> None:
    alone = PolicyStore(home.database, ledger, home.clock, is_single_operator=True)
    alone.submit(version(1), "ada")
    alone.shadow("house@1", "ada")
    assert alone.approve("house@1", "ada").is_single_operator
    with pytest.raises(FourEyesError):  # the mode was switched off in between
        PolicyStore(home.database, ledger, home.clock).activate("house@1", "ada")
    assert alone.activate("house@1", "ada").is_single_operator
    said = [
        entry.event.details["single_operator"] for entry in ledger.events() if entry.event.kind.startswith("policy")
    ]
    assert said == [False, False, True, True]


def test_a_step_out_of_order_changes_nothing(policies: PolicyStore, ledger: Ledger) -> None:
    with pytest.raises(PolicyMissingError):
        policies.shadow("house@1", "ada")
    policies.submit(version(1), "ada")
    before = kinds(ledger)
    for step in (policies.approve, policies.activate):
        with pytest.raises(PolicyStateError):
            step("house@1", "ben")
    policies.shadow("house@1", "ada")
    with pytest.raises(PolicyStateError):
        policies.shadow("house@1", "ada")
    policies.approve("house@1", "ben")
    with pytest.raises(PolicyStateError):
        policies.approve("house@1", "cleo")
    policies.activate("house@1", "ada")
    for step in (policies.shadow, policies.approve, policies.activate, policies.retire):
        with pytest.raises(PolicyStateError):
            step("house@1", "ben")
    assert kinds(ledger) == [*before, "policy.shadowed", "policy.approved", "policy.activated"]


def test_one_policy_at_a_time_is_in_shadow(policies: PolicyStore) -> None:
    for number in (1, 2):
        policies.submit(version(number), "ada")
    policies.shadow("house@1", "ada")
    with pytest.raises(PolicyStateError):
        policies.shadow("house@2", "ada")
    policies.retire("house@1", "ben")
    policies.shadow("house@2", "ada")
    assert states(policies) == ["retired", "shadow"]


def test_a_stored_text_is_never_replaced(policies: PolicyStore) -> None:
    first = policies.submit(version(1), "ada")
    assert policies.submit(version(1), "ben") == first
    with pytest.raises(PolicyExistsError):
        policies.submit(version(1, ("ben",)), "ada")


def test_processes_see_what_is_in_force(home: Home, policies: PolicyStore) -> None:
    live = LivePolicies(home.database, OWN, fresh_seconds=0)
    assert (live.current().active, live.current().shadow) == (OWN, None)
    policies.submit(version(1), "ada")
    assert live.current().shadow is None
    policies.shadow("house@1", "ada")
    assert live.current().shadow == version(1)
    policies.approve("house@1", "ben")
    policies.activate("house@1", "ada")
    assert (live.current().active, live.current().shadow) == (version(1), None)
    policies.roll_back("ben")
    assert live.current().active == OWN


def test_what_was_read_is_believed_for_a_moment_and_no_longer(home: Home, policies: PolicyStore) -> None:
    believing = LivePolicies(home.database, OWN, fresh_seconds=3600)
    first = believing.current()
    activated(policies, 1)
    assert believing.current() is first
    fresh = LivePolicies(home.database, OWN, fresh_seconds=0)
    assert fresh.current() is fresh.current()
    assert fresh.current().active == version(1)


def test_a_stored_text_that_somebody_changed_decides_nothing(home: Home, policies: PolicyStore) -> None:
    activated(policies, 1)
    changed = version(1, ("mallory",)).canonical
    with home.database.writing() as connection:
        connection.execute(sa.update(gateway_policies).values(canonical=changed))
    with pytest.raises(PolicyAlteredError):
        LivePolicies(home.database, OWN).current()


def test_recorded_decisions_are_read_newest_first_with_what_a_shadow_said(home: Home) -> None:
    features = Features((ItemFeatures(ItemKind.PROMPT, Subject(frozenset({MediaKind.TEXT}))),))
    for number, would in enumerate([None, "hold", "allow"]):
        row = {"id": f"c-{number}", "at": f"2026-11-22T12:00:0{number}.000000Z", "caller": "web", "policy": OWN.label}
        shadow = {"shadow_policy": would and "house@1", "shadow_action": would}
        row |= {"action": "allow", "features": features.to_json(), **shadow}
        with home.database.writing() as connection:
            connection.execute(sa.insert(decisions), row)
    with home.database.reading() as connection:
        read = list(recorded_decisions(connection, newest=2, since="2026-11-22T12:00:00"))
        assert [(one.check_id, one.shadow_action) for one in read] == [("c-2", Action.ALLOW), ("c-1", Action.HOLD)]
        assert read[0].features == features
        assert len(list(recorded_decisions(connection, newest=9, shadow="house@1"))) == 2
        assert shadow_tally(connection, "house@1") == {
            (Action.ALLOW, Action.ALLOW): 1,
            (Action.ALLOW, Action.HOLD): 1,
        }
