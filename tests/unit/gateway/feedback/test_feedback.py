import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from nacl.public import PrivateKey, SealedBox

from safehold.gateway.feedback import Feedback, FeedbackBook, FeedbackReason, FeedbackUnusableError
from safehold.gateway.feedback.tables import feedback
from safehold.gateway.reports import Desk, Limits, NoHolding, ReviewSeal, Sender, TooManyReportsError
from safehold.home.home import Home
from safehold.ledger import Ledger, open_ledger
from safehold.vocabulary import FixedClock

KEY = PrivateKey.generate()
PERSON = Sender(source="192.0.2.7")
WRONG = Feedback("check-00000001", FeedbackReason.HEALTH, "I asked about a rash")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with Home.open(tmp_path / "home", FixedClock(dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC))) as opened:
        yield opened


@pytest.fixture
def ledger(home: Home) -> Ledger:
    return open_ledger(home)


def book(home: Home, ledger: Ledger, *, per_source: int = 10) -> FeedbackBook:
    desk = Desk(ReviewSeal(bytes(KEY.public_key)), NoHolding(), b"k" * 32, Limits(per_source=per_source))
    return FeedbackBook(home.database, ledger, home.clock, desk)


def sealed(home: Home) -> list[bytes | None]:
    with home.database.reading() as connection:
        return list(connection.execute(sa.select(feedback.c.sealed)).scalars())


def test_feedback_is_counted_by_reason_and_told_to_the_ledger_without_the_words(home: Home, ledger: Ledger) -> None:
    given = book(home, ledger).receive(WRONG, PERSON)
    assert book(home, ledger).counts()["health"] == 1
    assert book(home, ledger).counts()["art"] == 0
    (entry,) = (one for one in ledger.events() if one.event.kind == "feedback.received")
    assert dict(entry.event.details) == {"id": given, "reason": "health", "check": "check-00000001"}


def test_words_are_sealed_to_the_review_key_and_removed_in_time(home: Home, ledger: Ledger) -> None:
    book(home, ledger).receive(WRONG, PERSON)
    (kept,) = sealed(home)
    assert kept is not None
    assert SealedBox(KEY).decrypt(kept) == b"I asked about a rash"
    assert book(home, ledger).forget() == 0
    assert isinstance(home.clock, FixedClock)
    home.clock.at += dt.timedelta(days=91)
    assert book(home, ledger).forget() == 1
    assert sealed(home) == [None]
    assert book(home, ledger).counts()["health"] == 1


@pytest.mark.parametrize(
    "told",
    [
        Feedback("", FeedbackReason.OTHER),
        Feedback("two words", FeedbackReason.OTHER),
        Feedback("check-1", FeedbackReason.OTHER, "x" * 501),
    ],
)
def test_what_is_no_id_or_too_long_is_refused(home: Home, ledger: Ledger, told: Feedback) -> None:
    with pytest.raises(FeedbackUnusableError):
        book(home, ledger).receive(told, PERSON)
    assert sealed(home) == []


def test_one_source_can_not_fill_the_book(home: Home, ledger: Ledger) -> None:
    for _ in range(2):
        book(home, ledger, per_source=2).receive(WRONG, PERSON)
    with pytest.raises(TooManyReportsError):
        book(home, ledger, per_source=2).receive(WRONG, PERSON)
    assert len(sealed(home)) == 2
