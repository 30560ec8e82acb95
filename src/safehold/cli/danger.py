"""``safehold danger``: what to do and whom to call when somebody's life may be in danger, and what was done."""

import os
from typing import TYPE_CHECKING

import click

from safehold.cli.answer import Answer, Table
from safehold.cli.command import Shell, command
from safehold.cli.enforcement import acting

if TYPE_CHECKING:
    from safehold.cases.enforcement.danger import Danger, Route

_KINDS = click.Choice(["child", "self", "others"])
_ACTS = click.Choice(["called", "not_reached", "reported", "lead_told", "kept", "asked_to_wait", "answered"])
_OUTCOMES = click.Choice(["handed_over", "known_already", "no_danger"])


@click.group("danger")
def danger() -> None:
    """Find whom to call when somebody's life may be in danger; record it afterwards."""


@command(danger, "route")
@click.argument("country", default="")
def show_route(shell: Shell, country: str) -> Answer:
    """Show what to do and whom to call in a country (ISO 3166-1: GB); needs no case and records nothing."""
    from safehold.cases.enforcement.danger import load_contacts
    from safehold.settings import load_settings
    from safehold.wiring import home_folder

    settings = load_settings(home_folder(shell.home, os.environ), os.environ)
    route = load_contacts(settings.danger_contacts).route(country)
    return Answer(_told(route), _shown(route))


@command(danger, "raise")
@click.argument("case_id", metavar="CASE")
@click.option("--kind", type=_KINDS, required=True, help="Who may be hurt: a child, themselves, or others.")
@click.option("--country", default="", help="Where, ISO 3166-1 alpha-2; unknown by default.")
def raise_danger(shell: Shell, case_id: str, kind: str, country: str) -> Answer:
    """Make a case the most urgent there is, and show what to do and whom to call."""
    from safehold.cases import CaseId
    from safehold.cases.enforcement.danger import DangerKind
    from safehold.wiring.casework import open_dangers

    with shell.workshop() as workshop:
        dangers = open_dangers(workshop)
        raised = dangers.open(acting(workshop), CaseId(case_id), kind=DangerKind(kind), country=country)
        route = dangers.route(country or raised.country)
    said = f"danger {raised.id} of case {raised.case} is open"
    return Answer({"danger": _facts(raised), **_told(route)}, [said, *_shown(route)])


@command(danger, "list")
@click.option("--all", "with_closed", is_flag=True, help="Also those that are over.")
def list_dangers(shell: Shell, *, with_closed: bool) -> Answer:
    """List dangers that are open, oldest first."""
    from safehold.wiring.casework import open_dangers

    with shell.workshop() as workshop:
        found = open_dangers(workshop).list(with_closed=with_closed)
    rows = [
        (one.id, one.kind.value, one.country or "unknown", one.case, f"{one.raised_at:%Y-%m-%d %H:%M}", _end(one))
        for one in found
    ]
    table = Table(("id", "who", "country", "case", "raised (UTC)", "outcome"), rows, empty="No danger is open.")
    return Answer({"dangers": [_facts(one) for one in found]}, [table])


@command(danger, "note")
@click.argument("danger_id", metavar="ID")
@click.argument("act", type=_ACTS)
@click.option("--contact", default="", help="The id of the contact that it was about.")
def note_danger(shell: Shell, danger_id: str, act: str, contact: str) -> Answer:
    """Record what you did. No names or references of the police: they belong on paper."""
    from safehold.cases.enforcement.danger import Act, DangerId
    from safehold.wiring.casework import open_dangers

    with shell.workshop() as workshop:
        step = open_dangers(workshop).note(acting(workshop), DangerId(danger_id), Act(act), contact=contact)
    told = {"number": step.number, "act": step.act.value, "contact": step.contact, "at": step.at.isoformat()}
    return Answer({"step": told}, [f"recorded: {step.act.value}"])


@command(danger, "close")
@click.argument("danger_id", metavar="ID")
@click.argument("outcome", type=_OUTCOMES)
def close_danger(shell: Shell, danger_id: str, outcome: str) -> Answer:
    """Say that it is over for you; its case stays as urgent until it is decided."""
    from safehold.cases.enforcement.danger import DangerId, Outcome
    from safehold.wiring.casework import open_dangers

    with shell.workshop() as workshop:
        closed = open_dangers(workshop).close(acting(workshop), DangerId(danger_id), Outcome(outcome))
    return Answer({"danger": _facts(closed)}, [f"danger {closed.id} is closed: {outcome}"])


def _shown(route: "Route") -> list[str | Table]:
    """Return a route for people: whom to call stands first, and again last where a terminal ends."""
    calls = [(one.phone or one.web, one.name, one.note, one.id) for one in route.contacts]
    none = "No contact is known here for this country: call the emergency number of where they are."
    table = Table(("call", "who", "know", "id"), calls, empty=none)
    steps = [f"{number}. {one.title}. {one.body}" for number, one in enumerate(route.steps, 1)]
    laws = [f"Law: {one.text} ({one.law})" for one in route.laws]
    drafts = any(not one.is_reviewed for one in route.contacts)
    hint = ["Nobody here has called these numbers; have them checked where you operate."] if drafts else []
    return [table, *steps, *laws, *hint]


def _told(route: "Route") -> dict[str, object]:
    return {
        "country": route.country,
        "contacts": [
            {
                "id": one.id,
                "name": one.name,
                "kind": one.kind.value,
                "phone": one.phone,
                "web": one.web,
                "note": one.note,
                "sources": list(one.sources),
                "read": one.read,
                "own": one.is_own,
                "reviewed": one.is_reviewed,
            }
            for one in route.contacts
        ],
        "steps": [{"id": one.id, "title": one.title, "body": one.body} for one in route.steps],
        "laws": [{"id": one.id, "text": one.text, "law": one.law} for one in route.laws],
    }


def _end(one: "Danger") -> str:
    return "open" if one.outcome is None else one.outcome.value


def _facts(one: "Danger") -> dict[str, object]:
    return {
        "id": one.id,
        "case": one.case,
        "kind": one.kind.value,
        "country": one.country,
        "raised_at": one.raised_at.isoformat(),
        "raised_by": one.raised_by,
        "closed_at": None if one.closed_at is None else one.closed_at.isoformat(),
        "closed_by": one.closed_by,
        "outcome": None if one.outcome is None else one.outcome.value,
    }
