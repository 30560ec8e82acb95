import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from safehold.gateway.messages import Audience, Exposures, load_catalogue
from safehold.gateway.messages.tables import message_counts
from safehold.gateway.tables import decisions
from safehold.home.home import Home
from safehold.vocabulary import FixedClock

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with Home.open(tmp_path / "home", FixedClock(NOW)) as opened:
        yield opened


def exposures(home: Home, *, flush_seconds: float = 5.0) -> Exposures:
    return Exposures(home.database, home.clock, flush_seconds=flush_seconds)


def rows(home: Home, table: sa.Table) -> list[sa.RowMapping]:
    with home.database.reading() as connection:
        return list(connection.execute(sa.select(table).order_by(*table.primary_key)).mappings())


def test_showings_are_counted_by_day_key_country_language_and_audience(home: Home) -> None:
    counting = exposures(home)
    message = load_catalogue().resolve("prevention", country="GB", locale="fr")
    for audience in (None, None, Audience.WITNESS):
        counting.shown(message, audience)
    assert rows(home, message_counts) == []
    counting.flush()
    counting.shown(message, None)
    assert counting.summary().shown == {"prevention": 4}
    assert [(row["country"], row["language"], row["audience"], row["shown"]) for row in rows(home, message_counts)] == [
        ("GB", "fr", "", 3),
        ("GB", "fr", "witness", 1),
    ]


def test_counts_that_waited_for_long_enough_are_written(home: Home) -> None:
    counting = exposures(home, flush_seconds=0.0)
    counting.shown(load_catalogue().resolve("limited"), None)
    assert len(rows(home, message_counts)) == 1


def refuse(home: Home, number: int, account: str | None, refusal: str | None) -> None:
    row = {"id": f"d-{number}", "at": "2026-11-22T12:00:00.000000Z", "caller": "web", "policy": "p@1", "action": "deny"}
    with home.database.writing() as connection:
        connection.execute(sa.insert(decisions).values(**row, account=account, refusal=refusal, features={}))


def test_the_share_of_accounts_refused_again_is_told(home: Home) -> None:
    counting = exposures(home)
    assert counting.summary().repeat_rate is None
    refused = ("a-1", "a-2", "a-2", "a-2", "a-3", "a-4", None, None)
    for number, account in enumerate(refused):
        refuse(home, number, account, "refused_by_policy")
    for number, refusal in enumerate(["not_examined", "limited", None], start=len(refused)):
        refuse(home, number, "a-1", refusal)
    summary = counting.summary()
    assert (summary.accounts, summary.accounts_again, summary.repeat_rate) == (4, 1, 0.25)


def test_two_processes_add_to_the_same_counts(home: Home) -> None:
    one, other = exposures(home), exposures(home)
    for counting in (one, other):
        counting.shown(load_catalogue().resolve("limited"), None)
    one.flush()
    assert other.summary().shown == {"limited": 2}


def test_counts_that_can_not_be_written_still_wait(home: Home) -> None:
    counting = exposures(home)
    counting.shown(load_catalogue().resolve("limited"), None)
    with home.database.writing() as connection:
        connection.execute(sa.text("ALTER TABLE message_counts RENAME TO away"))
    with pytest.raises(sa.exc.DBAPIError):
        counting.flush()
    with home.database.writing() as connection:
        connection.execute(sa.text("ALTER TABLE away RENAME TO message_counts"))
    assert counting.summary().shown == {"limited": 1}


def test_only_days_that_are_asked_for_count(home: Home) -> None:
    counting = exposures(home)
    counting.shown(load_catalogue().resolve("limited"), None)
    assert counting.summary(since=NOW.date()).shown == {"limited": 1}
    assert counting.summary(since=NOW.date() + dt.timedelta(days=1)).shown == {}
