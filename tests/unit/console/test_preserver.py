"""Preservation: confirmed items go from what waits for review into the vault, whatever happens in between."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from safehold.cases import CaseItem, CaseState, Place
from safehold.cases.awaiting import PRESERVE
from safehold.cases.listing import CaseFilter
from safehold.console.preserver import Preserver
from safehold.gateway import Caller
from safehold.gateway.held import HeldItems
from safehold.gateway.item import CheckRequest, Context, Item, ItemKind
from safehold.gateway.policy import Retention
from safehold.gateway.purge import Purged, purge
from safehold.gateway.tables import held
from safehold.home.outbox import Outbox
from safehold.home.outbox.tables import jobs
from safehold.media import test_signature_png as signature_png
from safehold.vault import EvidenceId, Label, Reference, ReferenceKind, read_custodian_key
from safehold.vault.review import make_review_key, read_review_key
from safehold.vocabulary import FixedClock
from safehold.wiring.casework import Casework, case_rules, open_casework
from safehold.wiring.gateway import open_gateway
from safehold.wiring.workshop import open_workshop

pytestmark = pytest.mark.long

CUSTODIANS = ("amira", "jonas")


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(dt.datetime.now(dt.UTC))


@pytest.fixture
def casework(tmp_path: Path, clock: FixedClock) -> Iterator[Casework]:
    """A home in which the test signature was refused, and its case decided, since a trusted list knows it."""
    home = tmp_path / "home"
    with open_workshop(home, environment={}) as workshop:
        make_review_key(workshop.home.keys, out=tmp_path / "review.key")
        for name in CUSTODIANS:
            workshop.vault.custodians.generate(name, out=tmp_path / f"{name}.key")
    with open_gateway(home, environment={}) as gateway:
        request = CheckRequest((Item(ItemKind.IMAGE, data=signature_png()),), Context(account="a-17"))
        gateway.checks.check(request, Caller("service"))
    with open_workshop(home, environment={}, clock=clock) as workshop:
        opened = open_casework(workshop)
        for case in opened.cases.list().cases:
            opened.decisions.decide_automatically(case.id)
        opened.decisions.settle()
        yield opened


@pytest.fixture
def outbox(casework: Casework) -> Outbox:
    return Outbox(casework.workshop.home.database, casework.workshop.home.clock)


@pytest.fixture
def preserver(casework: Casework, outbox: Outbox, tmp_path: Path) -> Preserver:
    return Preserver(casework, read_review_key(tmp_path / "review.key"), outbox)


def the_item(casework: Casework) -> CaseItem:
    (case,) = casework.cases.list().cases
    (item,) = casework.cases.items(case.id)
    return item


def kinds(casework: Casework) -> list[str]:
    return [entry.event.kind for entry in casework.workshop.ledger.events()]


def test_a_confirmed_item_is_sealed_to_the_custodians_and_found_there(
    casework: Casework, preserver: Preserver, tmp_path: Path
) -> None:
    assert the_item(casework).told.content.place is Place.HELD
    assert preserver.settle() == 1
    content = the_item(casework).told.content
    assert content.place is Place.VAULT
    keys = [read_custodian_key(tmp_path / f"{name}.key") for name in CUSTODIANS]
    opened = casework.workshop.vault.open(EvidenceId(content.reference), keys, purpose="test", case="case")
    assert opened == signature_png()
    assert kinds(casework).count("evidence.preserved") == 1


def test_a_kill_between_sealing_and_noting_it_keeps_the_bytes_once(casework: Casework, preserver: Preserver) -> None:
    item = the_item(casework)
    casework.workshop.vault.put(signature_png(), Label(item.case))  # what had been done when it was killed
    assert preserver.settle() == 1
    assert len(casework.workshop.vault.list()) == 1


def test_a_second_job_for_the_same_item_changes_nothing(
    casework: Casework, preserver: Preserver, outbox: Outbox
) -> None:
    preserver.settle()
    before = the_item(casework)
    with casework.workshop.home.database.writing() as connection:
        outbox.enqueue(connection, PRESERVE, {"item": before.id})
    assert preserver.settle() == 1
    assert the_item(casework) == before
    assert kinds(casework).count("evidence.preserved") == 1


def without_custodians(casework: Casework, *, left: int = 0) -> None:
    for file in sorted((casework.workshop.home.keys / "custodians").glob("*.pub"))[left:]:
        file.unlink()


def forget(casework: Casework, clock: FixedClock) -> Purged:
    """Do what workers do now and then."""
    home, ledger = casework.workshop.home, casework.workshop.ledger
    casework.cases.close_settled(actor="system")
    rules = case_rules(casework.workshop.settings).retention
    retention = Retention(decisions_days=90, accounts_days=90, held_hours=72, held_bytes=1 << 20)
    return purge(home.database, ledger, retention, clock.now(), actor="system", rules=rules)


def pass_days(clock: FixedClock, days: float) -> None:
    clock.at += dt.timedelta(days=days)


def test_confirmed_evidence_waits_for_custodians_for_as_long_as_that_takes(
    casework: Casework, preserver: Preserver, clock: FixedClock, outbox: Outbox, tmp_path: Path
) -> None:
    without_custodians(casework)
    for _ in range(30):  # far longer than jobs are tried, cases stay open and held items may live
        pass_days(clock, 2)
        assert preserver.settle() == 0
        assert forget(casework, clock).held == 0
    assert outbox.dead() == ()
    assert the_item(casework).told.content.place is Place.HELD
    for name in ("bela", "cleo"):
        casework.workshop.vault.custodians.generate(name, out=tmp_path / f"{name}.key")
    pass_days(clock, 1)
    assert preserver.settle() == 1
    assert "evidence.lost" not in kinds(casework)
    assert casework.cases.close_settled(actor="system") == 1, "it is closed once the vault has it"


def test_confirmed_evidence_outlives_everything_where_no_console_has_the_review_key(
    casework: Casework, preserver: Preserver, clock: FixedClock
) -> None:
    for _ in range(10):
        pass_days(clock, 20)  # workers come by long after its time was over, too
        forget(casework, clock)
    assert len(HeldItems(casework.workshop.home.database, casework.workshop.ledger).list()) == 1
    assert casework.cases.list().cases[0].state is CaseState.DECIDED
    pass_days(clock, 20)
    assert preserver.settle() == 1, "its time was over and nobody had come by"


def test_a_job_that_was_given_up_keeps_its_item_until_somebody_tries_again(
    casework: Casework, preserver: Preserver, clock: FixedClock, outbox: Outbox
) -> None:
    (job,) = outbox.lease({PRESERVE}, 60)
    outbox.failed(job, "OSError", for_good=True)
    for _ in range(4):
        pass_days(clock, 15)
        assert forget(casework, clock).held == 0
    outbox.revive(job.id)
    assert preserver.settle() == 1


def test_what_was_confirmed_and_is_removed_all_the_same_is_said_to_be_lost(
    casework: Casework, clock: FixedClock
) -> None:
    with casework.workshop.home.database.writing() as connection:
        connection.execute(sa.delete(jobs))  # what the outbox was to do is gone
    pass_days(clock, 40)
    assert forget(casework, clock).held == 1
    (case,) = casework.cases.list(CaseFilter(state=CaseState.CLOSED)).cases
    told = [entry.event.details for entry in casework.workshop.ledger.events() if entry.event.kind == "evidence.lost"]
    assert told == [{"item": casework.cases.items(case.id)[0].id}]


def test_nothing_is_sealed_to_a_lone_custodian_since_no_ceremony_could_open_it(
    casework: Casework, preserver: Preserver, clock: FixedClock, tmp_path: Path
) -> None:
    without_custodians(casework, left=1)
    assert preserver.settle() == 0
    assert len(casework.workshop.vault.list()) == 0
    casework.workshop.vault.custodians.generate("bela", out=tmp_path / "bela.key")
    pass_days(clock, 1)
    assert preserver.settle() == 1


def test_circumstances_live_as_long_as_the_evidence_that_they_tell_of(
    casework: Casework, preserver: Preserver, clock: FixedClock
) -> None:
    preserver.settle()
    item = the_item(casework)
    pass_days(clock, 15)
    assert casework.cases.close_settled(actor="system") == 1
    pass_days(clock, 364)
    assert forget(casework, clock).circumstances == 0
    assert casework.cases.context(item.id) != b""
    casework.workshop.vault.erase(
        EvidenceId(item.told.content.reference), Reference(ReferenceKind.RECEIPT, "receipt-1")
    )
    assert forget(casework, clock).circumstances == 1


def test_without_custodians_the_item_waits_and_is_tried_again(casework: Casework, preserver: Preserver) -> None:
    without_custodians(casework)
    assert preserver.settle() == 0
    assert the_item(casework).told.content.place is Place.HELD
    with casework.workshop.home.database.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(held)).scalar() == 1


def test_what_was_gone_before_it_could_be_preserved_is_said_to_be_lost(
    casework: Casework, preserver: Preserver
) -> None:
    with casework.workshop.home.database.writing() as connection:
        connection.execute(sa.delete(held))
    assert preserver.settle() == 0
    assert "evidence.lost" in kinds(casework)
    assert preserver.settle() == 0
