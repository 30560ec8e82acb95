"""Policies beside real checks over stand-ins: what shadow records, what a back-test finds, who decides next."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.unit.gateway import made_up
from tests.unit.gateway.made_up import CANARY, OPERATOR, Made, open_desk, picture

from safehold.gateway import Answer, CheckRequest, Context, Item, ItemKind
from safehold.gateway.checking import GatewayChecks, Records
from safehold.gateway.further import Further
from safehold.gateway.lifecycle import (
    BackTest,
    LivePolicies,
    PolicyStore,
    Shift,
    back_test,
    recorded_decisions,
    shadow_tally,
)
from safehold.gateway.marks import Marks
from safehold.gateway.media import MediaRoom, StandingLists
from safehold.gateway.observing import Detectors
from safehold.gateway.policy import GatewayPolicy
from safehold.gateway.tables import decisions
from safehold.home.database import Database
from safehold.ledger.commit import GroupCommit
from safehold.matching import Index
from safehold.matching.banks.builtin import builtin_bank
from safehold.media.signature_picture import test_signature_png as signature_png
from safehold.vocabulary import Action

RULE = "sexualised-red_cube"


@cache
def house(version: str, action: str = "deny", **changes: Any) -> GatewayPolicy:
    rules = json.loads(made_up.policy().canonical)["rules"]
    changed = [{**rule, "action": action} if rule["id"] == RULE else rule for rule in rules]
    return made_up.policy(name="house", version=version, rules=changed, **changes)


class Live:
    """Checks under the policies that are in force in a home."""

    def __init__(self, checks: GatewayChecks, store: PolicyStore, database: Database) -> None:
        self.checks, self.store, self.database = checks, store, database

    def say(self, text: str, **context: str) -> Answer:
        return self.ask(Item(ItemKind.PROMPT, text=text), **context)

    def ask(self, *items: Item, **context: str) -> Answer:
        return self.checks.check(CheckRequest(items, Context(**context)), OPERATOR)

    def back_test(self, candidate: GatewayPolicy, baseline: GatewayPolicy, **which: Any) -> BackTest:
        with self.database.reading() as connection:
            return back_test(recorded_decisions(connection, newest=100, **which), candidate, baseline)


@contextmanager
def living(folder: Path) -> Iterator[Live]:
    with open_desk(folder) as desk, GroupCommit(desk.home.database, desk.ledger) as commits:
        database = desk.home.database
        room = MediaRoom(made_up.in_process, StandingLists(Index.over([builtin_bank()])))
        checks = GatewayChecks(
            LivePolicies(database, made_up.policy(), fresh_seconds=0),
            Detectors(Made().text, room, Further()),
            Records(database, commits, desk.ledger, Marks(b"k" * 32), b"k" * 32),
            desk.clock,
        )
        yield Live(checks, PolicyStore(database, desk.ledger, desk.clock), database)


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    with living(tmp_path) as opened:
        yield opened


def test_a_policy_in_shadow_acts_on_nothing_and_its_word_is_recorded(live: Live) -> None:
    live.store.submit(house("1", "hold"), "ada")
    live.store.shadow("house@1", "ada")
    answers = [live.say("a red cube and a blue ball"), live.say("a green tree")]
    assert [answer.action for answer in answers] == [Action.DENY, Action.ALLOW]
    assert {answer.policy for answer in answers} == {made_up.policy().label}
    assert all(answer.would is None for answer in answers)
    with live.database.reading() as connection:
        tally = shadow_tally(connection, house("1", "hold").label)
    assert tally == {(Action.ALLOW, Action.ALLOW): 1, (Action.DENY, Action.HOLD): 1}
    result = live.back_test(house("1", "hold"), made_up.policy(), shadow=house("1", "hold").label)
    assert (result.decisions, result.changed) == (2, 1)


def test_an_activated_policy_decides_the_next_check_and_a_roll_back_the_one_after(live: Live) -> None:
    live.store.submit(house("1", "hold"), "ada")
    live.store.shadow("house@1", "ada")
    live.store.approve("house@1", "ben")
    live.store.activate("house@1", "ben")
    held = live.say("a red cube and a blue ball")
    assert (held.action, held.policy) == (Action.HOLD, house("1", "hold").label)
    live.store.roll_back("ben")
    denied = live.say("a red cube and a blue ball")
    assert (denied.action, denied.policy) == (Action.DENY, made_up.policy().label)


def asked_all_sorts(live: Live) -> list[Answer]:
    return [
        live.say("a green tree", account="a-1"),
        live.say(f"a red cube and a blue ball {CANARY}", account="a-1"),
        live.say("a red cube", session="s-1"),
        live.say("a blue ball", session="s-1"),
        live.ask(Item(ItemKind.IMAGE, data=signature_png())),
        live.ask(Item(ItemKind.IMAGE, data=b"\xff\xd8\xff\xe0 cut short")),
        live.ask(Item(ItemKind.SOURCE_IMAGE, data=picture()), Item(ItemKind.PROMPT, text="paint it")),
    ]


def test_what_was_recorded_comes_out_the_same_under_the_same_policy(live: Live) -> None:
    answers = asked_all_sorts(live)
    assert {answer.action for answer in answers} == {Action.ALLOW, Action.HOLD, Action.DENY}
    result = live.back_test(made_up.policy(), made_up.policy())
    assert (result.decisions, result.changed, result.unexplained, result.unreadable) == (7, 0, 0, 0)
    assert (result.shifts, result.unseen) == ({}, ())


def test_a_back_test_says_what_would_change_where_and_names_checks_alone(live: Live) -> None:
    answers = asked_all_sorts(live)
    candidate = house("2", "hold", surfaces__input__fail_open=True, thresholds__pdq=36)
    result = live.back_test(candidate, made_up.policy())
    assert result.shifts == {
        Shift("input", Action.DENY, Action.HOLD): 1,
        Shift("input", Action.HOLD, Action.ALLOW_UNEXAMINED): 1,
    }
    assert (result.changed, result.stricter) == (2, 0)
    assert result.examples[Shift("input", Action.DENY, Action.HOLD)] == (answers[1].id,)
    assert result.unseen == ("thresholds.pdq",)
    assert CANARY not in repr(result)


def test_newest_first_and_no_more_than_asked_for(live: Live) -> None:
    answers = asked_all_sorts(live)
    with live.database.reading() as connection:
        newest = [one.check_id for one in recorded_decisions(connection, newest=3)]
        none = list(recorded_decisions(connection, newest=3, since="2999-01-01"))
    assert len(newest) == 3
    assert set(newest) <= {answer.id for answer in answers}
    assert none == []


def test_records_that_can_not_be_read_are_counted(live: Live) -> None:
    live.say("a green tree")
    with live.database.writing() as connection:
        connection.execute(sa.update(decisions).values(features={"items": [{"kind": "unheard-of"}]}))
    result = live.back_test(made_up.policy(), made_up.policy())
    assert (result.decisions, result.unreadable) == (0, 1)


def test_a_record_that_was_changed_is_noticed(live: Live) -> None:
    live.say("a red cube and a blue ball")
    with live.database.writing() as connection:
        connection.execute(sa.update(decisions).values(action="allow"))
    assert live.back_test(made_up.policy(), made_up.policy()).unexplained == 1
