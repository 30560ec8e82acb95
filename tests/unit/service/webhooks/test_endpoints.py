import datetime as dt
from pathlib import Path

import pytest
from tests.conftest import Places

from safehold.home.home import Home
from safehold.ledger import Ledger, open_ledger
from safehold.service.webhooks.endpoints import Endpoints
from safehold.service.webhooks.errors import (
    WebhookAddressError,
    WebhookExistsError,
    WebhookMissingError,
    WebhookNameError,
)
from safehold.service.webhooks.setup import courier_of, endpoints_of
from safehold.settings import MalformedSettingsError, Settings
from safehold.vocabulary import FixedClock

URL = "https://example.org/hook?token=canary"


@pytest.fixture
def home(chosen_places: Places, tmp_path: Path) -> Home:
    return chosen_places.open(tmp_path / "home", FixedClock(dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)))


@pytest.fixture
def ledger(home: Home) -> Ledger:
    return open_ledger(home)


@pytest.fixture
def endpoints(home: Home, ledger: Ledger) -> Endpoints:
    return endpoints_of(home, ledger)


def test_endpoints_are_made_found_listed_and_revoked_and_the_ledger_says_so_without_the_address(
    endpoints: Endpoints, ledger: Ledger
) -> None:
    made = endpoints.create("b", URL, actor="alice")
    endpoints.create("a", URL, actor="alice")
    assert endpoints.find("b") == made
    revoked = endpoints.revoke("b", actor="bob")
    assert endpoints.revoke("b", actor="bob") == revoked
    assert [(one.name, one.revoked_at is None) for one in endpoints.all()] == [("a", True), ("b", False)]
    recorded = [entry.event for entry in ledger.events(1)]
    assert [(event.kind, event.actor) for event in recorded] == [
        ("webhook.created", "alice"),
        ("webhook.created", "alice"),
        ("webhook.revoked", "bob"),
    ]
    assert "canary" not in str(recorded)


def test_a_name_is_given_once(endpoints: Endpoints) -> None:
    endpoints.create("a", URL, actor="alice")
    endpoints.revoke("a", actor="alice")
    with pytest.raises(WebhookExistsError):
        endpoints.create("a", URL, actor="alice")


def test_a_name_is_a_word_and_an_address_one_that_can_be_delivered_to(endpoints: Endpoints) -> None:
    for name in ("", "two words", "a/b", "a.example.org"):
        with pytest.raises(WebhookNameError):
            endpoints.create(name, URL, actor="alice")
    with pytest.raises(WebhookAddressError):
        endpoints.create("a", "ftp://example.org/", actor="alice")
    assert endpoints.all() == ()


def test_who_is_not_there_is_told(endpoints: Endpoints) -> None:
    for ask in (endpoints.find, lambda name: endpoints.revoke(name, actor="alice")):
        with pytest.raises(WebhookMissingError):
            ask("nobody")


def test_a_setting_that_is_no_network_is_refused(home: Home, ledger: Ledger) -> None:
    with pytest.raises(MalformedSettingsError):
        courier_of(home, ledger, Settings(webhook_networks=("10.1.2.3/8",)))
    assert courier_of(home, ledger, Settings(webhook_networks=("10.0.0.0/8",))).deliver_due() == 0
