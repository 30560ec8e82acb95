"""Preservation: confirmed items go from what waits for review into the vault, whatever happens in between."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from safehold.cases import CaseItem, Place
from safehold.cases.evidence.preservation import PRESERVE
from safehold.console.preserver import Preserver
from safehold.gateway import Caller
from safehold.gateway.item import CheckRequest, Context, Item, ItemKind
from safehold.gateway.tables import held
from safehold.home.outbox import Outbox
from safehold.media import test_signature_png as signature_png
from safehold.vault import EvidenceId, Label, read_custodian_key
from safehold.vault.review import make_review_key, read_review_key
from safehold.wiring.casework import Casework, open_casework
from safehold.wiring.gateway import open_gateway
from safehold.wiring.workshop import open_workshop

CUSTODIANS = ("amira", "jonas")


@pytest.fixture
def casework(tmp_path: Path) -> Iterator[Casework]:
    """A home in which the test signature was refused, and its case decided, since a trusted list knows it."""
    home = tmp_path / "home"
    with open_workshop(home, environment={}) as workshop:
        make_review_key(workshop.home.keys, out=tmp_path / "review.key")
        for name in CUSTODIANS:
            workshop.vault.custodians.generate(name, out=tmp_path / f"{name}.key")
    with open_gateway(home, environment={}) as gateway:
        request = CheckRequest((Item(ItemKind.IMAGE, data=signature_png()),), Context(account="a-17"))
        gateway.checks.check(request, Caller("service"))
    with open_workshop(home, environment={}) as workshop:
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


def test_without_custodians_the_item_waits_and_is_tried_again(casework: Casework, preserver: Preserver) -> None:
    for file in (casework.workshop.home.keys / "custodians").iterdir():
        file.unlink()
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
