"""The users of a home: made, given roles, let in no more; never removed, since the ledger names them.

Rules: every change commits with its event. Who is disabled or reset is signed out in the same transaction. Passwords
that somebody else sets are random, shown once, used once, and go out of date. Nobody is left without an admin.

    user, password = users.create("amira", {Role.REVIEWER}, actor="root")
"""

import datetime as dt
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from safehold.cases import Ability, Role
from safehold.console.users.errors import (
    LastAdminError,
    OutsideAccountError,
    UserNameError,
    UserOvertakenError,
    UserUnknownError,
)
from safehold.console.users.proofs.passwords import Passwords, one_time_password
from safehold.console.users.rules import UserRules
from safehold.console.users.session import Session
from safehold.console.users.sessions import end_all, require_going_on
from safehold.console.users.tables import factors, recovery_codes
from safehold.console.users.tables import users as users_table
from safehold.console.users.user import Source, User, UserState, fit_name, is_name, write_roles
from safehold.home.database import Database
from safehold.ledger import EventLog
from safehold.ledger.entry import timestamp
from safehold.vocabulary import Clock, Event

FIRST_ADMIN = "admin"

_NOBODY = "x"
"""No name of a user: names have two letters at least."""


class Users:
    """The users; threads and processes may share them.

    Args:
        database: of the home.
        ledger: where changes are recorded.
        clock: where the time comes from.
        rules: what passwords must be and how long one-time ones last.
    """

    def __init__(self, database: Database, ledger: EventLog, clock: Clock, rules: UserRules) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._rules = rules
        self._passwords = Passwords(rules.passwords)

    def list(self) -> Sequence[User]:
        """Return every user, by name."""
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(users_table).order_by(users_table.c.name)).mappings().all()
        return tuple(map(User.of, rows))

    def show(self, name: str) -> User:
        """Return a user.

        Raises:
            UserUnknownError: there is none of this name.
        """
        with self._database.reading() as connection:
            return _required(connection, name)

    def has(self, name: str) -> bool:
        """Return whether there is a user of this name, whoever may have typed it."""
        with self._database.reading() as connection:
            return connection.execute(_named(name)).first() is not None

    def first_admin(self) -> str | None:
        """Make a user who manages the others, and return their one-time password; None where there is one already.

        None also where the first admin was made once and let in no more since: commands manage users then.
        """
        if self.has(FIRST_ADMIN):
            return None
        password = one_time_password()
        digest = self._passwords.digest(password)
        with self._database.writing() as connection:
            if _is_managed(connection) or connection.execute(_named(FIRST_ADMIN)).first() is not None:
                return None
            self._insert(connection, FIRST_ADMIN, (Role.ADMIN,), password=digest, actor="system")
        return password

    def create(self, name: str, roles: Iterable[Role], *, actor: str) -> tuple[User, str]:
        """Make a user who proves who they are to us, and return their one-time password with them.

        Raises:
            UserNameError: the name can't stand in the ledger, or is or was somebody's.
            NoRoleError: no role is given.
        """
        password = one_time_password()
        digest = self._passwords.digest(password)
        with self._database.writing() as connection:
            return self._insert(connection, fit_name(name), roles, password=digest, actor=actor), password

    def set_roles(self, name: str, roles: Iterable[Role], *, actor: str, seen: int | None = None) -> User:
        """Give somebody these roles in place of those they have; it counts from their next request on.

        `seen` is the version that whoever asks has looked at; None where they act on whatever there is.

        Raises:
            UserUnknownError: there is none of this name.
            UserOvertakenError: they were changed since.
            NoRoleError: no role is given.
            LastAdminError: nobody would be left who manages users.
        """
        told = frozenset(roles)
        with self._database.writing() as connection:
            before = _required(connection, name, seen)
            if before.roles == told:
                return before
            _change(connection, before, roles=write_roles(told))
            _require_admin(connection, before)
            self._ledger.append(with_roles("user.roles_changed", name, actor, told), connection)
            return _required(connection, name)

    def disable(self, name: str, *, actor: str, seen: int | None = None) -> User:
        """Let somebody in no more, and end what they are doing; repeating it changes nothing.

        `seen` is the version that whoever asks has looked at; None where they act on whatever there is.

        Raises:
            UserUnknownError: there is none of this name.
            UserOvertakenError: they were changed since.
            LastAdminError: nobody would be left who manages users.
        """
        with self._database.writing() as connection:
            before = _required(connection, name, seen)
            if not before.is_active:
                return before
            _change(connection, before, state=UserState.DISABLED.value)
            ended = end_all(connection, name)
            _require_admin(connection, before)
            details: dict[str, str | int | bool] = {"user": name, "sessions": ended}
            self._ledger.append(Event("user.disabled", actor, details=details), connection)
            return _required(connection, name)

    def enable(self, name: str, *, actor: str, seen: int | None = None) -> User:
        """Let somebody in again, with what they proved themselves by before; repeating it changes nothing.

        `seen` is the version that whoever asks has looked at; None where they act on whatever there is.

        Raises:
            UserUnknownError: there is none of this name.
            UserOvertakenError: they were changed since.
        """
        with self._database.writing() as connection:
            before = _required(connection, name, seen)
            if before.is_active:
                return before
            _change(connection, before, state=UserState.ACTIVE.value)
            self._ledger.append(with_roles("user.enabled", name, actor, before.roles), connection)
            return _required(connection, name)

    def reset(self, name: str, *, actor: str, seen: int | None = None) -> str:
        """Take away password, second factors and sessions, and return a one-time password to hand over.

        `seen` is the version that whoever asks has looked at; None where they act on whatever there is.

        Raises:
            UserUnknownError: there is none of this name.
            UserOvertakenError: they were changed since.
            OutsideAccountError: an identity provider proves who they are.
        """
        password = one_time_password()
        digest = self._passwords.digest(password)
        with self._database.writing() as connection:
            before = _required(connection, name, seen)
            _require_local(before)
            _change(connection, before, password=digest, one_time_until=self._one_time_until())
            removed = 0
            for table in (factors, recovery_codes):
                removed += connection.execute(sa.delete(table).where(table.c.user == name)).rowcount
            details: dict[str, str | int | bool] = {"user": name, "proofs": removed}
            details["sessions"] = end_all(connection, name)
            self._ledger.append(Event("user.reset", actor, details=details), connection)
        return password

    def prove(self, name: str, password: str) -> User | None:
        """Return whose name and password these are; None for nobody, after as much work as for somebody.

        None also for who is disabled, has no password of ours, or whose one-time password is out of date.
        """
        with self._database.reading() as connection:
            row = connection.execute(_named(name)).mappings().first()
        digest = None if row is None else row["password"]
        if not self._passwords.matches(digest, password) or row is None:
            return None
        user = User.of(row)
        is_late = user.one_time_until is not None and user.one_time_until <= self._clock.now()
        if is_late or not user.is_active or user.source is not Source.LOCAL:
            return None
        self._renew(user, row["password"], password)
        return user

    def choose_password(self, session: Session, new: str) -> User:
        """Let who has just proved who they are choose their own password; their other sessions end.

        Args:
            session: theirs, which goes on.
            new: the password that they want.

        Raises:
            PasswordUnfitError: it may not be one, or is the one that they have.
            SessionEndedError: the session is over.
            UserOvertakenError: the user was changed meanwhile.
        """
        name = session.person.name
        with self._database.reading() as connection:
            before = _required(connection, name)
            query = sa.select(users_table.c.password).where(users_table.c.name == name)
            old = connection.execute(query).scalar()
        _require_local(before)
        self._passwords.require_fit(new, name, old)
        digest = self._passwords.digest(new)
        with self._database.writing() as connection:
            require_going_on(connection, session)
            _change(connection, before, password=digest, one_time_until=None)
            ended = end_all(connection, name, but=session.digest)
            self._ledger.append(Event("user.password_chosen", name, details={"sessions": ended}), connection)
            return _required(connection, name)

    def _insert(
        self, connection: sa.Connection, name: str, roles: Iterable[Role], *, password: str, actor: str
    ) -> User:
        """Make a row and its event.

        Raises:
            UserNameError: the name is taken.
        """
        told = frozenset(roles)
        row = {
            "name": name,
            "roles": write_roles(told),
            "state": UserState.ACTIVE.value,
            "source": Source.LOCAL.value,
            "password": password,
            "one_time_until": self._one_time_until(),
            "created_by": actor,
            "created_at": timestamp(self._clock.now()),
            "version": 1,
        }
        insert_user(connection, row)
        self._ledger.append(with_roles("user.created", name, actor, told), connection)
        return _required(connection, name)

    def _renew(self, user: User, digest: str, password: str) -> None:
        """Make a digest anew whose cost is no longer what the rules ask for."""
        if not self._passwords.is_outdated(digest):
            return
        query = sa.update(users_table).where(users_table.c.name == user.name, users_table.c.password == digest)
        fresh = self._passwords.digest(password)
        with self._database.writing() as connection:
            connection.execute(query.values(password=fresh))

    def _one_time_until(self) -> str:
        return timestamp(self._clock.now() + dt.timedelta(seconds=self._rules.passwords.one_time_seconds))


