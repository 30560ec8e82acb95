"""Journeys of several people in a real browser: evidence opened by two custodians, an appeal, an export."""

import base64
from pathlib import Path

import pytest
from tests.functional.people.chromium import Tab
from tests.unit.console.desk import WORDS
from tests.vectors import media

from safehold.cases import Content, Person, Place, Role
from safehold.cases.enforcement import Measure, Order
from safehold.cases.enforcement.appeals import Filing
from safehold.vault import Label
from safehold.vault.custodians import read_custodian_key
from safehold.vault.granting import Request, grant
from safehold.vault.recipient import make_recipient_key, open_for, read_recipient_key

from .conftest import Site

pytestmark = pytest.mark.browser

OPEN = "document.querySelector('[data-stage]').matches('.shown')"
SAID = """(told => !["Covered.", "Opening…", "Open."].includes(told) && told)(
  document.querySelector('[data-status]').textContent)"""
FETCHED = """fetch(%r).then(r => r.arrayBuffer()).then(b => btoa(String.fromCharCode(...new Uint8Array(b))))"""


def sent(tab: Tab, action: str) -> None:
    """Send the form with this action, as its button does."""
    tab.ask(f"document.querySelector('form[action=\"{action}\"] button[type=submit]').click(), 1")
    tab.loaded()


def test_evidence_is_seen_while_an_opening_lasts_that_two_others_granted(site: Site, tab: Tab, tmp_path: Path) -> None:
    desk, vault = site.desk, site.desk.casework.workshop.vault
    for name in ("carol", "dan"):
        vault.custodians.generate(name, out=tmp_path / f"{name}.key")
    vault.custodians.require(2)
    case = desk.case(desk.item(801), subject="d1", queue="others")
    evidence = vault.put(media.encoded(media.picture(640, 480, 31), "jpeg"), Label(case=case))
    item = desk.item(802, content=Content(Place.VAULT, evidence))
    desk.casework.cases.open(desk.casework.cases.show(case).subject, [item], actor="system")
    place = f"/cases/{case}?item={desk.items(case)[1].id}"
    tab.size(1280, 900)
    site.enter(tab, Role.SPECIALIST, name="clara")
    site.open(tab, place)
    tab.hold("[data-hold]")
    assert "opening" in tab.wait(SAID)
    tab.release("[data-hold]")
    tab.ask("document.querySelector('a[href^=\"/openings?\"]').click(), 1")
    tab.loaded()
    tab.fill("#purpose", "report")
    sent(tab, "/openings")
    (opening,) = desk.casework.openings.list(case=case)
    for name in ("carol", "dan"):
        site.enter(tab, Role.CUSTODIAN, name=name)
        site.open(tab, f"/grants/{opening.id}")
        package = base64.b64decode(tab.ask(FETCHED % f"/grants/{opening.id}/package"))
        given = grant(Request.from_bytes(package), read_custodian_key(tmp_path / f"{name}.key"))
        (tmp_path / f"{name}.grant").write_bytes(given.to_bytes())
        tab.choose("#file", tmp_path / f"{name}.grant")
        sent(tab, f"/grants/{opening.id}")
    site.enter(tab, Role.SPECIALIST, name="clara")
    site.open(tab, place)
    tab.hold("[data-hold]")
    tab.wait(OPEN)
    tab.release("[data-hold]")
    tab.wait(f"!{OPEN}")
    shown = desk.casework.exposures.of_case(case)
    assert {(one.person, one.purpose.value) for one in shown} == {("clara", "evidence")}
    site.enter(tab, Role.REVIEWER)
    site.open(tab, place)
    tab.hold("[data-hold]")
    assert "opening" in tab.wait(SAID)
    tab.release("[data-hold]")


def test_an_appeal_is_decided_by_somebody_else_than_who_acted(site: Site, tab: Tab) -> None:
    casework = site.desk.casework
    case = casework.cases.show(site.desk.case(site.desk.item(811), subject="d2", queue="others"))
    ben = Person("ben", frozenset({Role.ENFORCER}))
    measure = casework.enforcement.order(ben, Order(Measure.WARN, case.subject, case.id, "grooming", 180, ("chk#0",)))
    filing = Filing(measure.id, case.subject, f"I think this is wrong: {WORDS}.")
    appeal = casework.appeals.receive(filing, actor="website")
    site.enter(tab, Role.ENFORCER, name="ben")
    site.open(tab, f"/appeals/{appeal.id}")
    assert tab.ask("document.querySelector('form[action$=\"/decide\"]')") is None
    site.enter(tab, Role.ENFORCER, name="emma")
    site.open(tab, f"/appeals/{appeal.id}")
    sent(tab, f"/appeals/{appeal.id}/take")
    tab.ask("document.querySelector('#outcome-rejected, form[action$=\"/decide\"] input[type=radio]').click(), 1")
    tab.ask("document.querySelector('#reason').selectedIndex = 1, 1")
    sent(tab, f"/appeals/{appeal.id}/decide")
    assert casework.appeals.show(appeal.id).decided_at is not None


def test_a_case_is_exported_for_the_law_by_who_may_and_opens_with_its_recipients_key_alone(
    site: Site, tab: Tab, tmp_path: Path
) -> None:
    case = site.desk.case(site.desk.item(821, content=site.desk.words()), subject="d3", queue="others")
    public = make_recipient_key(tmp_path / "recipient.key")
    site.enter(tab, Role.REPORTER, name="rosa")
    site.open(tab, f"/cases/{case}")
    tab.ask("document.querySelector('a[href$=\"/export\"]').click(), 1")
    tab.loaded()
    told = "document.forms[document.forms.length - 1]"
    tab.fill("#recipient", public.text)
    asked = f"fetch({told}.action, {{method: 'POST', body: new URLSearchParams(new FormData({told}))}})"
    data = base64.b64decode(
        tab.ask(f"{asked}.then(r => r.arrayBuffer()).then(b => btoa(String.fromCharCode(...new Uint8Array(b))))")
    )
    assert WORDS.encode() not in data
    assert open_for(data, read_recipient_key(tmp_path / "recipient.key"))
    (event,) = site.desk.events("case.exported")
    assert (event.actor, event.details["profile"]) == ("rosa", "law")
