"""Building the service: an opened home and its checks become everything that views use."""

import os

from safehold.cases.awaiting import Awaited, awaited
from safehold.gateway.checks import Checks
from safehold.home.home import Home
from safehold.ledger import EventLog
from safehold.service.checking.kept import Committing, KeptAnswers
from safehold.service.context import Service
from safehold.service.fetching import fetcher
from safehold.service.keys import KeyRing
from safehold.service.lanes import Lanes
from safehold.service.load import Load
from safehold.service.readiness import FollowingIndex, Readiness
from safehold.service.watching import Journal
from safehold.settings import Settings

_MIB = 1024 * 1024


def build(
    home: Home,
    ledger: EventLog,
    *,
    checks: Checks,
    settings: Settings,
    index: FollowingIndex | None,
    commits: Committing,
) -> Service:
    """Return the service of a home, without what other rooms add to it: `dataclasses.replace` does.

    Args:
        home: opened, and open for as long as the service is used.
        ledger: the home's.
        checks: the one native call.
        settings: of the installation.
        index: that the checks look up in.
        commits: makes what many threads write durable together.
    """

    def evidence_awaited() -> Awaited:
        with home.database.reading() as connection:
            return awaited(connection, home.clock.now())

    return Service(
        checks=checks,
        keys=KeyRing(home.database, ledger, home.clock),
        settings=settings,
        clock=home.clock,
        kept=KeptAnswers(home.database, commits, home.clock, hours=settings.answers_hours),
        fetch=fetcher(settings),
        readiness=Readiness(home.database, index),
        lanes=Lanes.of(os.cpu_count() or 1),
        load=Load(settings.bytes_in_flight_mib * _MIB),
        journal=Journal(home.clock),
        awaited=evidence_awaited,
    )