def insert_user(connection: sa.Connection, row: dict[str, object]) -> None:
    """Make a user's row.

    Raises:
        UserNameError: the name is or was somebody's.
    """
    if connection.execute(sa.select(users_table.c.name).where(users_table.c.name == row["name"])).first() is not None:
        raise UserNameError(
            "a user of this name exists or existed", advice="Choose another name, for instance with a number."
        )
    connection.execute(sa.insert(users_table).values(**row))


def _required(connection: sa.Connection, name: str, seen: int | None = None) -> User:
    row = connection.execute(sa.select(users_table).where(users_table.c.name == name)).mappings().first()
    if row is None:
        raise UserUnknownError("there is no such user", advice="See them with: safehold user list")
    if seen is not None and row["version"] != seen:
        raise _overtaken()
    return User.of(row)


def _named(name: str) -> sa.Select[tuple[object, ...]]:
    """Return a query for a name that anybody may have typed; it works as long for what can be no name."""
    return sa.select(users_table).where(users_table.c.name == (name if is_name(name) else _NOBODY))


def _change(connection: sa.Connection, before: User, **columns: str | None) -> None:
    """Change a row if it is still as it was seen.

    Raises:
        UserOvertakenError: somebody else changed it meanwhile.
    """
    seen = sa.and_(users_table.c.name == before.name, users_table.c.version == before.version)
    query = sa.update(users_table).where(seen).values(**columns, version=before.version + 1)
    if not connection.execute(query).rowcount:
        raise _overtaken()


