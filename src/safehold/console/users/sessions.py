"""Sessions: for how long somebody counts as who they proved to be, by a cookie of which only the digest is kept.

Rules: the cookie is exchanged for another one at every step that lets somebody do more, so that one which was planted
or seen before is worth nothing after. What a session may do is read with every request: roles taken away, or a user
disabled, count at once. Until the last step of signing in, `find` knows nothing of a session.

    started = sessions.start("amira", stage=Stage.SIGNED_IN)
    sessions.find(started.cookie).person.can(Ability.REVIEW)

Source: OWASP, Session Management Cheat Sheet (2025); NIST SP 800-63B-4 (2025) section 5.
"""

import datetime as dt
import re
import secrets

import sqlalchemy as sa

from safehold.console.users.errors import SessionEndedError
from safehold.console.users.rules import UserRules
from safehold.console.users.session import Session, Stage, Started, digest_of, to_session
from safehold.console.users.tables import sessions as sessions_table
from safehold.console.users.tables import users as users_table
from safehold.console.users.user import UserState
from safehold.home.database import Database
from safehold.home.errors import HomeBusyError
from safehold.ledger import EventLog
from safehold.ledger.entry import timestamp
from safehold.vocabulary import Clock, Event

_COOKIE_BYTES = 32
_COOKIE = re.compile(r"[A-Za-z0-9_-]{43}")
_SEEN_SECONDS = 60
"""How old the time of the last request may be in the database: written at most so often, not with every request."""


