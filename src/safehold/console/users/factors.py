"""Second factors: an authenticator app or a security key, and the recovery codes for who has lost theirs.

Rules: an app counts once it has shown a right code; a code counts once, also of two requests at the same moment; the
first factor brings recovery codes, which are shown once. Who must have a factor can't take away their last one.

    app = factors.begin_app(session)                # app.secret goes into the picture
    codes = factors.confirm_app(session, "123456")  # recovery codes, the first time
    factors.accept_code("amira", "654321")
"""

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

import sqlalchemy as sa

from safehold.console.users.errors import DID_NOT_WORK, FactorError, RefusedError
from safehold.console.users.proofs import totp
from safehold.console.users.proofs.recovery import new_codes, normal_code
from safehold.console.users.proofs.sealing import Sealing
from safehold.console.users.rules import UserRules
from safehold.console.users.session import Session
from safehold.console.users.sessions import end_all, require_going_on
from safehold.console.users.tables import factors as factors_table
from safehold.console.users.tables import recovery_codes
from safehold.console.users.user import Source, moment
from safehold.home.database import Database
from safehold.ledger import EventLog
from safehold.ledger.entry import timestamp
from safehold.vocabulary import Clock, Event

MOST = 8
"""Factors of one user: more are none that somebody still knows of."""


class FactorKind(Enum):
    """What a second factor is."""

    APP = "app"
    """An authenticator app with six digits."""
    KEY = "key"
    """A security key, or the device itself (WebAuthn)."""


class FactorState(Enum):
    """Whether a second factor counts."""

    PENDING = "pending"
    """Begun; it has shown nothing yet."""
    ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class Factor:
    """A second factor, without what it proves itself by.

    Attributes:
        id: what it is called.
        kind: what it is.
        created_at: since when it is there.
        used_at: when it was last used; None for never.
    """

    id: str
    kind: FactorKind
    created_at: dt.datetime
    used_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class NewApp:
    """An app that is being set up.

    Attributes:
        written: its secret as a person types it.
        address: its secret as the picture says it.
    """

    written: str = field(repr=False)
    address: str = field(repr=False)


