"""``safehold job``: work that was given up, of every kind, and trying it again."""

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
    """List work that was given up after many tries, and have it tried again."""


@command(job, "list")
def list_jobs(shell: Shell) -> Answer:
    """List the jobs that are tried no more, latest first, and how many wait."""
    with shell.workshop() as workshop:
        outbox = _outbox(workshop)
        dead, waiting = outbox.dead(), outbox.backlog().waiting
    rows = [(one.id, one.kind, one.reason, str(one.attempts), one.died_at) for one in dead]
    table = Table(("given up", "kind", "reason", "tries", "at"), rows, empty="no job was given up")
    data = {"given_up": list(map(_told, dead)), "waiting": waiting}
    return Answer(data, [table, f"{counted(waiting, 'job')} waiting"])


@command(job, "retry")
@click.argument("job_id", metavar="[JOB]", required=False)
@click.option("--kind", help="Only jobs of this kind, where no job is named.")
def retry_job(shell: Shell, job_id: str | None, kind: str | None) -> Answer:
    """Try a job again that was given up, or all of them where none is named."""
    with shell.workshop() as workshop:
        outbox = _outbox(workshop)
        dead = [one.id for one in outbox.dead() if kind in {None, one.kind}]
        chosen = dead if job_id is None else [job_id]
        for one in chosen:
            outbox.revive(one)
    return Answer({"retried": chosen}, [f"{counted(len(chosen), 'job')} will be tried again"])


def _outbox(workshop: "Workshop") -> "Outbox":
    from safehold.home.outbox import Outbox

    return Outbox(workshop.home.database, workshop.home.clock)


def _told(one: "DeadJob") -> dict[str, object]:
    told = {"id": one.id, "kind": one.kind, "reason": one.reason}
    return {**told, "tries": one.attempts, "created_at": one.created_at, "given_up_at": one.died_at}