class Sessions:
    """The sessions of a home; threads and processes may share them.

    Args:
        database: of the home.
        ledger: where it is recorded that people signed in and out.
        clock: where the time comes from.
        rules: how long sessions last.
    """

    def __init__(self, database: Database, ledger: EventLog, clock: Clock, rules: UserRules) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._rules = rules.sessions

    def start(
        self, user: str, *, stage: Stage, before: str = "", seen: int | None = None, is_confirmed: bool = True
    ) -> Started:
        """Begin a session; one that the browser had before is ended, so that nobody goes on in it.

        Args:
            user: who has just proved who they are.
            stage: what is left to do.
            before: the cookie that the browser showed; "" for none.
            seen: the version of the user that was proved; None where nothing can have changed since.
            is_confirmed: whether who is signed in by this has shown just now that it is them.

        Raises:
            SessionEndedError: the user was changed since, or there is none any more who is let in.
        """
        now = self._clock.now()
        cookie = secrets.token_urlsafe(_COOKIE_BYTES)
        row = {"digest": digest_of(cookie), "user": user, "stage": stage.value, "started_at": timestamp(now)}
        times = {"seen_at": timestamp(now), "expires_at": timestamp(self._end(stage, now))}
        stepped_up = self._stepped_up(now) if stage is Stage.SIGNED_IN and is_confirmed else None
        with self._database.writing() as connection:
            _remove(connection, sessions_table.c.digest == digest_of(before))
            connection.execute(sa.insert(sessions_table).values(**row, **times, stepped_up_until=stepped_up))
            found = self._require(connection, cookie, now)
            _require_version(connection, user, seen)
            if stage is Stage.SIGNED_IN:
                self._note_signed_in(connection, found, now)
        return Started(cookie, found)

    def find(self, cookie: str) -> Session | None:
        """Return whose session a cookie is; None for nobody's, an ended one's, and for who is still on the way in."""
        found = self._find(cookie)
        if found is None or found[0].stage is not Stage.SIGNED_IN:
            return None
        session, seen_at = found
        self._note_seen(session, seen_at)
        return session

    def arriving(self, cookie: str) -> Session | None:
        """Return who is on the way in with a cookie; None for nobody, and for who is signed in."""
        found = self._find(cookie)
        return None if found is None or found[0].stage is Stage.SIGNED_IN else found[0]

    def advance(self, cookie: str, stage: Stage) -> Started:
        """Let somebody on the way in go on to a stage, under another cookie.

        Raises:
            SessionEndedError: the cookie is nobody's on the way in, or was exchanged by another request meanwhile.
        """
        now = self._clock.now()
        changes = {"stage": stage.value, "expires_at": timestamp(self._end(stage, now)), "challenge": None}
        if stage is Stage.SIGNED_IN:
            changes["stepped_up_until"] = self._stepped_up(now)
        with self._database.writing() as connection:
            started = self._exchanged(connection, cookie, changes, is_signed_in=False, now=now)
            if stage is Stage.SIGNED_IN:
                self._note_signed_in(connection, started.session, now)
        return started

    def step_up(self, cookie: str) -> Started:
        """Note that somebody signed in has shown their second factor again, and exchange the cookie.

        Raises:
            SessionEndedError: the cookie is nobody's who is signed in, or was exchanged meanwhile.
        """
        now = self._clock.now()
        changes = {"stepped_up_until": self._stepped_up(now), "challenge": None}
        with self._database.writing() as connection:
            started = self._exchanged(connection, cookie, changes, is_signed_in=True, now=now)
            self._ledger.append(Event("user.stepped_up", started.session.person.name), connection)
        return started

    def exchange(self, cookie: str) -> Started:
        """Exchange the cookie of who is signed in, after something that the old one should not outlive.

        Raises:
            SessionEndedError: the cookie is nobody's who is signed in, or was exchanged meanwhile.
        """
        now = self._clock.now()
        with self._database.writing() as connection:
            return self._exchanged(connection, cookie, {"challenge": None}, is_signed_in=True, now=now)

    def end(self, cookie: str) -> None:
        """Sign out; ending what has ended changes nothing."""
        with self._database.writing() as connection:
            found = self._seen(connection, cookie, self._clock.now())
            _remove(connection, sessions_table.c.digest == digest_of(cookie))
            if found is not None and found[0].stage is Stage.SIGNED_IN:
                self._ledger.append(Event("user.signed_out", found[0].person.name), connection)

    def end_others(self, session: Session) -> int:
        """End every other session of a person, and return how many."""
        with self._database.writing() as connection:
            return end_all(connection, session.person.name, but=session.digest)

    def count(self, user: str) -> int:
        """Return how many sessions of a user are open."""
        with self._database.reading() as connection:
            living = self._living(self._clock.now()).where(users_table.c.name == user)
            return len(connection.execute(living).all())

    def forget(self) -> int:
        """Remove sessions that are over, and return how many; for a worker, every now and then."""
        now = self._clock.now()
        idle = timestamp(now - dt.timedelta(seconds=self._rules.idle_seconds))
        over = sa.or_(sessions_table.c.expires_at <= timestamp(now), sessions_table.c.seen_at <= idle)
        with self._database.writing() as connection:
            return _remove(connection, over)

    def set_challenge(self, session: Session, challenge: str) -> None:
        """Note what a security key must sign next in a session.

        Raises:
            SessionEndedError: it is over.
        """
        query = sa.update(sessions_table).where(sessions_table.c.digest == session.digest)
        with self._database.writing() as connection:
            if not connection.execute(query.values(challenge=challenge)).rowcount:
                raise _ended()

    def take_challenge(self, session: Session) -> str:
        """Return what a security key must have signed in a session, once; "" for nothing."""
        row = sessions_table.c.digest == session.digest
        with self._database.writing() as connection:
            found = connection.execute(sa.select(sessions_table.c.challenge).where(row)).scalar()
            connection.execute(sa.update(sessions_table).where(row).values(challenge=None))
        return found or ""

    def _find(self, cookie: str) -> tuple[Session, dt.datetime] | None:
        if not _COOKIE.fullmatch(cookie):
            return None
        with self._database.reading() as connection:
            return self._seen(connection, cookie, self._clock.now())

    def _seen(self, connection: sa.Connection, cookie: str, now: dt.datetime) -> tuple[Session, dt.datetime] | None:
        """Return a session that goes on, and about when its last request came."""
        query = self._living(now).where(sessions_table.c.digest == digest_of(cookie))
        row = connection.execute(query).mappings().first()
        return None if row is None else (to_session(row, cookie), dt.datetime.fromisoformat(row["seen_at"]))

    def _require(self, connection: sa.Connection, cookie: str, now: dt.datetime) -> Session:
        found = self._seen(connection, cookie, now)
        if found is None:
            raise _ended()
        return found[0]

    def _living(self, now: dt.datetime) -> sa.Select[tuple[object, ...]]:
        """Return a query of the sessions that go on, with what their users may do now."""
        idle = timestamp(now - dt.timedelta(seconds=self._rules.idle_seconds))
        return (
            sa.select(sessions_table, users_table.c.roles, users_table.c.source, users_table.c.name)
            .join(users_table, users_table.c.name == sessions_table.c.user)
            .where(users_table.c.state == UserState.ACTIVE.value)
            .where(sessions_table.c.expires_at > timestamp(now), sessions_table.c.seen_at > idle)
        )

    def _exchanged(
        self,
        connection: sa.Connection,
        cookie: str,
        changes: dict[str, str | None],
        *,
        is_signed_in: bool,
        now: dt.datetime,
    ) -> Started:
        """Change a session and its cookie; of two requests with the same cookie one wins."""
        session = self._require(connection, cookie, now)
        if (session.stage is Stage.SIGNED_IN) is not is_signed_in:
            raise _ended()
        fresh = secrets.token_urlsafe(_COOKIE_BYTES)
        query = sa.update(sessions_table).where(sessions_table.c.digest == session.digest)
        values = {**changes, "digest": digest_of(fresh), "seen_at": timestamp(now)}
        if not connection.execute(query.values(**values)).rowcount:
            raise _ended()
        return Started(fresh, self._require(connection, fresh, now))

    def _note_signed_in(self, connection: sa.Connection, session: Session, now: dt.datetime) -> None:
        query = sa.update(users_table).where(users_table.c.name == session.person.name)
        connection.execute(query.values(signed_in_at=timestamp(now)))
        self._ledger.append(
            Event("user.signed_in", session.person.name, details={"source": session.source.value}), connection
        )

    def _note_seen(self, session: Session, seen_at: dt.datetime) -> None:
        now = self._clock.now()
        if (now - seen_at).total_seconds() < _SEEN_SECONDS:
            return
        query = sa.update(sessions_table).where(sessions_table.c.digest == session.digest)
        try:
            with self._database.writing() as connection:
                connection.execute(query.values(seen_at=timestamp(now)))
        except HomeBusyError:  # the next request notes it
            return

    def _end(self, stage: Stage, now: dt.datetime) -> dt.datetime:
        is_there = stage is Stage.SIGNED_IN
        return now + dt.timedelta(seconds=self._rules.longest_seconds if is_there else self._rules.arriving_seconds)

    def _stepped_up(self, now: dt.datetime) -> str:
        return timestamp(now + dt.timedelta(seconds=self._rules.step_up_seconds))


