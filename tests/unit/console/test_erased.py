"""What was erased: its pages say so, and neither they nor any request offer it any more."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from safehold.cases import CaseId, Content, Place, Role
from safehold.cases.awaiting import Preserved
from safehold.cases.tables import case_preservations
from safehold.gateway.circumstances import circumstances
from safehold.gateway.item import CheckRequest, Context, Item, ItemKind
from safehold.gateway.keeping import forget_circumstances
from safehold.ledger.entry import timestamp
from safehold.vault import EvidenceId, Label, Reference, ReferenceKind

from .desk import Desk

RECEIPT = Reference(ReferenceKind.RECEIPT, "receipt-1")
LOOKS = (Role.SPECIALIST, Role.REPORTER)


@dataclass
class Kept:
    """A case with an item of which the vault has content and account, and circumstances that still wait."""

    desk: Desk
    case: CaseId
    content: EvidenceId
    account: EvidenceId

    def page(self, *roles: Role) -> str:
        shown = self.desk.as_(*(roles or LOOKS)).get(f"/cases/{self.case}").text
        return " ".join(shown.split())

    def erase(self, evidence: EvidenceId) -> None:
        self.desk.casework.workshop.vault.erase(evidence, RECEIPT)


@pytest.fixture
def kept(desk: Desk, tmp_path: Path) -> Kept:
    vault = desk.casework.workshop.vault
    for name in ("carol", "dan"):
        vault.custodians.generate(name, out=tmp_path / f"{name}.key", passphrase=None)
    content = vault.put(b"red cube", Label("case_made-up"))
    account = vault.put(b"told of a red cube", Label("case_made-up", belongs_to=content))
    request = CheckRequest((Item(ItemKind.PROMPT, text="a red cube"),), Context(account="a-17"))
    sealed = desk.public.box(circumstances(request, check="chk_1", at=desk.clock.now()))
    case = desk.case(desk.item(1, content=Content(Place.VAULT, content), context=sealed))
    row = {"item_id": desk.items(case)[0].id, "state": Preserved.KEPT.value, "at": timestamp(desk.clock.now())}
    with desk.casework.workshop.home.database.writing() as connection:
        connection.execute(sa.insert(case_preservations).values(**row, content=content, circumstances=account))
    return Kept(desk, case, content, account)


def test_what_the_vault_has_is_offered_while_it_is_there(kept: Kept) -> None:
    page = kept.page()
    assert "Ask for an opening" in page
    assert "Ask for its circumstances" in page
    assert 'data-part="context"' in page
    assert "erased" not in page


def test_a_case_page_says_what_was_erased_and_offers_none_of_it(kept: Kept) -> None:
    kept.erase(kept.content)
    page = kept.page()
    assert "Its content and the account of it were erased" in page
    assert f'href="/holds/{kept.content}"' in page, "who manages holds is led to what it rested on"
    for offered in ("Ask for an opening", "Ask for its circumstances", "/openings?", "data-viewer", "custodians"):
        assert offered not in page
    assert "On what that rested" not in kept.page(Role.REVIEWER)


def test_an_erased_account_alone_is_named_and_not_offered(kept: Kept) -> None:
    kept.erase(kept.account)
    page = kept.page()
    assert "The account of it was erased" in page
    assert "Ask for its circumstances" not in page
    assert 'data-part="context"' not in page
    assert "Ask for an opening" in page, "its content is still there"


def test_nobody_reveals_what_was_erased_whatever_else_waits_of_it_and_no_exposure_is_recorded(kept: Kept) -> None:
    kept.erase(kept.content)
    client, path = kept.desk.as_(*LOOKS), f"/cases/{kept.case}/items/{kept.desk.items(kept.case)[0].id}"
    for part in ({}, {"part": "context"}):
        for step in ("begin", "show"):
            assert client.send_form(f"{path}/{step}", part).status_code == 409
    assert client.get(f"{path}/cover").status_code == 409
    assert kept.desk.events("exposure") == []


def test_an_opening_of_what_was_erased_meanwhile_waits_for_no_custodian(kept: Kept) -> None:
    asker = kept.desk.standing.console.sessions.find("noor.specialist").person
    asked = kept.desk.casework.openings.request(asker, kept.content, case=kept.case, purpose="report")
    custodian = kept.desk.as_(Role.CUSTODIAN, name="carol")
    assert "Hand it in" in custodian.get(f"/grants/{asked.id}").text
    kept.erase(kept.content)
    page = custodian.get(f"/grants/{asked.id}").text
    assert "This evidence was erased" in page
    assert "Hand it in" not in page
    assert "End it now" not in kept.desk.as_(Role.SPECIALIST, name="noor").get(f"/openings/{asked.id}").text


def test_circumstances_that_waited_go_with_what_was_erased_and_not_with_what_was_taken_back(kept: Kept) -> None:
    cases, database = kept.desk.casework.cases, kept.desk.casework.workshop.home.database
    (item,) = kept.desk.items(kept.case)
    now = kept.desk.clock.now()
    assert forget_circumstances(database, now, days=180) == 0
    kept.erase(kept.account)
    state = sa.update(case_preservations).where(case_preservations.c.item_id == item.id)
    for standing, count in ((Preserved.WITHDRAWN, 0), (Preserved.KEPT, 1)):
        with database.writing() as connection:
            connection.execute(state.values(state=standing.value))
        assert forget_circumstances(database, now, days=180) == count
    assert not cases.has_context(item.id)
