import datetime as dt
import ipaddress
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import Places

from safehold.home.home import Home
from safehold.home.outbox import Outbox, Retries
from safehold.ledger import Ledger, open_ledger
from safehold.service.webhooks.courier import Courier, Limits
from safehold.service.webhooks.endpoints import Endpoints
from safehold.service.webhooks.sandbox import Mood, Receiver
from safehold.service.webhooks.setup import signing_key
from safehold.service.webhooks.signature import public_text
from safehold.vocabulary import FixedClock

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC))


@pytest.fixture
def home(chosen_places: Places, tmp_path: Path, clock: FixedClock) -> Home:
    return chosen_places.open(tmp_path / "home", clock)


@pytest.fixture
def ledger(home: Home) -> Ledger:
    return open_ledger(home)


@pytest.fixture
def outbox(home: Home) -> Outbox:
    return Outbox(home.database, home.clock, retries=Retries(first_seconds=10, longest_seconds=60, attempts=3))


@pytest.fixture
def endpoints(home: Home, ledger: Ledger, outbox: Outbox) -> Endpoints:
    return Endpoints(home.database, ledger, outbox, home.clock)


@pytest.fixture
def receiver(home: Home) -> Iterator[Receiver]:
    with Receiver([public_text(signing_key(home))], home.clock) as made:
        yield made


@pytest.fixture
def courier(home: Home, outbox: Outbox, endpoints: Endpoints) -> Courier:
    return Courier(outbox, endpoints, signing_key(home), clock=home.clock, limits=Limits(5, LOOPBACK))


def tell(home: Home, endpoints: Endpoints, name: str = "mine", check: str = "chk_1") -> None:
    with home.database.writing() as connection:
        endpoints.announce(connection, name, check=check, state="done")


def later(clock: FixedClock) -> None:
    clock.at += dt.timedelta(seconds=100)


@pytest.fixture
def told(home: Home, endpoints: Endpoints, receiver: Receiver) -> None:
    endpoints.create("mine", receiver.url, actor="alice")
    tell(home, endpoints)


@pytest.mark.usefixtures("told")
def test_what_happened_is_delivered_once_signed_and_without_anything_but_ids(
    courier: Courier, receiver: Receiver, outbox: Outbox
) -> None:
    assert courier.deliver_due() == 1
    assert courier.deliver_due() == 0
    (delivered,) = receiver.taken
    assert (delivered.kind, delivered.about) == ("check.answered", {"check": "chk_1", "state": "done"})
    assert set(json.loads(receiver.bodies[0])) == {"type", "timestamp", "data"}
    assert outbox.backlog().waiting == 0


@pytest.mark.usefixtures("told")
def test_a_delivery_that_was_taken_but_not_confirmed_comes_again_under_its_id_and_is_known(
    courier: Courier, receiver: Receiver, clock: FixedClock
) -> None:
    receiver.moods.append(Mood.FORGETFUL)
    assert courier.deliver_due() == 0
    later(clock)
    assert courier.deliver_due() == 1
    assert (len(receiver.taken), receiver.repeated, receiver.refused) == (1, 1, 0)
    assert receiver.bodies[0] == receiver.bodies[1]


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("mood", [Mood.BROKEN, Mood.REDIRECTING, Mood.HANGING_UP])
def test_a_delivery_that_was_not_taken_is_tried_again(
    courier: Courier, receiver: Receiver, clock: FixedClock, mood: Mood
) -> None:
    receiver.moods.append(mood)
    assert courier.deliver_due() == 0
    assert receiver.taken == []
    assert courier.deliver_due() == 0  # not yet
    later(clock)
    assert courier.deliver_due() == 1


