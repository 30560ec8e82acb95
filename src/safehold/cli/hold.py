"""``safehold hold``: legal holds, which keep sealed evidence from being erased."""

import datetime as dt
from typing import TYPE_CHECKING

import click

from safehold.cli.answer import Answer, Table
from safehold.cli.command import Shell, command
from safehold.cli.hold_destroy import (
    destroy_approve,
    destroy_refuse,
    destroy_request,
    destroy_requests,
    erasure_proof,
    settle,
)
from safehold.cli.meaning import evidence_meant
from safehold.cli.wording import counted
from safehold.vocabulary import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from safehold.cases import Person
    from safehold.cases.evidence import Holds
    from safehold.vault import Hold
    from safehold.wiring import Workshop

_UNTIL = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"])


class UnknownHoldError(UsageError):
    """There is no hold with that id."""


@click.group("hold")
def hold() -> None:
    """Keep evidence from being erased, for a stated reason, until a date or until released."""


@command(hold, "list")
@click.argument("evidence_id", metavar="[ID]", required=False)
@click.option("--all", "with_ended", is_flag=True, help="Also those that were released or have expired.")
def list_holds(shell: Shell, evidence_id: str | None, *, with_ended: bool) -> Answer:
    """List the holds that are active, on one piece of evidence or on all."""
    with shell.workshop() as workshop:
        now = workshop.home.clock.now()
        found = [one for one in _holds(workshop, evidence_id) if with_ended or one.is_active(now)]
    rows = [
        (one.id, one.evidence[:12], one.basis, one.grounds.reference, f"{one.starts_at:%Y-%m-%d}", _end(one, now))
        for one in found
    ]
    table = Table(("hold", "evidence", "basis", "reference", "since", "until"), rows, empty="No hold is active.")
    return Answer({"holds": [_facts(one, now) for one in found]}, [table])


@command(hold, "place")
@click.argument("evidence_id", metavar="ID")
@click.option(
    "--basis",
    required=True,
    help="Why: us_report, us_preservation, authority, court_order, counsel; or other words, which have no rule.",
)
@click.option("--reference", help="The receipt, request or order that it rests on, as one word.")
@click.option("--submitted", type=_UNTIL, help="When the report was submitted (UTC); now, for us_report.")
@click.option("--until", type=_UNTIL, help="The day on which it ends (UTC); without it, as its basis asks.")
def place(
    shell: Shell,
    evidence_id: str,
    *,
    basis: str,
    reference: str | None,
    submitted: dt.datetime | None,
    until: dt.datetime | None,
) -> Answer:
    """Start a hold on evidence: until it ends, `safehold vault erase` refuses.

    ID is as `safehold vault list` shows it; its first 12 digits or more suffice. A basis with a rule needs its
    --reference. us_report lasts one year from the submission, and its evidence is destroyed by itself after that.
    """
    from safehold.cases.evidence import Basis

    known = next((one for one in Basis if one.value == basis and one is not Basis.OTHER), None)
    if known is not None and reference is None:
        raise click.UsageError(f"{basis} needs its --reference", click.get_current_context())
    with shell.workshop() as workshop:
        whole_id = evidence_meant(evidence_id, workshop.vault.list())
        now = workshop.home.clock.now()
        if known is None:
            made = workshop.vault.hold(whole_id, basis, expires_at=_utc(until), actor=workshop.actor)
        else:
            holds, person = _ruled(workshop)
            begins_at, ends = _utc(submitted), _utc(until)
            made = holds.place(person, whole_id, known, reference=reference or "", begins_at=begins_at, until=ends)
    return Answer({"hold": _facts(made, now)}, [f"hold {made.id} on {made.evidence[:12]}, until {_end(made, now)}"])


@command(hold, "place-case")
@click.argument("case")
@click.option(
    "--basis",
    required=True,
    type=click.Choice(["us_report", "us_preservation", "authority", "court_order", "counsel"]),
    help="Why.",
)
@click.option("--reference", required=True, help="The receipt, request or order that it rests on, as one word.")
@click.option("--submitted", type=_UNTIL, help="When the report was submitted (UTC); now, for us_report.")
@click.option("--until", type=_UNTIL, help="The day on which it ends (UTC); without it, as its basis asks.")
def place_case(
    shell: Shell,
    case: str,
    *,
    basis: str,
    reference: str,
    submitted: dt.datetime | None,
    until: dt.datetime | None,
) -> Answer:
    """Start a hold on each piece of evidence that a CASE has now: items, what tells of them, what people reported.

    What the same basis and reference hold already is left as it is. What reaches the vault later is not held by it.
    """
    from safehold.cases import CaseId
    from safehold.cases.evidence import Basis

    with shell.workshop() as workshop:
        holds, person = _ruled(workshop)
        begins_at, ends = _utc(submitted), _utc(until)
        made = holds.place_on_case(
            person, CaseId(case), Basis(basis), reference=reference, begins_at=begins_at, until=ends
        )
        now = workshop.home.clock.now()
    said = [f"hold {one.id} on {one.evidence[:12]}, until {_end(one, now)}" for one in made]
    return Answer({"holds": [_facts(one, now) for one in made]}, said or ["all of it is held so already"])


