"""Concepts spread over the turns of a session, refusals that add up, and what is remembered of both."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.unit.gateway import made_up
from tests.unit.gateway.made_up import CANARY, Desk, Made, open_desk

from safehold.classification.text import Reading
from safehold.gateway import Item, ItemKind, Refusal, Turn
from safehold.gateway.conduct import (
    MOST_INCIDENTS,
    Conduct,
    ConductRule,
    Counted,
    Incident,
    Limit,
    Owner,
    with_incident,
)
from safehold.gateway.conversation import MOST_CONCEPTS, Session, with_concepts
from safehold.gateway.errors import ChecksUnavailableError
from safehold.gateway.memory import Remembered
from safehold.gateway.purge import BATCH_ROWS, purge
from safehold.gateway.tables import decisions
from safehold.vocabulary import Action, Seconds

BOTH = "a red cube and a blue ball"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as opened:
        yield opened


def rule(**changes: object) -> ConductRule:
    told = {
        "id": "made-up",
        "owner": Owner.ACCOUNT,
        "counts": Counted.BLOCKED,
        "at_least": 2,
        "within_seconds": Seconds(60.0),
        "limit_seconds": Seconds(30.0),
        "checks_per_minute": 1,
        "proposes": "review",
        "reason": "made up",
    }
    return ConductRule(**{**told, **changes})  # type: ignore[arg-type]


def incident(at: float, action: Action = Action.DENY, *subjects: str) -> Incident:
    return Incident(at, action, subjects or ("a",))


def after(incidents: list[Incident], *rules: ConductRule) -> tuple[Conduct, list[str]]:
    conduct, met = Conduct(), []
    for one in incidents:
        conduct, new = with_incident(conduct, one, rules)
        met += [found.id for found in new]
    return conduct, met


def test_concepts_of_several_turns_of_a_session_are_joined_and_held(desk: Desk) -> None:
    assert desk.say("a red cube", session="s").action is Action.ALLOW
    answer = desk.say("a blue ball", session="s")
    assert (answer.action, answer.refusal) == (Action.HOLD, Refusal.REVIEW)
    assert desk.say("a blue ball", session="t").action is Action.ALLOW
    assert desk.say("a blue ball").action is Action.ALLOW


def test_a_turn_that_says_nothing_of_it_is_not_held_for_what_was_said_before(desk: Desk) -> None:
    desk.say("a red cube", session="s")
    assert desk.say("a green tree", session="s").action is Action.ALLOW


def test_a_concept_is_forgotten_after_its_time_and_lasts_when_it_is_named_again(desk: Desk) -> None:
    desk.say("a red cube", session="s")
    desk.pass_seconds(1799)
    desk.say("a red cube", session="s")
    desk.pass_seconds(1799)
    assert desk.say("a blue ball", session="s").action is Action.HOLD
    desk.pass_seconds(2026)  # an eighth longer at most
    assert desk.say("a red cube", session="s").action is Action.ALLOW


def test_what_is_remembered_are_names_of_concepts_under_a_keyed_mark(desk: Desk) -> None:
    desk.say(f"a red cube {CANARY}", session=f"{CANARY}-s", account=f"{CANARY}-a")
    (row,) = desk.rows("gateway_subjects")
    assert list(row["state"]["concepts"]) == ["red_cube"]
    assert CANARY not in str(row)
    assert desk.rows("gateway_decisions")[0]["session"] == row["mark"] != "s"


def test_a_session_and_an_account_of_one_name_have_different_marks(desk: Desk) -> None:
    desk.say(BOTH, session="x", account="x")
    assert len({row["mark"] for row in desk.rows("gateway_subjects")}) == 2


def test_remembering_nothing_is_a_setting(tmp_path: Path) -> None:
    with open_desk(tmp_path, Made(made_up.policy(session__carry_seconds=0))) as desk:
        desk.say("a red cube", session="s")
        assert desk.say("a blue ball", session="s").action is Action.ALLOW
        assert desk.rows("gateway_subjects") == []


def test_a_chat_is_joined_over_its_turns(desk: Desk) -> None:
    turns = (Turn("user", "a red cube"), Turn("assistant", "yes?"), Turn("user", "a blue ball"))
    answer = desk.ask(Item(ItemKind.MESSAGES, turns=turns))
    assert answer.action is Action.HOLD


def test_concepts_never_outgrow_their_room() -> None:
    session = with_concepts(Session(), [f"c{number}" for number in range(400)], 0.0, carry_seconds=10)
    assert len(session.concepts) == MOST_CONCEPTS
    later = with_concepts(session, ["latest"], 5.0, carry_seconds=10)
    assert "latest" in later.carried(6.0)


def test_many_refusals_limit_an_account_and_propose_a_review_once(desk: Desk) -> None:
    for number in range(8):
        assert desk.say(BOTH, account="a", session=f"s{number}").refusal is Refusal.POLICY
    limited = [desk.say("a green tree", account="a") for _ in range(7)]
    assert [answer.refusal for answer in limited] == [None] * 6 + [Refusal.LIMITED]
    assert (limited[-1].action, limited[-1].case_id) == (Action.DENY, None)
    assert desk.say("a green tree", account="b").action is Action.ALLOW
    proposals = [row for row in desk.rows("gateway_proposals") if row["rule"] == "many-refusals"]
    assert len(proposals) == len(desk.events("account.action_proposed")) == 1
    assert proposals[0]["proposes"] == "review"


def test_a_limit_ends_by_itself_and_lets_a_few_through_each_minute(desk: Desk) -> None:
    for number in range(8):
        desk.say(BOTH, account="a", session=f"s{number}")
    for _ in range(6):
        desk.say("a green tree", account="a")
    assert desk.say("a green tree", account="a").refusal is Refusal.LIMITED
    desk.pass_seconds(60)
    assert desk.say("a green tree", account="a").refusal is None
    desk.pass_seconds(900)
    assert [desk.say("a green tree", account="a").refusal for _ in range(9)] == [None] * 9


def test_what_is_listed_is_refused_for_that_even_while_a_limit_is_in_force(desk: Desk) -> None:
    for number in range(8):
        desk.say(BOTH, account="a", session=f"s{number}")
    for _ in range(7):
        desk.say("a green tree", account="a")
    assert desk.say(BOTH, account="a").refusal is Refusal.POLICY


def test_what_was_only_not_examined_is_no_incident(tmp_path: Path) -> None:
    with open_desk(tmp_path, Made(text=made_up.FailingReader())) as desk:
        for _ in range(9):
            assert desk.say("a green tree", account="a").refusal is Refusal.UNEXAMINED
        assert desk.rows("gateway_subjects") == []


def test_a_surface_in_shadow_counts_no_incidents(tmp_path: Path) -> None:
    with open_desk(tmp_path, Made(made_up.policy(surfaces__input__mode="shadow"))) as desk:
        for _ in range(9):
            desk.say(BOTH, account="a")
        assert desk.rows("gateway_subjects") == []


def test_a_rule_counts_within_its_window_and_is_met_once() -> None:
    assert after([incident(0), incident(61)], rule()) == (Conduct((incident(0), incident(61))), [])
    conduct, met = after([incident(0), incident(50), incident(60)], rule())
    assert met == ["made-up"]
    assert conduct.limit == Limit("made-up", 90.0, 1)  # set anew by every further incident


def test_repeating_one_subject_and_growing_worse_are_counted_apart() -> None:
    same = rule(counts=Counted.REPEATED)
    assert after([incident(0, Action.DENY, "a"), incident(1, Action.DENY, "b")], same)[1] == []
    assert after([incident(0, Action.DENY, "a", "b"), incident(1, Action.DENY, "b")], same)[1] == ["made-up"]
    worse = rule(counts=Counted.ESCALATING, at_least=1)
    assert after([incident(0), incident(1)], worse)[1] == []
    assert after([incident(0, Action.HOLD), incident(1)], worse)[1] == ["made-up"]


def test_of_several_limits_the_one_that_ends_last_holds() -> None:
    short, long = rule(id="short"), rule(id="long", limit_seconds=Seconds(90.0), checks_per_minute=0)
    conduct, _ = after([incident(0), incident(1)], short, long)
    assert conduct.limit == Limit("long", 91.0, 0)
    assert conduct.is_limited(2.0)
    assert not conduct.is_limited(91.0)


def test_incidents_never_outgrow_their_room() -> None:
    conduct, _ = after([incident(number) for number in range(200)])
    assert len(conduct.incidents) == MOST_INCIDENTS


def test_what_is_remembered_is_read_as_it_was_written() -> None:
    conduct, _ = after([incident(0), incident(1)], rule())
    remembered = Remembered(with_concepts(Session(), {"red_cube"}, 1.0, carry_seconds=2), conduct)
    assert Remembered.from_json(json.loads(json.dumps(remembered.to_json()))) == remembered
    assert Remembered.from_json(json.loads(json.dumps(Remembered().to_json()))) == Remembered()


def test_purging_forgets_marks_conduct_and_decisions_when_their_time_is_over(desk: Desk) -> None:
    desk.say(BOTH, account="a", session="s")
    retention, clock = made_up.policy().retention, desk.clock
    assert not any(vars_of(purge(desk.home.database, desk.ledger, retention, clock.now(), actor="t")))
    desk.pass_seconds(91 * 86400)
    first = purge(desk.home.database, desk.ledger, retention, clock.now(), actor="t")
    assert (first.accounts, first.subjects, first.decisions) == (1, 2, 0)
    assert desk.rows("gateway_decisions")[0]["account"] is None
    desk.pass_seconds(310 * 86400)
    assert purge(desk.home.database, desk.ledger, retention, clock.now(), actor="t").decisions == 1
    assert desk.rows("gateway_decisions") == []
    assert len(desk.events("gateway.purged")) == 2


def vars_of(purged: object) -> list[int]:
    return [getattr(purged, name) for name in ("decisions", "accounts", "subjects", "proposals", "held")]


def test_purging_goes_in_batches_until_nothing_is_left(desk: Desk) -> None:
    desk.say("a green tree")
    (row,) = desk.rows("gateway_decisions")
    many = [{**row, "id": f"{number:032x}"} for number in range(2 * BATCH_ROWS)]
    with desk.home.database.writing() as connection:
        connection.execute(sa.insert(decisions), many)
    desk.pass_seconds(401 * 86400)
    purged = purge(desk.home.database, desk.ledger, made_up.policy().retention, desk.clock.now(), actor="t")
    assert (purged.decisions, desk.rows("gateway_decisions")) == (2 * BATCH_ROWS + 1, [])


def test_turns_of_a_session_that_are_under_way_together_are_joined_all_the_same(desk: Desk) -> None:
    texts = ["a red cube", "a blue ball"]
    for number in range(10):
        with ThreadPoolExecutor(2) as threads:
            answers = list(threads.map(lambda text: desk.say(text, session=f"s{number}"), texts))  # noqa: B023
        assert sorted(answer.action for answer in answers) == [Action.ALLOW, Action.HOLD]


class _Flood:
    """A reader during whose work another turn of the session is recorded, so many times."""

    version = "1"

    def __init__(self, times: int) -> None:
        self.times, self.between = times, lambda: None

    def read(self, texts: Sequence[str], *, carried: frozenset[str] = frozenset()) -> Reading:
        del carried
        if "wait" in "".join(texts):
            self.times -= 1
            if self.times >= 0:
                self.between()
            return Reading((), frozenset({"red_cube"}))
        return Reading((), frozenset(texts))


@pytest.mark.parametrize(("times", "ends"), [(3, True), (99, False)])
def test_a_turn_that_others_overtake_is_decided_again_and_not_for_ever(tmp_path: Path, times: int, ends: bool) -> None:
    reader = _Flood(times)
    with open_desk(tmp_path, Made(text=reader)) as desk:
        reader.between = lambda: desk.say(f"concept {reader.times}", session="s") and None  # type: ignore[func-returns-value]
        if not ends:
            with pytest.raises(ChecksUnavailableError):
                desk.say("wait", session="s")
            return
        assert desk.say("wait", session="s").action is Action.ALLOW
        assert len(desk.rows("gateway_decisions")) == times + 1