@pytest.mark.usefixtures("told")
def test_an_endpoint_that_drips_is_cut_off_at_the_end_of_the_time(
    home: Home, outbox: Outbox, endpoints: Endpoints, receiver: Receiver
) -> None:
    receiver.moods.append(Mood.DRIPPING)
    hasty = Courier(outbox, endpoints, signing_key(home), clock=home.clock, limits=Limits(0.3, LOOPBACK))
    begun = dt.datetime.now(dt.UTC)
    assert hasty.deliver_due() == 0
    assert dt.datetime.now(dt.UTC) - begun < dt.timedelta(seconds=5)
    assert outbox.backlog().waiting == 1


@pytest.mark.usefixtures("told")
def test_after_its_last_try_a_delivery_is_dead_until_a_person_asks_for_it(
    courier: Courier, receiver: Receiver, outbox: Outbox, clock: FixedClock
) -> None:
    receiver.moods.extend([Mood.BROKEN] * 3)
    for _ in range(4):
        courier.deliver_due()
        later(clock)
    (dead,) = outbox.dead()
    assert (dead.reason, dead.attempts) == ("status_500", 3)
    outbox.revive(dead.id)
    assert courier.deliver_due() == 1
    assert [delivered.id for delivered in receiver.taken] == [dead.id]


@pytest.mark.usefixtures("told")
def test_an_endpoint_that_is_gone_is_not_asked_again(courier: Courier, receiver: Receiver, outbox: Outbox) -> None:
    receiver.moods.append(Mood.GONE)
    courier.deliver_due()
    assert [dead.reason for dead in outbox.dead()] == ["status_410"]


@pytest.mark.usefixtures("told")
def test_a_revoked_webhook_is_told_nothing_more(
    home: Home, courier: Courier, endpoints: Endpoints, receiver: Receiver, outbox: Outbox
) -> None:
    assert endpoints.is_registered("mine")
    endpoints.revoke("mine", actor="alice")
    assert not endpoints.is_registered("mine")
    courier.deliver_due()
    tell(home, endpoints)
    tell(home, endpoints, "nobody")
    assert courier.deliver_due() == 0
    assert receiver.bodies == []
    assert [dead.reason for dead in outbox.dead()] == ["revoked"]


@pytest.mark.usefixtures("told")
def test_a_slow_endpoint_does_not_hold_the_others_of_its_batch_up(
    home: Home, endpoints: Endpoints, receiver: Receiver, outbox: Outbox
) -> None:
    for number in range(2, 8):
        tell(home, endpoints, check=f"chk_{number}")
    receiver.moods.append(Mood.DRIPPING)
    courier = Courier(outbox, endpoints, signing_key(home), clock=home.clock, limits=Limits(3, LOOPBACK))
    assert courier.deliver_due() == 6


def test_where_a_name_leads_is_judged_at_every_delivery(
    home: Home, outbox: Outbox, endpoints: Endpoints, clock: FixedClock, receiver: Receiver
) -> None:
    answers = [["127.0.0.1"], ["127.0.0.1", "10.1.2.3"], [], ["127.0.0.1"]]
    limits = Limits(5, LOOPBACK, lambda _host, _port: answers.pop(0))
    courier = Courier(outbox, endpoints, signing_key(home), clock=clock, limits=limits)
    endpoints.create("mine", receiver.url.replace("127.0.0.1", "inside.example"), actor="alice")
    tell(home, endpoints)
    assert courier.deliver_due() == 1
    tell(home, endpoints)
    for taken in (0, 0, 1):
        assert courier.deliver_due() == taken
        later(clock)
    assert len(receiver.taken) == 2


def test_an_unreachable_endpoint_is_told_apart(home: Home, endpoints: Endpoints) -> None:
    with Receiver([]) as closed:
        url = closed.url
    endpoints.create("mine", url, actor="alice")
    tell(home, endpoints)
    outbox = Outbox(home.database, home.clock, retries=Retries(attempts=1))
    Courier(outbox, endpoints, signing_key(home), clock=home.clock, limits=Limits(5, LOOPBACK)).deliver_due()
    assert [dead.reason for dead in outbox.dead()] == ["unreachable"]
