import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from safehold.gateway.messages import Audience, Exposures, load_catalogue
from safehold.gateway.messages.tables import message_accounts, message_counts
from safehold.home.home import Home
from safehold.vocabulary import FixedClock

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with Home.open(tmp_path / "home", FixedClock(NOW)) as opened:
        yield opened


def exposures(home: Home, *, flush_seconds: float = 5.0) -> Exposures:
    return Exposures(home.database, home.clock, digest_key=b"k" * 16, flush_seconds=flush_seconds)


def rows(home: Home, table: sa.Table) -> list[sa.RowMapping]:
    with home.database.reading() as connection:
        return list(connection.execute(sa.select(table)).mappings())


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


def test_the_share_of_accounts_refused_again_is_told_and_no_account_is_kept_in_plain(home: Home) -> None:
    counting = exposures(home)
    assert counting.summary().repeat_rate is None
    for account in ("a-1", "a-2", "a-2", "a-2", "a-3", "a-4", ""):
        counting.refused(account)
    summary = counting.summary()
    assert (summary.accounts, summary.accounts_again, summary.repeat_rate) == (4, 1, 0.25)
    assert all("a-" not in row["account"] for row in rows(home, message_accounts))


def test_two_processes_add_to_the_same_counts(home: Home) -> None:
    one, other = exposures(home), exposures(home)
    one.refused("a-1")
    one.flush()
    other.refused("a-1")
    assert other.summary().accounts_again == 1


def test_accounts_are_forgotten_after_their_time(home: Home) -> None:
    counting = exposures(home)
    counting.refused("a-1")
    counting.flush()
    assert counting.forget(NOW.date()) == 0
    assert counting.forget(NOW.date() + dt.timedelta(days=1)) == 1
    assert counting.summary().accounts == 0
