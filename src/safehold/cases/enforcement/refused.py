"""Refused accounts: whether an account is suspended or banned now, asked for every check, so with hardly any cost.

What was answered is believed until some measure has changed, which is asked once a second for all accounts together: an
account that is met for the first time costs one look at an index, and another check of it none.

    accounts = RefusedAccounts(home.database, home.clock)
    accounts.is_refused(mark)
"""

import datetime as dt
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

import sqlalchemy as sa

from safehold.cases.case import SubjectKind
from safehold.cases.enforcement.enforcement import EnforcementState, Measure
from safehold.cases.enforcement.tables import enforcement_steps, enforcements
from safehold.home.database import Database
from safehold.ledger.entry import timestamp
from safehold.vocabulary import Clock

FRESH_SECONDS = 1.0
"""How long nobody asks whether a measure changed: so much later a suspension holds, or a lifted one no more. Ours."""

MOST_KEPT = 65_536
"""Accounts whose answer is kept; some ten megabytes. Ours."""

_FRESH = dt.timedelta(seconds=FRESH_SECONDS)
_REFUSING = (Measure.SUSPEND.value, Measure.BAN.value)
_NEVER = ""
_ALWAYS = "9"
"""Sorts behind every time."""


class RefusedAccounts:
    """The accounts of a home that are suspended or banned; threads may share it.

    Args:
        database: of the home.
        clock: where the time comes from.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._until: OrderedDict[str, str] = OrderedDict()
        self._changes = -1
        self._asked_at = dt.datetime.min.replace(tzinfo=dt.UTC)
        self._lock = Lock()

    def is_refused(self, mark: str) -> bool:
        """Return whether an account is suspended or banned now.

        Args:
            mark: of the account (`safehold.gateway.marks`).

        Raises:
            SafeholdError: it can't be told: then nothing may pass.
        """
        now = self._clock.now()
        with self._lock:
            is_fresh = dt.timedelta(0) <= now - self._asked_at < _FRESH  # a clock that was set back makes nothing fresh
            known = self._until.get(mark) if is_fresh else None
        return timestamp(now) < (self._look(mark, now) if known is None else known)

    def _look(self, mark: str, now: dt.datetime) -> str:
        """Return until when an account is refused, from what is kept if no measure has changed since."""
        with self._database.reading() as connection:
            changes = connection.execute(_CHANGES).scalar() or 0
            with self._lock:
                known = self._until.get(mark) if changes == self._changes else None
            until = known if known is not None else _until(connection.execute(_LOOK, {"mark": mark}).scalars().all())
        with self._lock:
            if changes != self._changes:
                self._until.clear()
            self._changes, self._asked_at = changes, now
            self._until[mark] = until
            while len(self._until) > MOST_KEPT:
                self._until.popitem(last=False)
        return until


_CHANGES = sa.select(sa.func.max(enforcement_steps.c.number))
_LOOK = sa.select(enforcements.c.ends_at).where(
    enforcements.c.mark == sa.bindparam("mark"),
    enforcements.c.subject_kind == SubjectKind.ACCOUNT.value,
    enforcements.c.state == EnforcementState.IN_FORCE.value,
    enforcements.c.measure.in_(_REFUSING),
)


def _until(ends: Sequence[str | None]) -> str:
    """Return until when the longest of measures holds, as sortable text; "" for none of them."""
    return max((_ALWAYS if one is None else one for one in ends), default=_NEVER)
