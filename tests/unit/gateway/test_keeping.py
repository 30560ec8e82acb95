"""How long what is sealed for review is kept: with its open case, and never longer than the rules of cases say."""

from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn, cast

import pytest
from tests.unit.gateway import made_up
from tests.unit.gateway.made_up import Desk, Made, open_desk

from safehold.cases import CaseId, CaseState, ItemState
from safehold.cases.rules import RetentionRules
from safehold.gateway.errors import HeldItemMissingError
from safehold.gateway.held import HeldItems
from safehold.gateway.keeping import forget_circumstances, keep_awaited, prolong
from safehold.gateway.purge import Purged, purge
from safehold.home.database import Database
from safehold.vault import CustodianKey
from safehold.vault.review import make_review_key, read_review_key

BOTH = "a red cube and a blue ball"
RULES = RetentionRules(held_most_days=10, context_days=20)
HOUR, DAY = 3600, 24 * 3600


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[tuple[Desk, CustodianKey]]:
    folder = tmp_path / "elsewhere" / "keys"
    folder.mkdir(parents=True)
    key = make_review_key(folder, out=tmp_path / "review.key")
    with open_desk(tmp_path, Made(review_key=key)) as desk:
        yield desk, read_review_key(tmp_path / "review.key")


def forget(desk: Desk, rules: RetentionRules = RULES) -> Purged:
    retention = made_up.policy().retention
    return purge(desk.home.database, desk.ledger, retention, desk.clock.now(), actor="system", rules=rules)


def close(desk: Desk, case_id: CaseId) -> None:
    states = dict.fromkeys((item.id for item in desk.cases.items(case_id)), ItemState.DECIDED)
    with desk.home.database.writing() as connection:
        version = desk.cases.mark_items(connection, case_id, states, seen=None, actor="amira")
        desk.cases.change_state(connection, case_id, CaseState.CLOSED, seen=version, actor="amira")


def can_be_opened(desk: Desk, key: CustodianKey) -> bool:
    items = HeldItems(desk.home.database, desk.ledger)
    try:
        for one in items.list():
            items.open(one.id, key, actor="amira", purpose="review", now=desk.clock.now())
    except HeldItemMissingError:
        return False
    return bool(items.list())


def test_an_item_lives_as_long_as_its_case_is_open_and_never_longer_than_the_rules_say(
    kept: tuple[Desk, CustodianKey],
) -> None:
    desk, key = kept
    desk.say(BOTH, account="a")
    for _ in range(9):  # workers come by now and then
        desk.pass_seconds(DAY)
        forget(desk)
        assert can_be_opened(desk, key)
    desk.pass_seconds(DAY - 1)
    forget(desk)
    assert can_be_opened(desk, key)
    desk.pass_seconds(1)
    assert not can_be_opened(desk, key)
    assert forget(desk).held == 1
    assert desk.rows("gateway_held") == []
    assert forget(desk) == Purged(0, 0, 0, 0, 0)


def test_an_item_of_a_closed_case_ends_by_itself(kept: tuple[Desk, CustodianKey]) -> None:
    desk, key = kept
    desk.say(BOTH, account="a")
    close(desk, desk.cases.list().cases[0].id)
    desk.pass_seconds(72 * HOUR - 1)
    assert forget(desk).prolonged == 0
    assert can_be_opened(desk, key)
    desk.pass_seconds(1)
    assert forget(desk).held == 1


class ReadOnly:
    """Stands for a database that somebody else is writing to for long."""

    def __init__(self, database: Database) -> None:
        self.reading = database.reading

    def writing(self) -> NoReturn:
        raise TimeoutError


def test_looking_for_what_ends_never_waits_for_a_writer_and_only_what_is_found_is_written(
    kept: tuple[Desk, CustodianKey],
) -> None:
    desk, _ = kept
    desk.say(BOTH, account="a")
    database = cast("Database", ReadOnly(desk.home.database))
    assert prolong(database, desk.clock.now(), hours=72, most_days=10) == 0
    assert keep_awaited(database, desk.clock.now()) == 0
    assert forget_circumstances(database, desk.clock.now(), days=20) == 0
    desk.pass_seconds(40 * HOUR)
    with pytest.raises(TimeoutError):
        prolong(database, desk.clock.now(), hours=72, most_days=10)


def test_an_item_of_no_case_ends_when_it_said_it_would(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    key = make_review_key(tmp_path / "keys", out=tmp_path.parent / f"{tmp_path.name}.key")
    with open_desk(tmp_path, Made(review_key=key, has_cases=False)) as desk:
        desk.say(BOTH)
        desk.pass_seconds(72 * HOUR)
        assert (forget(desk).prolonged, desk.rows("gateway_held")) == (0, [])


def test_rules_that_are_made_stricter_hold_for_what_is_there_already(kept: tuple[Desk, CustodianKey]) -> None:
    desk, _ = kept
    desk.say(BOTH, account="a")
    desk.pass_seconds(2 * DAY)
    assert forget(desk, RetentionRules(held_most_days=1, context_days=20)).held == 1


def test_circumstances_go_some_time_after_their_case_was_closed_and_not_before(
    kept: tuple[Desk, CustodianKey],
) -> None:
    desk, _ = kept
    desk.say(BOTH, account="a")
    case = desk.cases.list().cases[0]
    (item,) = desk.cases.items(case.id)
    desk.pass_seconds(50 * DAY)
    assert forget(desk).circumstances == 0
    close(desk, case.id)
    desk.pass_seconds(20 * DAY)
    assert forget(desk).circumstances == 0
    assert desk.cases.context(item.id) != b""
    desk.pass_seconds(1)
    assert forget(desk).circumstances == 1
    assert desk.cases.context(item.id) == b""
    (event,) = [one for one in desk.events("gateway.purged") if one["circumstances"]]
    assert event["circumstances"] == 1


def test_more_than_one_batch_is_prolonged_once_each(kept: tuple[Desk, CustodianKey]) -> None:
    desk, _ = kept
    for _ in range(5):
        desk.say(BOTH, account="a")
    desk.pass_seconds(70 * HOUR)
    database, now = desk.home.database, desk.clock.now()
    assert prolong(database, now, hours=72, most_days=10, batch_rows=2) == 5
    assert prolong(database, now, hours=72, most_days=10, batch_rows=2) == 0
