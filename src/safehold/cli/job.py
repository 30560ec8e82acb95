"""``safehold job``: work that was given up, of every kind: trying it again, or taking note of it."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from safehold.cli.answer import Answer, Table
from safehold.cli.command import Shell, command
from safehold.cli.wording import counted

if TYPE_CHECKING:
    from safehold.home.outbox import DeadJob, Outbox
    from safehold.wiring import Workshop


@click.group("job")
def job() -> None:
    """List work that was given up after many tries, have it tried again, or take note of it."""


@command(job, "list")
def list_jobs(shell: Shell) -> Answer:
    """List the jobs that are tried no more, latest first, and how many wait."""
    with shell.workshop() as workshop:
        outbox = _outbox(workshop)
        dead, waiting = outbox.dead(), outbox.backlog().waiting
    rows = [(one.id, one.kind, one.reason, str(one.attempts), one.died_at, _noted(one)) for one in dead]
    table = Table(("given up", "kind", "reason", "tries", "at", "noted"), rows, empty="no job was given up")
    data = {"given_up": list(map(_told, dead)), "waiting": waiting}
    return Answer(data, [table, f"{counted(waiting, 'job')} waiting"])


@command(job, "retry")
@click.argument("job_id", metavar="[JOB]", required=False)
@click.option("--kind", help="Only jobs of this kind, where no job is named.")
def retry_job(shell: Shell, job_id: str | None, kind: str | None) -> Answer:
    """Try a job again that was given up, or where none is named all that nobody took note of."""
    from safehold.wiring.jobs import retry

    with shell.workshop() as workshop:
        dead = [one.id for one in _outbox(workshop).dead() if kind in {None, one.kind} and one.acknowledged is None]
        chosen = dead if job_id is None else [job_id]
        retry(workshop, chosen, actor=workshop.actor)
    return Answer({"retried": chosen}, [f"{counted(len(chosen), 'job')} will be tried again"])


@command(job, "ack")
@click.argument("job_id", metavar="JOB")
@click.option("--reason", required=True, help="Why it may stay as it is, in one word; recorded.")
def acknowledge_job(shell: Shell, job_id: str, reason: str) -> Answer:
    """Take note of a job that was given up: it stays, and the health page does not warn of it any more."""
    from safehold.wiring.jobs import acknowledge

    with shell.workshop() as workshop:
        acknowledge(workshop, job_id, actor=workshop.actor, reason=reason)
    return Answer({"acknowledged": job_id}, [f"job {job_id} is noted: {reason}"])


def _noted(one: "DeadJob") -> str:
    return "" if one.acknowledged is None else f"{one.acknowledged.reason}, {one.acknowledged.by}"


def _outbox(workshop: "Workshop") -> "Outbox":
    from safehold.home.outbox import Outbox

    return Outbox(workshop.home.database, workshop.home.clock)


def _told(one: "DeadJob") -> dict[str, object]:
    told = {"id": one.id, "kind": one.kind, "reason": one.reason}
    noted = None if one.acknowledged is None else asdict(one.acknowledged)
    return {
        **told,
        "tries": one.attempts,
        "created_at": one.created_at,
        "given_up_at": one.died_at,
        "acknowledged": noted,
    }
