"""API keys: shown once, kept as a digest, refused when revoked or expired, on both databases."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from safehold.gateway import Scope
from safehold.ledger import open_ledger
from safehold.service.errors import KeyMissingError, KeyNameError, KeyRefusedError
from safehold.service.keys import KeyRing, Token
from safehold.service.tables import api_keys
from safehold.vocabulary import FixedClock

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def ring(places: Any, tmp_path: Path, clock: FixedClock) -> KeyRing:
    home = places.open(tmp_path / "home", clock)
    return KeyRing(home.database, open_ledger(home), clock)


def test_a_key_is_made_shown_used_listed_and_revoked(ring: KeyRing, clock: FixedClock) -> None:
    made, token = ring.create("web", (Scope.CHECK, Scope.METRICS), per_second=5, actor="alice")
    found = ring.identify(token)
    assert (found.caller.name, found.caller.scopes, found.per_second) == ("web", {Scope.CHECK, Scope.METRICS}, 5)
    assert ring.flush() == 1
    assert ring.flush() == 0
    assert [one.last_used_at for one in ring.all()] == [NOW]
    clock.at += dt.timedelta(hours=1)
    assert ring.revoke("web", actor="alice").revoked_at == clock.at
    with pytest.raises(KeyRefusedError):
        ring.identify(token)
    with pytest.raises(KeyMissingError):
        ring.revoke("web")
    events = [one.event for one in ring._ledger.events()][1:]
    assert [(one.kind, one.actor, one.details["key"]) for one in events] == [
        ("key.created", "alice", made.id),
        ("key.revoked", "alice", made.id),
    ]


def test_the_secret_is_nowhere_in_the_database(ring: KeyRing) -> None:
    _, token = ring.create("web", (Scope.CHECK,))
    with ring._database.reading() as connection:
        row = connection.execute(sa.select(api_keys)).mappings().one()
    assert token.secret not in str(dict(row))
    assert token.secret not in repr(token) + repr(ring.all())


def test_an_expired_key_is_refused_from_its_moment_on(ring: KeyRing, clock: FixedClock) -> None:
    _, token = ring.create("web", (Scope.CHECK,), expires_at=NOW + dt.timedelta(seconds=1))
    ring.identify(token)
    clock.at += dt.timedelta(seconds=1)
    with pytest.raises(KeyRefusedError):
        ring.identify(token)


def test_a_secret_that_is_off_by_one_letter_is_refused(ring: KeyRing) -> None:
    _, token = ring.create("web", (Scope.CHECK,))
    other = ("B" if token.secret[0] == "A" else "A") + token.secret[1:]
    for wrong in (Token(token.id, other), Token("0" * 12, token.secret)):
        with pytest.raises(KeyRefusedError):
            ring.identify(wrong)


def test_a_name_is_given_once_and_must_fit_into_the_ledger(ring: KeyRing) -> None:
    ring.create("web", (Scope.CHECK,))
    for name in ("web", "", "two words", "a/b", "x" * 65):
        with pytest.raises(KeyNameError):
            ring.create(name, (Scope.CHECK,))


def test_another_process_refuses_a_revoked_key_within_a_second(ring: KeyRing, clock: FixedClock) -> None:
    _, token = ring.create("web", (Scope.CHECK,))
    other = KeyRing(ring._database, ring._ledger, clock)
    other.identify(token)
    ring.revoke("web")
    other._fresh_until -= 1.0
    with pytest.raises(KeyRefusedError):
        other.identify(token)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "safehold_",
        f"safehold_{'0' * 12}_{'A' * 42}",
        f"safehold_{'0' * 12}_{'A' * 44}",
        f"safehold_{'g' * 12}_{'A' * 43}",
    ],
)
def test_what_is_no_key_is_told_from_one_by_its_form(text: str) -> None:
    assert Token.read(text) is None


def test_tokens_are_read_as_they_are_written() -> None:
    token = Token.new()
    assert Token.read(token.written) == token
    assert len({Token.new().secret for _ in range(50)}) == 50
    assert token.sign(b"a") != Token.new().sign(b"a")
