"""Jobs that were given up: tried again, or taken note of; each with its event. Console and commands share it.

acknowledge(workshop, job_id, actor="amira", reason="endpoint-gone")
"""

from collections.abc import Sequence

from safehold.cases.errors import UnfitWordError
from safehold.home.outbox import Outbox
from safehold.ledger import is_fit
from safehold.vocabulary import Event
from safehold.wiring.workshop import Workshop


def outbox_of(workshop: Workshop) -> Outbox:
    """Return the outbox of an opened home."""
    return Outbox(workshop.home.database, workshop.home.clock)


def retry(workshop: Workshop, jobs: Sequence[str], *, actor: str) -> None:
    """Try jobs again that were given up: all of these, or none.

    Raises:
        UnknownJobError: one of them was not given up.
    """
    outbox = outbox_of(workshop)
    with workshop.home.database.writing() as connection:
        for job in jobs:
            outbox.revive(job, connection)
            workshop.ledger.append(Event("job.retried", actor, "", {"job": job}), connection)


def acknowledge(workshop: Workshop, job: str, *, actor: str, reason: str) -> None:
    """Take note of a job that was given up: it alarms nobody any more.

    Raises:
        UnknownJobError: no job of this id was given up.
        UnfitWordError: the reason is none, or more than a word.
    """
    if not reason or not is_fit(reason):
        raise UnfitWordError("the reason must be one word", advice="For instance: endpoint-gone")
    outbox = outbox_of(workshop)
    with workshop.home.database.writing() as connection:
        outbox.acknowledge(connection, job, by=actor, reason=reason)
        details = {"job": job, "reason": reason}
        workshop.ledger.append(Event("job.acknowledged", actor, "", details), connection)
