"""The duties of a worker: which there are, and how often."""

from collections.abc import Sequence

import sqlalchemy as sa

from safehold.service.checking.deferred import announce
from safehold.service.checking.state import State
from safehold.service.context import Service
from safehold.service.serving.worker import Duty

LOST_SECONDS = 10.0
EXPIRE_SECONDS = 600.0


def duties_of(service: Service) -> Sequence[Duty]:
    """Return what a worker of the service has to do."""

    def interrupt(connection: sa.Connection, kept: str, callback: str | None) -> None:
        announce(service, connection, kept, callback=callback, state=State.INTERRUPTED)

    return (
        Duty("checks.interrupt_lost", LOST_SECONDS, lambda: service.kept.interrupt_lost(interrupt)),
        Duty("answers.expire", EXPIRE_SECONDS, service.kept.expire),
    )
