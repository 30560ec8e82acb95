"""One case from a refused picture to an export, by people with accounts of their own, in a real browser.

Everything is the installation's: gateway, outbox, vault, accounts, the console over them. Only the clock of a shift is
short: what a worker does every second is done when it is due here.
"""

import base64
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image
from tests.functional.people.chromium import Tab
from tests.functional.people.conftest import served

from safehold.cases import CaseId, CaseState, Place, Role
from safehold.cases.enforcement.appeals import Filing
from safehold.cases.exports import verify_export
from safehold.cases.rules import default_source
from safehold.console.app import make_console
from safehold.console.context import Console
from safehold.console.cookies import SESSION_COOKIE
from safehold.console.serving import open_console
from safehold.console.users.proofs.totp import code_at, step_of
from safehold.gateway import Caller
from safehold.gateway.item import CheckRequest, Context, Item, ItemKind
from safehold.media import test_signature_png as signature_png
from safehold.vault import read_custodian_key
from safehold.vault.granting import Request, grant
from safehold.vault.recipient import make_recipient_key, read_recipient_key
from safehold.vault.review import make_review_key
from safehold.wiring.gateway import open_gateway
from safehold.wiring.workshop import open_workshop

pytestmark = [pytest.mark.browser, pytest.mark.long]

OWN_PASSWORD = "a lighthouse, three boats and some rain"  # noqa: S105
STAFF = {
    "amira": (Role.SPECIALIST,),
    "boris": (Role.SPECIALIST,),
    "erik": (Role.ENFORCER,),
    "edda": (Role.ENFORCER,),
    "rita": (Role.SPECIALIST, Role.REPORTER),
    "mara": (Role.CUSTODIAN,),
    "nils": (Role.CUSTODIAN,),
}
CUSTODIANS = ("mara", "nils")


def look_alike() -> bytes:
    """Return a picture that only looks like the test signature."""
    made = io.BytesIO()
    with Image.open(io.BytesIO(signature_png())) as picture:
        picture.convert("RGB").resize((300, 300)).save(made, "JPEG", quality=70)
    return made.getvalue()


@dataclass
class House:
    """An installation with its console, and people who come and go in one browser."""

    address: str
    console: Console
    tab: Tab
    folder: Path
    passwords: dict[str, str]
    secrets: dict[str, bytes] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    def open(self, path: str) -> None:
        self.tab.open(self.address + path)

    def press(self, selector: str) -> None:
        """Press a button that leads to another page."""
        self.tab.ask(f"document.querySelector({selector!r}).click(), 1")
        self.tab.loaded()

    def heading(self) -> str:
        return str(self.tab.ask("document.querySelector('h1').textContent.trim()"))

    def enter(self, name: str) -> None:
        """Sit down as somebody: the first time with the one-time password, a password and an app of their own."""
        self.tab.forget_cookies()
        if name in self.cookies:
            self.tab.cookie(self.address, SESSION_COOKIE, self.cookies[name])
            return
        self.open("/sign-in")
        self.tab.fill("#name", name)
        self.tab.fill("#password", self.passwords[name])
        self.press("form button[type=submit]")
        assert self.heading() == "Your own password"
        for selector in ("#new", "#again"):
            self.tab.fill(selector, OWN_PASSWORD)
        self.press("form button[type=submit]")
        letters = self.tab.ask("document.body.innerText.match(/Letters: ([A-Z2-7 ]+)/)[1]").replace(" ", "")
        self.secrets[name] = base64.b32decode(letters + "=" * (-len(letters) % 8))
        self.code(name)
        assert self.heading() == "Recovery codes"
        self.cookies[name] = self.tab.kept(self.address, SESSION_COOKIE)

    def code(self, name: str) -> None:
        """Type the digits of the moment; each counts once."""
        secret, step = self.secrets[name], step_of(self.console.clock.now())
        self.tab.fill("#code", code_at(secret, step))
        self.press("form button[type=submit]")

    def step_up(self, name: str) -> None:
        """Show the second factor again, with one of the recovery codes' kin: the digits of the next half minute."""
        self.open("/step-up?to=/")
        secret, step = self.secrets[name], step_of(self.console.clock.now()) + 1
        self.tab.fill("#code", code_at(secret, step))
        self.press("form button[type=submit]")
        assert self.tab.ask("location.pathname") == "/"
        self.cookies[name] = self.tab.kept(self.address, SESSION_COOKIE)