def _overtaken() -> UserOvertakenError:
    return UserOvertakenError(
        "this user was changed meanwhile", advice="Look again, and repeat it if it is still right."
    )


def _require_local(user: User) -> None:
    if user.source is not Source.LOCAL:
        raise OutsideAccountError(
            "an identity provider proves who this is", advice="Change their password or second factor there."
        )


def _require_admin(connection: sa.Connection, before: User) -> None:
    """Refuse, and so roll back, what would leave nobody who manages users, if it was done to one who did."""
    if before.person.can(Ability.MANAGE_USERS) and not _is_managed(connection):
        raise LastAdminError("nobody would be left who manages users", advice="Make somebody else an admin first.")


def _is_managed(connection: sa.Connection) -> bool:
    rows = connection.execute(sa.select(users_table)).mappings()
    return any(one.is_active and one.person.can(Ability.MANAGE_USERS) for one in map(User.of, rows))


def with_roles(kind: str, name: str, actor: str, roles: Iterable[Role]) -> Event:
    """Return the event of something done to a user, naming their roles."""
    return Event(kind, actor, details={"user": name, **{f"role_{role.value}": True for role in sorted_roles(roles)}})


def sorted_roles(roles: Iterable[Role]) -> list[Role]:
    """Return roles in the order in which they are declared."""
    told = frozenset(roles)
    return [role for role in Role if role in told]