def end_all(connection: sa.Connection, user: str, *, but: str = "") -> int:
    """End a user's sessions within a transaction, and return how many.

    Args:
        connection: of the transaction.
        user: whose.
        but: the digest of one that goes on; "" for none.
    """
    return _remove(connection, sa.and_(sessions_table.c.user == user, sessions_table.c.digest != but))


def require_going_on(connection: sa.Connection, session: Session) -> None:
    """Refuse, within a transaction, what was asked for in a session that has ended or changed its cookie meanwhile.

    Raises:
        SessionEndedError: it has.
    """
    row = sa.select(sessions_table.c.digest).where(sessions_table.c.digest == session.digest)
    if connection.execute(row).first() is None:
        raise _ended()


def _require_version(connection: sa.Connection, user: str, seen: int | None) -> None:
    """Refuse who was given a new start or other roles after they had shown their password."""
    version = connection.execute(sa.select(users_table.c.version).where(users_table.c.name == user)).scalar()
    if seen is not None and version != seen:
        raise _ended()


def _remove(connection: sa.Connection, which: sa.ColumnElement[bool]) -> int:
    return connection.execute(sa.delete(sessions_table).where(which)).rowcount


def _ended() -> SessionEndedError:
    return SessionEndedError("your session is over", advice="Sign in again.")
