"""``safehold report``: what people reported, by when it must be decided, and what was decided."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from safehold.cli.answer import Answer, Table
from safehold.cli.command import EXISTING_FILE, Shell, command

if TYPE_CHECKING:
    import datetime as dt

    from safehold.gateway.reports import Report

_DECISIONS = click.Choice(["in_review", "acted", "no_action"])
_LISTED = click.IntRange(1, 10_000)


@click.group("report")
def report() -> None:
    """See what people reported, and say what was decided."""


@command(report, "list")
@click.option("--all", "with_closed", is_flag=True, help="Also those that are decided.")
@click.option("--overdue", "is_overdue", is_flag=True, help="Only requests that nobody decided within 48 hours.")
@click.option("--limit", type=_LISTED, default=100, show_default=True, help="How many at most.")
def list_reports(shell: Shell, *, with_closed: bool, is_overdue: bool, limit: int) -> Answer:
    """List the reports that nobody has decided: first those with a clock, then the oldest."""
    from safehold.wiring.people import open_people

    with shell.workshop() as workshop:
        found = open_people(workshop).reports.list(is_open=not with_closed, is_overdue=is_overdue, limit=limit)
        now = workshop.home.clock.now()
    rows = [
        (
            one.ticket,
            one.category.value,
            one.status.value,
            f"{one.received_at:%Y-%m-%d %H:%M}",
            _due(one, now),
            _marks(one),
        )
        for one in found
    ]
    columns = ("ticket", "about", "status", "received (UTC)", "to be decided", "")
    table = Table(columns, rows, empty="No report waits for a decision.")
    return Answer({"reports": [_facts(one, now) for one in found]}, [table])


@command(report, "show")
@click.argument("ticket")
@click.option(
    "--review-key", "key", type=EXISTING_FILE, help="The review key's private half: opens what was written; recorded."
)
def show_report(shell: Shell, ticket: str, key: Path | None) -> Answer:
    """Show a report; with the review key also what the person wrote."""
    from safehold.vault.review import read_review_key
    from safehold.wiring.people import open_people

    with shell.workshop() as workshop:
        reports = open_people(workshop).reports
        found, now = reports.show(ticket), workshop.home.clock.now()
        secret = None if key is None else read_review_key(key).secret
        told = None if secret is None else reports.opened(found.ticket, secret, actor=workshop.actor)
    facts = _facts(found, now)
    rows = [(name, str(value)) for name, value in {**facts, **(told or {})}.items() if value not in {None, ""}]
    hint = (
        () if told is not None or not found.has_sealed_note else ("What was written is sealed: --review-key opens it.",)
    )
    return Answer({"report": facts, "written": told}, [Table(("field", "value"), rows), *hint])


@command(report, "decide")
@click.argument("ticket")
@click.argument("decision", type=_DECISIONS)
def decide_report(shell: Shell, ticket: str, decision: str) -> Answer:
    """Say how far a report is: in_review, acted or no_action. With no_action, what it holds is let go for good."""
    from safehold.gateway.reports import Status
    from safehold.wiring.people import open_people

    with shell.workshop() as workshop:
        found = open_people(workshop).reports.decide(ticket, Status(decision), actor=workshop.actor)
        now = workshop.home.clock.now()
    return Answer({"report": _facts(found, now)}, [f"report {found.ticket} is now: {found.status.value}"])


@command(report, "reopen")
@click.argument("ticket")
@click.option("--reason", required=True, help="Why, in one word; recorded.")
def reopen_report(shell: Shell, ticket: str, reason: str) -> Answer:
    """Take a report up again that was closed by hand; it holds again what it held, and waits in its case."""
    from safehold.wiring.people import open_people

    with shell.workshop() as workshop:
        found = open_people(workshop).reports.take_up(ticket, reason, actor=workshop.actor)
        now = workshop.home.clock.now()
    return Answer({"report": _facts(found, now)}, [f"report {found.ticket} is now: {found.status.value}"])


def _due(one: "Report", now: "dt.datetime") -> str:
    if one.due_at is None:
        return ""
    return f"{one.due_at:%Y-%m-%d %H:%M}" + (" OVERDUE" if one.is_overdue(now) else "")


def _marks(one: "Report") -> str:
    marks = {"trusted flagger": one.is_trusted, "representative": one.is_representative, "holds": one.holding == "held"}
    return ", ".join(name for name, is_so in marks.items() if is_so)


def _facts(one: "Report", now: "dt.datetime") -> dict[str, object]:
    return {
        "ticket": one.ticket,
        "kind": one.kind.value,
        "category": one.category.value,
        "target": one.target.value,
        "reference": one.reference,
        "status": one.status.value,
        "received_at": one.received_at.isoformat(),
        "status_at": one.status_at.isoformat(),
        "due_at": None if one.due_at is None else one.due_at.isoformat(),
        "overdue": one.is_overdue(now),
        "trusted": one.is_trusted,
        "representative": one.is_representative,
        "actor": one.actor,
        "locale": one.locale,
        "country": one.country,
        "fingerprints": one.fingerprints,
        "holding": one.holding,
        "sealed": one.has_sealed_note,
    }
