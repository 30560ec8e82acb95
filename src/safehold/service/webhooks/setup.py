"""Setting up: the webhooks of an opened home, as its settings say."""

import ipaddress

from safehold.home.home import Home
from safehold.home.outbox import Outbox
from safehold.ledger import EventLog, SigningKey
from safehold.service.webhooks.courier import Courier, Limits
from safehold.service.webhooks.endpoints import Endpoints
from safehold.settings import MalformedSettingsError, Settings

KEY_NAME = "webhooks"
"""What the home's folder of keys calls the key that signs deliveries."""


def signing_key(home: Home) -> SigningKey:
    """Return the key that signs this home's deliveries, making it at its first use."""
    return SigningKey.load_or_create(home.keys, KEY_NAME)


def endpoints_of(home: Home, ledger: EventLog) -> Endpoints:
    """Return the endpoints of a home."""
    return Endpoints(home.database, ledger, Outbox(home.database, home.clock), home.clock)


def courier_of(home: Home, ledger: EventLog, settings: Settings) -> Courier:
    """Return what delivers a home's webhooks; its `deliver_due` is a worker's duty.

    Raises:
        MalformedSettingsError: `webhook_networks` holds what is no network.
    """
    outbox, endpoints = Outbox(home.database, home.clock), endpoints_of(home, ledger)
    return Courier(outbox, endpoints, signing_key(home), clock=home.clock, limits=_limits(settings))


def _limits(settings: Settings) -> Limits:
    try:
        networks = tuple(map(ipaddress.ip_network, settings.webhook_networks))
    except ValueError as error:
        raise MalformedSettingsError(
            "setting 'webhook_networks' holds what is no network", advice="Write networks such as 10.1.0.0/16."
        ) from error
    return Limits(seconds=settings.webhook_seconds, networks=networks)
