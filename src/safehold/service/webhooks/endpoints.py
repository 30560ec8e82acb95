"""The endpoints of a home's webhooks: registered by name, told of what happens through the outbox.

endpoints = Endpoints(home.database, ledger, outbox, home.clock)
endpoints.create("moderation", "https://example.org/hooks/safehold", actor="alice")
endpoints.announce(connection, "moderation", check="chk_1", state="done")     # in the transaction in which it happened
"""

from dataclasses import dataclass

import sqlalchemy as sa

from safehold.home.database import Database
from safehold.home.outbox import Outbox
from safehold.ledger import EventLog, is_fit
from safehold.ledger.entry import timestamp
from safehold.service.webhooks.destination import Destination
from safehold.service.webhooks.errors import WebhookExistsError, WebhookMissingError, WebhookNameError
from safehold.service.webhooks.tables import webhooks
from safehold.vocabulary import Clock, Event

JOB = "webhook.deliver"
"""What the outbox calls a delivery."""

CHECK_ANSWERED = "check.answered"
"""What receivers are told when a check that was asked for earlier is answered, or can't be any more."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where something is told.

    Attributes:
        name: what requests call it.
        url: where deliveries go.
        created_at: RFC 3339 in UTC.
        revoked_at: likewise; None while it is used.
    """

    name: str
    url: str
    created_at: str
    revoked_at: str | None


class Endpoints:
    """The endpoints of a home.

    Args:
        database: of the home.
        ledger: where it is recorded that they were made and revoked.
        outbox: what takes deliveries.
        clock: where the time comes from.
    """

    def __init__(self, database: Database, ledger: EventLog, outbox: Outbox, clock: Clock) -> None:
        self._database = database
        self._ledger = ledger
        self._outbox = outbox
        self._clock = clock

    def create(self, name: str, url: str, *, actor: str) -> Endpoint:
        """Register an endpoint.

        Raises:
            WebhookNameError: the name can't be used.
            WebhookAddressError: the address can't be delivered to.
            WebhookExistsError: there is, or was, one of that name.
        """
        if not name or not is_fit(name):
            raise WebhookNameError("this name can't be used", advice="Use letters, digits and hyphens.")
        Destination.parse(url)
        made = Endpoint(name, url, timestamp(self._clock.now()), None)
        with self._database.writing() as connection:
            if _found(connection, name) is not None:
                raise WebhookExistsError(
                    f"there is, or was, a webhook {name}", advice="Choose another name: names are not given twice."
                )
            row = {"name": name, "url": url, "created_at": made.created_at, "created_by": actor}
            connection.execute(sa.insert(webhooks), row)
            self._ledger.append(Event("webhook.created", actor, details={"webhook": name}), connection)
        return made

    def revoke(self, name: str, *, actor: str) -> Endpoint:
        """Deliver nothing there from now on, for good; repeating it changes nothing.

        Raises:
            WebhookMissingError: there is none of that name.
        """
        with self._database.writing() as connection:
            endpoint = _required(_found(connection, name), name)
            if endpoint.revoked_at is not None:
                return endpoint
            now = timestamp(self._clock.now())
            connection.execute(sa.update(webhooks).where(webhooks.c.name == name).values(revoked_at=now))
            self._ledger.append(Event("webhook.revoked", actor, details={"webhook": name}), connection)
        return Endpoint(endpoint.name, endpoint.url, endpoint.created_at, now)

    def all(self) -> tuple[Endpoint, ...]:
        """Return every endpoint that ever was, by name."""
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(webhooks)).mappings()
            return tuple(sorted(map(_endpoint, rows), key=lambda one: one.name))

    def find(self, name: str) -> Endpoint:
        """Return an endpoint.

        Raises:
            WebhookMissingError: there is none of that name.
        """
        with self._database.reading() as connection:
            return _required(_found(connection, name), name)

    def is_registered(self, name: str) -> bool:
        """Whether there is an endpoint of this name that is delivered to."""
        with self._database.reading() as connection:
            return _is_used(_found(connection, name))

    def announce(self, connection: sa.Connection, name: str, *, check: str, state: str) -> None:
        """Put the telling of a check's answer into the caller's *writing* transaction.

        Nothing for a name that is registered no more.

        Args:
            connection: the transaction of what is told.
            name: of the endpoint.
            check: the id under which the answer can be asked for.
            state: what became of it: "done", "interrupted".
        """
        if _is_used(_found(connection, name)):
            about = {"webhook": name, "type": CHECK_ANSWERED, "check": check, "state": state}
            self._outbox.enqueue(connection, JOB, about)


def _found(connection: sa.Connection, name: str) -> Endpoint | None:
    row = connection.execute(sa.select(webhooks).where(webhooks.c.name == name)).mappings().first()
    return None if row is None else _endpoint(row)


def _endpoint(row: sa.RowMapping) -> Endpoint:
    return Endpoint(row["name"], row["url"], row["created_at"], row["revoked_at"])


def _is_used(endpoint: Endpoint | None) -> bool:
    return endpoint is not None and endpoint.revoked_at is None


def _required(endpoint: Endpoint | None, name: str) -> Endpoint:
    if endpoint is None:
        raise WebhookMissingError(f"there is no webhook {name}", advice="List them with: safehold webhook list")
    return endpoint