@command(hold, "extend")
@click.argument("hold_id", metavar="HOLD")
@click.option("--until", type=_UNTIL, required=True, help="The day on which it is to end (UTC).")
@click.option("--reference", help="The renewed request, as one word; a hold with a rule needs it.")
def extend(shell: Shell, hold_id: str, until: dt.datetime, reference: str | None) -> Answer:
    """Prolong a hold: a further one on the same basis is recorded, and the earlier one stays as it was."""
    with shell.workshop() as workshop:
        before = _known(workshop, hold_id)
        now, ends = workshop.home.clock.now(), _utc(until)
        if before.grounds.rule and ends is not None:
            _require_reference(reference)
            holds, person = _ruled(workshop)
            made = holds.extend(person, hold_id, ends, reference=reference or "")
        else:
            made = workshop.vault.hold(before.evidence, before.basis, expires_at=ends, actor=workshop.actor)
    return Answer({"hold": _facts(made, now)}, [f"hold {made.id} on {made.evidence[:12]}, until {_end(made, now)}"])


@command(hold, "release")
@click.argument("hold_id", metavar="HOLD")
@click.option("--reference", help="What ends it, as one word; a hold with a rule needs it.")
def release(shell: Shell, hold_id: str, reference: str | None) -> Answer:
    """End a hold; ending it twice changes nothing. One that the law asks for ends with its time."""
    with shell.workshop() as workshop:
        before = _known(workshop, hold_id)
        if before.grounds.rule:
            _require_reference(reference)
            holds, person = _ruled(workshop)
            ended = holds.release(person, hold_id, reference=reference or "")
        else:
            ended = workshop.vault.release(before.id, actor=workshop.actor)
        now = workshop.home.clock.now()
        left = sum(one.is_active(now) for one in workshop.vault.holds(ended.evidence))
    said = f"hold {ended.id} is released; {counted(left, 'hold')} left on {ended.evidence[:12]}"
    return Answer({"hold": _facts(ended, now), "left": left}, [said])


def _ruled(workshop: "Workshop") -> "tuple[Holds, Person]":
    from safehold.cases import Person, Role
    from safehold.cases.evidence import Holds

    home = workshop.home
    holds = Holds(home.database, workshop.ledger, home.clock, workshop.vault)
    return holds, Person(workshop.actor, frozenset({Role.REPORTER}))


def _known(workshop: "Workshop", hold_id: str) -> "Hold":
    found = next((one for one in _holds(workshop, None) if one.id == hold_id), None)
    if found is None:
        raise UnknownHoldError(f"there is no hold {hold_id}", advice="Copy an id from: safehold hold list --all")
    return found


def _require_reference(reference: str | None) -> None:
    if reference is None:
        raise click.UsageError("this hold has a rule: give --reference", click.get_current_context())


def _holds(workshop: "Workshop", evidence_id: str | None) -> "Iterator[Hold]":
    rows = workshop.vault.list()
    for identifier in [row.id for row in rows] if evidence_id is None else [evidence_meant(evidence_id, rows)]:
        yield from workshop.vault.holds(identifier)


def _utc(moment: dt.datetime | None) -> dt.datetime | None:
    return moment.replace(tzinfo=dt.UTC) if moment is not None and moment.tzinfo is None else moment


def _end(one: "Hold", now: dt.datetime) -> str:
    if one.released_at is not None:
        return f"released {one.released_at:%Y-%m-%d}"
    if one.expires_at is None:
        return "released"
    return f"{one.expires_at:%Y-%m-%d}" + ("" if one.is_active(now) else " (expired)")


def _facts(one: "Hold", now: dt.datetime) -> dict[str, object]:
    return {
        "id": one.id,
        "evidence": one.evidence,
        "basis": one.basis,
        "rule": one.grounds.rule or None,
        "reference": one.grounds.reference or None,
        "extends": one.grounds.extends or None,
        "starts_at": one.starts_at.isoformat(),
        "expires_at": one.expires_at.isoformat() if one.expires_at else None,
        "released_at": one.released_at.isoformat() if one.released_at else None,
        "active": one.is_active(now),
    }


# Commands that have files of their own:
for _command in (destroy_request, destroy_requests, destroy_approve, destroy_refuse, settle, erasure_proof):
    hold.add_command(_command)