@pytest.fixture(scope="module")
def house(tab: Tab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    rules = folder / "rules.yaml"
    rules.write_text(default_source().replace("confirm: 0.1,", "confirm: 1.0,"), encoding="utf-8")
    environment = {"SAFEHOLD_REVIEW_KEY": str(folder / "review.key"), "SAFEHOLD_CASE_RULES": str(rules)}
    home = folder / "home"
    with open_workshop(home, environment={}) as workshop:
        make_review_key(workshop.home.keys, out=folder / "review.key")
        for name in CUSTODIANS:
            workshop.vault.custodians.generate(name, out=folder / f"{name}.key")
    with open_gateway(home, environment=environment) as gateway:
        context = Context(account="a-23", session="s-1", model="m-1")
        gateway.checks.check(CheckRequest((Item(ItemKind.IMAGE, data=look_alike()),), context), Caller("service"))
    with open_console(home, environment=environment) as console:
        users = console.users.users
        passwords = {name: users.create(name, roles, actor="root")[1] for name, roles in STAFF.items()}
        with served(make_console(console)) as address:
            tab.size(1280, 900)
            yield House(address, console, tab, folder, passwords)


def the_case(house: House) -> CaseId:
    (case,) = house.console.casework.cases.list().cases
    return case.id


def confirm(house: House, path: str) -> None:
    """Take a case, look at it, and confirm it as a test."""
    house.open("/")
    house.press(f"form[action='{path}'] button")
    house.tab.hold("[data-hold]")
    house.tab.wait("document.querySelector('[data-stage]').matches('.shown')")
    house.tab.release("[data-hold]")
    house.tab.click("#verdict-confirm")
    house.tab.ask("(document.querySelector('[name=harm]').value = 'test', 1)")
    house.press("[data-send]")


def test_a_first_person_signs_in_takes_the_case_looks_and_decides(house: House) -> None:
    house.enter("amira")
    confirm(house, "/queues/gateway/next")
    assert house.console.casework.cases.show(the_case(house)).state is CaseState.SECOND_REVIEW


def test_nothing_follows_before_a_second_person_agrees(house: House) -> None:
    house.console.casework.decisions.settle()
    assert house.console.preserver is not None
    assert house.console.preserver.settle() == 0
    house.enter("boris")
    confirm(house, "/queues/second-review/next")
    assert house.console.casework.cases.show(the_case(house)).state is CaseState.DECIDED


def test_what_was_confirmed_lies_in_the_vault_and_what_follows_waits_for_people(house: House) -> None:
    house.console.casework.decisions.settle()
    assert house.console.preserver is not None
    house.console.preserver.settle()
    (item,) = house.console.casework.cases.items(the_case(house))
    assert item.told.content.place is Place.VAULT
    house.enter("erik")
    house.open("/enforcement")
    house.press("main table a[href^='/enforcement/enf']")
    house.press("form[action$='/apply'] button")
    assert "in force" in house.heading()


def test_an_appeal_is_decided_by_somebody_else(house: House) -> None:
    casework = house.console.casework
    (measure,) = casework.enforcement.list().enforcements
    casework.appeals.receive(Filing(measure.id, measure.subject, "It was a lighthouse."), actor="service")
    house.enter("erik")
    house.open("/appeals")
    house.press("form[action='/appeals/next'] button")
    assert house.heading() != "Appeal", "who decided the measure is offered no appeal against it"
    house.enter("edda")
    house.open("/appeals")
    house.press("form[action='/appeals/next'] button")
    house.press("form[action$='/read'] button")
    assert "It was a lighthouse." in house.tab.ask("document.body.innerText")
    house.tab.click("#outcome-granted")
    house.tab.ask("(document.querySelector('#reason').selectedIndex = 1, 1)")
    house.press("form[action$='/decide'] button")
    (measure,) = casework.enforcement.list().enforcements
    assert measure.state.value == "lifted"


def test_two_custodians_open_evidence_for_who_asked_and_nobody_else(house: House) -> None:
    (item,) = house.console.casework.cases.items(the_case(house))
    house.enter("rita")
    house.step_up("rita")
    house.open("/openings")
    for name, text in (("evidence", item.told.content.reference), ("case", item.case), ("purpose", "report")):
        house.tab.fill(f"[name={name}]", text)
    house.press("form[action='/openings'] button")
    (opening,) = house.console.casework.openings.list()
    for name in CUSTODIANS:
        house.enter(name)
        house.step_up(name)
        request = Request.from_bytes(house.console.casework.openings.package(opening.id))
        made = grant(request, read_custodian_key(house.folder / f"{name}.key"))
        (house.folder / f"{name}.grant").write_bytes(made.to_bytes())
        house.open(f"/grants/{opening.id}")
        house.tab.choose("#file", house.folder / f"{name}.grant")
        house.press("form[enctype] button")
    house.enter("amira")
    house.open(f"/cases/{item.case}")
    house.tab.hold("[data-hold]")
    told = "document.querySelector('[data-status]').textContent"
    said = house.tab.wait(f"{told} !== 'Opening…' && {told}")
    assert said.startswith("No opening of it is granted to you now.")
    house.tab.release("[data-hold]")
    assert not house.tab.ask("document.querySelector('[data-stage]').matches('.shown')"), "open to who asked alone"
    house.enter("rita")
    house.open(f"/cases/{item.case}")
    house.tab.hold("[data-hold]")
    house.tab.wait("document.querySelector('[data-stage]').matches('.shown')")
    house.tab.release("[data-hold]")


def test_the_case_leaves_the_house_sealed_to_its_recipient(house: House) -> None:
    recipient = make_recipient_key(house.folder / "agency.key")
    case = the_case(house)
    house.enter("rita")
    house.open(f"/cases/{case}/export")
    sent = f"""(async () => {{ const form = document.querySelector("form[action$='/export']");
      form.recipient.value = {json.dumps(recipient.text)};
      const answer = await fetch(form.action, {{method: "POST", body: new URLSearchParams(new FormData(form))}});
      const bytes = new Uint8Array(await answer.arrayBuffer());
      return btoa(Array.from(bytes, one => String.fromCharCode(one)).join("")) }})()"""
    data = base64.b64decode(house.tab.ask(sent))
    found = verify_export(data, key=read_recipient_key(house.folder / "agency.key"), public_key=None)
    assert found.profile == "law"
    assert any(content == look_alike() for content in found.files.values()), "the evidence itself is in it"
