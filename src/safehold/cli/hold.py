"""``safehold hold``: legal holds, which keep sealed evidence from being erased."""

import datetime as dt
from typing import TYPE_CHECKING

import click

from safehold.cli.answer import Answer, Table
from safehold.cli.command import Shell, command
from safehold.cli.vault import meant
from safehold.cli.wording import counted
from safehold.vocabulary import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    rows = [(one.id, one.evidence[:12], one.basis, f"{one.starts_at:%Y-%m-%d}", _end(one, now)) for one in found]
    table = Table(("hold", "evidence", "basis", "since", "until"), rows, empty="No hold is active.")
    return Answer({"holds": [_facts(one, now) for one in found]}, [table])


@command(hold, "place")
@click.argument("evidence_id", metavar="ID")
@click.option("--basis", required=True, help="The law, request or counsel's reference that asks for it.")
@click.option("--until", type=_UNTIL, help="The day on which it ends (UTC); without it, when somebody releases it.")
def place(shell: Shell, evidence_id: str, basis: str, until: dt.datetime | None) -> Answer:
    """Start a hold on evidence: until it ends, `safehold vault erase` refuses.

    ID is as `safehold vault list` shows it; its first 12 digits or more suffice.
    """
    with shell.workshop() as workshop:
        whole_id = meant(evidence_id, workshop.vault.list())
        made = workshop.vault.hold(whole_id, basis, expires_at=_utc(until), actor=workshop.actor)
        now = workshop.home.clock.now()
    return Answer({"hold": _facts(made, now)}, [f"hold {made.id} on {made.evidence[:12]}, until {_end(made, now)}"])


@command(hold, "extend")
@click.argument("hold_id", metavar="HOLD")
@click.option("--until", type=_UNTIL, required=True, help="The day on which it is to end (UTC).")
def extend(shell: Shell, hold_id: str, until: dt.datetime) -> Answer:
    """Prolong a hold: a further one on the same basis is recorded, and the earlier one stays as it was."""
    with shell.workshop() as workshop:
        before = next((one for one in _holds(workshop, None) if one.id == hold_id), None)
        if before is None:
            raise UnknownHoldError(f"there is no hold {hold_id}", advice="Copy an id from: safehold hold list --all")
        made = workshop.vault.hold(before.evidence, before.basis, expires_at=_utc(until), actor=workshop.actor)
        now = workshop.home.clock.now()
    return Answer({"hold": _facts(made, now)}, [f"hold {made.id} on {made.evidence[:12]}, until {_end(made, now)}"])


@command(hold, "release")
@click.argument("hold_id", metavar="HOLD")
def release(shell: Shell, hold_id: str) -> Answer:
    """End a hold; ending it twice changes nothing."""
    from safehold.vault import HoldId

    with shell.workshop() as workshop:
        ended = workshop.vault.release(HoldId(hold_id), actor=workshop.actor)
        now = workshop.home.clock.now()
        left = sum(one.is_active(now) for one in workshop.vault.holds(ended.evidence))
    said = f"hold {ended.id} is released; {counted(left, 'hold')} left on {ended.evidence[:12]}"
    return Answer({"hold": _facts(ended, now), "left": left}, [said])


def _holds(workshop: "Workshop", evidence_id: str | None) -> "Iterator[Hold]":
    rows = workshop.vault.list()
    for identifier in [row.id for row in rows] if evidence_id is None else [meant(evidence_id, rows)]:
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
        "starts_at": one.starts_at.isoformat(),
        "expires_at": one.expires_at.isoformat() if one.expires_at else None,
        "released_at": one.released_at.isoformat() if one.released_at else None,
        "active": one.is_active(now),
    }