class Factors:
    """The second factors of a home's users; threads and processes may share them.

    Args:
        database: of the home.
        ledger: where changes are recorded.
        clock: where the time comes from.
        rules: the key that seals secrets, and whether everybody needs a factor.
    """

    def __init__(self, database: Database, ledger: EventLog, clock: Clock, rules: UserRules) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._rules = rules
        self._sealing = Sealing(rules.key)

    def list(self, user: str) -> Sequence[Factor]:
        """Return a user's factors that count, oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(_active(user).order_by(factors_table.c.created_at)).mappings().all()
        return tuple(map(_to_factor, rows))

    def has(self, user: str) -> bool:
        """Return whether a user has a factor."""
        return bool(self.list(user))

    def begin_app(self, session: Session) -> NewApp:
        """Begin to set up an app; within a session it stays the same one, so that the picture stays the same.

        What was begun in another session is forgotten: somebody else may have seen its secret.

        Raises:
            FactorError: they have as many as one may have, or none of ours counts for them.
            SessionEndedError: the session is over.
        """
        require_local(session)
        user, begun = session.person.name, _begun_in(session)
        with self._database.writing() as connection:
            require_going_on(connection, session)
            query = _apps(user, FactorState.PENDING)
            row = connection.execute(query.where(factors_table.c.credential == begun)).mappings().first()
            if row is not None:
                return _new_app(self._sealing.open(row["secret"], row["id"]), user)
            require_room(connection, user)
            others = connection.execute(query).mappings().all()
            for other in others:
                connection.execute(sa.delete(factors_table).where(factors_table.c.id == other["id"]))
            made, secret = f"app_{secrets.token_hex(8)}", totp.new_secret()
            told = {"id": made, "user": user, "kind": FactorKind.APP.value, "state": FactorState.PENDING.value}
            kept = {"secret": self._sealing.seal(secret, made), "counter": 0, "credential": begun}
            now = timestamp(self._clock.now())
            connection.execute(sa.insert(factors_table).values(**told, **kept, created_at=now))
        return _new_app(secret, user)

    def confirm_app(self, session: Session, typed: str) -> tuple[str, ...]:
        """Let the app that was begun count, since it shows a right code; return recovery codes with the first factor.

        Raises:
            RefusedError: the code is wrong, or no app was begun.
            SessionEndedError: the session is over.
        """
        user = session.person.name
        with self._database.writing() as connection:
            require_going_on(connection, session)
            begun = _apps(user, FactorState.PENDING).where(factors_table.c.credential == _begun_in(session))
            used = self._use_code(connection, begun, typed)
            if used is None:
                raise RefusedError(DID_NOT_WORK, advice="Wait for the app's next code, and type that one.")
            return self.note_added(connection, session, used, FactorKind.APP)

    def accept_code(self, user: str, typed: str) -> bool:
        """Return whether a code is one of a user's apps and was not taken before; it isn't taken again."""
        with self._database.writing() as connection:
            return self._use_code(connection, _apps(user, FactorState.ACTIVE), typed) is not None

    def accept_recovery(self, user: str, typed: str) -> bool:
        """Return whether a code is one of a user's recovery codes and was not used before; it is used now."""
        code = normal_code(typed)
        unused = sa.and_(
            recovery_codes.c.digest == self._digest(user, code),
            recovery_codes.c.user == user,
            recovery_codes.c.used_at.is_(None),
        )
        query = sa.update(recovery_codes).where(unused).values(used_at=timestamp(self._clock.now()))
        with self._database.writing() as connection:
            if not code or not connection.execute(query).rowcount:
                return False
            left = _unused(connection, user)
            self._ledger.append(Event("user.recovery_code_used", user, details={"left": left}), connection)
        return True

    def recovery_codes_left(self, user: str) -> int:
        """Return how many recovery codes a user can still use."""
        with self._database.reading() as connection:
            return _unused(connection, user)

    def renew_recovery_codes(self, session: Session) -> tuple[str, ...]:
        """Return new recovery codes, to be shown once; the old ones count no more.

        Raises:
            FactorError: they have no second factor whose loss the codes would be for.
            SessionEndedError: the session is over.
        """
        with self._database.writing() as connection:
            require_going_on(connection, session)
            if connection.execute(_active(session.person.name)).first() is None:
                raise FactorError("there is no second factor yet", advice="Set up an app or a security key first.")
            codes = self._renew(connection, session.person.name)
            self._ledger.append(Event("user.recovery_codes_renewed", session.person.name), connection)
        return codes

    def remove(self, session: Session, factor: str) -> None:
        """Take away one of one's own factors; every other session of theirs ends.

        Raises:
            FactorError: it is none of theirs, or the last one of who must have one.
            SessionEndedError: the session is over.
        """
        user = session.person.name
        with self._database.writing() as connection:
            require_going_on(connection, session)
            mine = connection.execute(_active(user)).mappings().all()
            found = next((row for row in mine if row["id"] == factor), None)
            if found is None:
                raise FactorError("you have no such second factor", advice="Look at the page again.")
            if len(mine) == 1 and self._rules.needs_second_factor:
                raise FactorError("this is your last second factor", advice="Set up another one first.")
            connection.execute(sa.delete(factors_table).where(factors_table.c.id == factor))
            if len(mine) == 1:
                connection.execute(sa.delete(recovery_codes).where(recovery_codes.c.user == user))
            details: dict[str, str | int | bool] = {"factor": factor, "kind": found["kind"], "left": len(mine) - 1}
            details["sessions"] = end_all(connection, user, but=session.digest)
            self._ledger.append(Event("user.factor_removed", user, details=details), connection)

    def note_added(self, connection: sa.Connection, session: Session, factor: str, kind: FactorKind) -> tuple[str, ...]:
        """Record that a factor counts from now on; return recovery codes with the first one, () with any other.

        The other sessions of the user end: who had only the password is out.
        """
        user = session.person.name
        ended = end_all(connection, user, but=session.digest)
        details: dict[str, str | int | bool] = {"factor": factor, "kind": kind.value, "sessions": ended}
        self._ledger.append(Event("user.factor_added", user, details=details), connection)
        is_first = len(connection.execute(_active(user)).all()) == 1
        return self._renew(connection, user) if is_first else ()

    def _use_code(self, connection: sa.Connection, apps: sa.Select[tuple[object, ...]], typed: str) -> str | None:
        """Return the id of the app whose code it is, and note that the code is used; None for no app's."""
        now = self._clock.now()
        for row in connection.execute(apps).mappings().all():
            secret = self._sealing.open(row["secret"], row["id"])
            step = totp.used_step(secret, typed, now=now, after=row["counter"])
            if step is None:
                continue
            unused = sa.and_(factors_table.c.id == row["id"], factors_table.c.counter < step)
            changes = {"counter": step, "used_at": timestamp(now), "state": FactorState.ACTIVE.value}
            query = sa.update(factors_table).where(unused).values(**changes, credential=None)
            if connection.execute(query).rowcount:
                return str(row["id"])
        return None

    def _renew(self, connection: sa.Connection, user: str) -> tuple[str, ...]:
        codes = new_codes()
        connection.execute(sa.delete(recovery_codes).where(recovery_codes.c.user == user))
        rows = [{"digest": self._digest(user, normal_code(code)), "user": user} for code in codes]
        connection.execute(sa.insert(recovery_codes), rows)
        return codes

    def _digest(self, user: str, code: str) -> str:
        return self._sealing.mark("recovery", f"{user}\0{code}")


def require_room(connection: sa.Connection, user: str) -> None:
    """Refuse one factor more than a user may have.

    Raises:
        FactorError: they have so many.
    """
    if len(connection.execute(_active(user)).all()) >= MOST:
        raise FactorError(f"you have {MOST} second factors", advice="Take one away that you no longer use.")


def require_local(session: Session) -> None:
    """Refuse a second factor of ours for who is proved elsewhere.

    Raises:
        FactorError: an identity provider proves who this is.
    """
    if session.source is not Source.LOCAL:
        raise FactorError("your identity provider proves who you are", advice="Set up a second factor there.")


def _begun_in(session: Session) -> str:
    """Return what an app that is being set up is tied to."""
    return f"begun:{session.digest}"


def _apps(user: str, state: FactorState) -> sa.Select[tuple[object, ...]]:
    return sa.select(factors_table).where(
        factors_table.c.user == user,
        factors_table.c.kind == FactorKind.APP.value,
        factors_table.c.state == state.value,
    )


def _active(user: str) -> sa.Select[tuple[object, ...]]:
    return sa.select(factors_table).where(
        factors_table.c.user == user, factors_table.c.state == FactorState.ACTIVE.value
    )


def _unused(connection: sa.Connection, user: str) -> int:
    query = sa.select(recovery_codes.c.digest).where(recovery_codes.c.user == user, recovery_codes.c.used_at.is_(None))
    return len(connection.execute(query).all())


def _new_app(secret: bytes, user: str) -> NewApp:
    return NewApp(totp.written_secret(secret), totp.address_of(secret, user))


def _to_factor(row: sa.RowMapping) -> Factor:
    return Factor(
        row["id"],
        FactorKind(row["kind"]),
        dt.datetime.fromisoformat(row["created_at"]),
        moment(row["used_at"]),
    )
