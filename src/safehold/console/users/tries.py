"""Tries: after a few in vain somebody waits, longer each time; whether there is such a user makes no difference.

Rules: a try counts before it is looked at, so that many at once are no more than one after the other; what was right is
given back, and all is forgotten once somebody is in. A name that was typed is kept as a keyed mark: it may be a
password in the wrong field.

    tries.count(marks.name, marks.address)      # raises while one of them must wait
    ...
    tries.give_back(marks.name, marks.address)
"""

import datetime as dt
import ipaddress
from collections.abc import Sequence

import sqlalchemy as sa

from safehold.console.users.errors import DID_NOT_WORK, WHAT_TO_DO, TooManyTriesError
from safehold.console.users.proofs.sealing import Sealing
from safehold.console.users.rules import UserRules
from safehold.console.users.tables import tries as tries_table
from safehold.console.users.user import moment
from safehold.home.database import Database
from safehold.ledger.entry import timestamp
from safehold.vocabulary import Clock

_ADDRESS = "address"
_LARGEST_POWER = 30
_NETWORK_BITS = 64
"""Of an IPv6 address: one customer has at least so many. Source: RFC 6177, section 2."""


class Tries:
    """What was tried in vain; threads and processes may share it.

    Args:
        database: of the home.
        clock: where the time comes from.
        rules: how many tries are free, and how long somebody waits then.
    """

    def __init__(self, database: Database, clock: Clock, rules: UserRules) -> None:
        self._database = database
        self._clock = clock
        self._rules = rules.tries
        self._sealing = Sealing(rules.key)

    def mark(self, kind: str, name: str) -> str:
        """Return what stands for a name in a kind of try."""
        return f"{kind}:{self._sealing.mark(kind, name.casefold())}"

    def address_mark(self, address: str) -> str:
        """Return what stands for an address, an IPv6 one with its whole network."""
        return f"{_ADDRESS}:{self._sealing.mark(_ADDRESS, _network(address))}"

    def count(self, *marks: str) -> bool:
        """Count a try that is about to be looked at, and return whether it is the last one before a wait.

        Raises:
            TooManyTriesError: one of the marks must wait; nothing was counted.
        """
        now = self._clock.now()
        is_last = False
        with self._database.reading() as connection:  # so that who must wait costs nobody the write lock
            self._unless_waiting(connection, marks, now)
        with self._database.writing() as connection:
            known = self._unless_waiting(connection, marks, now)
            for mark, (count, _) in known.items():
                wait = self._wait(mark, count + 1)
                is_last = is_last or wait > 0
                until = timestamp(now + dt.timedelta(seconds=wait)) if wait else None
                _keep(connection, mark, {"count": count + 1, "last_at": timestamp(now), "wait_until": until})
        return is_last

    def give_back(self, *marks: str) -> None:
        """Take back a try that was right, and the wait that it began."""
        fewer = sa.case((tries_table.c.count > 0, tries_table.c.count - 1), else_=0)
        query = sa.update(tries_table).where(tries_table.c.mark.in_(marks))
        with self._database.writing() as connection:
            connection.execute(query.values(count=fewer, wait_until=None))

    def clear(self, *marks: str) -> None:
        """Forget what was tried: somebody is in."""
        with self._database.writing() as connection:
            connection.execute(sa.delete(tries_table).where(tries_table.c.mark.in_(marks)))

    def forget(self) -> int:
        """Remove what is too old to count, and return how many; for a worker, every now and then."""
        before = timestamp(self._clock.now() - dt.timedelta(seconds=self._rules.forgotten_seconds))
        with self._database.writing() as connection:
            return connection.execute(sa.delete(tries_table).where(tries_table.c.last_at <= before)).rowcount

    def _unless_waiting(
        self, connection: sa.Connection, marks: Sequence[str], now: dt.datetime
    ) -> dict[str, tuple[int, dt.datetime | None]]:
        """Return what is known of marks.

        Raises:
            TooManyTriesError: one of them must wait.
        """
        known = {mark: self._known(connection, mark, now) for mark in marks}
        if any(wait is not None and wait > now for _, wait in known.values()):
            raise _too_many()
        return known

    def _known(self, connection: sa.Connection, mark: str, now: dt.datetime) -> tuple[int, dt.datetime | None]:
        """Return how often a mark was tried, and until when it waits."""
        row = connection.execute(sa.select(tries_table).where(tries_table.c.mark == mark)).mappings().first()
        if row is None:
            return 0, None
        quiet = (now - dt.datetime.fromisoformat(row["last_at"])).total_seconds()
        if quiet >= self._rules.forgotten_seconds:
            return 0, None
        return max(0, row["count"] - int(quiet / self._rules.leak_seconds)), moment(row["wait_until"])

    def _wait(self, mark: str, count: int) -> int:
        """Return how many seconds the next try waits after so many."""
        free = self._rules.free_from_address if mark.startswith(_ADDRESS) else self._rules.free
        if count < free:
            return 0
        doubled = self._rules.first_wait_seconds << min(count - free, _LARGEST_POWER)
        return min(doubled, self._rules.longest_wait_seconds)


def _keep(connection: sa.Connection, mark: str, values: dict[str, object]) -> None:
    if not connection.execute(sa.update(tries_table).where(tries_table.c.mark == mark).values(**values)).rowcount:
        connection.execute(sa.insert(tries_table).values(mark=mark, **values))


def _network(address: str) -> str:
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(read, ipaddress.IPv6Address):
        if read.ipv4_mapped is not None:
            return str(read.ipv4_mapped)
        return str(ipaddress.ip_network((read, _NETWORK_BITS), strict=False))
    return str(read)


def _too_many() -> TooManyTriesError:
    return TooManyTriesError(DID_NOT_WORK, advice=WHAT_TO_DO)
