"""The duties of a worker: which there are, and how often."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial

import sqlalchemy as sa

from safehold.cases.retention import forget_cases
from safehold.gateway.purge import purge
from safehold.home.tending import tend
from safehold.ledger import EventLog
from safehold.service.checking.deferred import announce
from safehold.service.checking.state import State
from safehold.service.context import Service
from safehold.service.serving.casework import enforcing_duties
from safehold.service.serving.worker import Duty
from safehold.service.webhooks.setup import courier_of
from safehold.wiring.casework import Casework, case_rules, open_cases, open_destructions, open_openings
from safehold.wiring.gateway import Gateway
from safehold.wiring.people import People

DELIVER_SECONDS = 1.0
LOST_SECONDS = 10.0
OVERDUE_SECONDS = 60.0
SETTLE_SECONDS = 10.0
FORGET_SECONDS = 600.0
TEND_SECONDS = 3600.0
_ACTOR = "system"


def duties_of(gateway: Gateway, service: Service) -> Sequence[Duty]:
    """Return what a worker of the service has to do.

    Raises:
        SafeholdError: the settings of webhooks, or their key, can't be used.
    """
    courier = courier_of(gateway.workshop.home, gateway.workshop.ledger, service.settings)
    deliveries = Duty("webhooks.deliver", DELIVER_SECONDS, courier.deliver_due)
    signatures = Duty("ledger.sign", FORGET_SECONDS, Signatures(gateway.workshop.ledger).sign)
    cases = (*_evidence(gateway), *_enforcing(service), *_closing(gateway))
    tending = Duty("database.tend", TEND_SECONDS, partial(tend, gateway.workshop.home.database))
    return (deliveries, signatures, tending, *_checks(gateway, service), *_reports(service), *cases)


@dataclass(slots=True)
class Signatures:
    """Sign what the ledger holds now and then, so that what is cut off or altered after that is found.

    Attributes:
        ledger: of the home.
        size: how many events were signed for when it was last asked; 0 before.
    """

    ledger: EventLog
    size: int = 0

    def sign(self) -> int:
        """Sign, and return how many events more that is than the last time."""
        before, self.size = self.size, self.ledger.checkpoint().size
        return self.size - before


def _checks(gateway: Gateway, service: Service) -> Sequence[Duty]:
    def interrupt(connection: sa.Connection, kept: str, callback: str | None) -> None:
        announce(service, connection, kept, callback=callback, state=State.INTERRUPTED)

    rules = case_rules(gateway.workshop.settings)

    def forget() -> int:
        home = gateway.workshop.home
        retention = gateway.policies.current().active.retention
        ledger, now = gateway.workshop.ledger, home.clock.now()
        purged = purge(home.database, ledger, retention, now, actor=_ACTOR, rules=rules.retention)
        return sum(asdict(purged).values())

    return (
        Duty("checks.interrupt_lost", LOST_SECONDS, lambda: service.kept.interrupt_lost(interrupt)),
        Duty("answers.expire", FORGET_SECONDS, service.kept.expire),
        Duty("checks.forget", FORGET_SECONDS, forget),
    )


def _evidence(gateway: Gateway) -> Sequence[Duty]:
    return (
        Duty("openings.expire", SETTLE_SECONDS, open_openings(gateway.workshop).expire),
        Duty("evidence.destroy", FORGET_SECONDS, open_destructions(gateway.workshop).settle),
    )


def _closing(gateway: Gateway) -> Sequence[Duty]:
    workshop = gateway.workshop
    cases = open_cases(workshop)

    def forget() -> int:
        home = workshop.home
        return forget_cases(home.database, workshop.ledger, home.clock.now(), actor=_ACTOR)

    return (
        Duty("cases.close_settled", OVERDUE_SECONDS, partial(cases.close_settled, actor=_ACTOR)),
        Duty("cases.refile", SETTLE_SECONDS, partial(cases.refile, actor=_ACTOR)),
        Duty("cases.forget", FORGET_SECONDS, forget),
    )


def _enforcing(service: Service) -> Sequence[Duty]:
    return enforcing_duties(service.casework) if isinstance(service.casework, Casework) else ()


def _reports(service: Service) -> Sequence[Duty]:
    people = service.reports
    if not isinstance(people, People):
        return ()
    exposures = people.messages.exposures
    return (
        Duty("reports.settle", SETTLE_SECONDS, people.reports.settle),
        Duty("messages.count", SETTLE_SECONDS, (lambda: 0) if exposures is None else exposures.flush),
        Duty("reports.note_overdue", OVERDUE_SECONDS, lambda: len(people.reports.note_overdue())),
        Duty("reports.forget", FORGET_SECONDS, people.reports.forget),
        Duty("feedback.forget", FORGET_SECONDS, people.feedback.forget),
    )
