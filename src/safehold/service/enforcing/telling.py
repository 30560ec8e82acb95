"""Telling: a step of enforcement becomes a signed webhook for every endpoint that is to hear of it.

The step put a job into the outbox in its own transaction; here that job becomes one delivery an endpoint, all or none.
What is told are ids, words and marks: never a name, and nothing of what was found.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from safehold.cases.enforcement import TELL, EnforcementChange, Enforcements, Step
from safehold.home.database import Database
from safehold.home.errors import LeaseLostError
from safehold.home.outbox import Job, Outbox, Payload
from safehold.service.webhooks.endpoints import JOB, Endpoints

AT_ONCE = 64
_LEASE_SECONDS = 60.0
_TYPES = {Step.APPEAL_DECIDED: "appeal.decided"}
_FIT = re.compile(r"[A-Za-z0-9_.:@#+=-]{0,128}")


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells the operator's endpoints.

    Attributes:
        database: of the home.
        outbox: where steps wait, and where deliveries go.
        enforcements: what the steps are of.
        endpoints: of the home.
        names: of those that are to hear.
    """

    database: Database
    outbox: Outbox
    enforcements: Enforcements
    endpoints: Endpoints
    names: Sequence[str]

    def tell_due(self) -> int:
        """Turn what waits into deliveries, and return how many steps; safe in several processes."""
        jobs = self.outbox.lease({TELL}, _LEASE_SECONDS, limit=AT_ONCE)
        names = [name for name in self.names if jobs and self.endpoints.is_registered(name)]
        return sum(self._tell(job, names) for job in jobs)

    def _tell(self, job: Job, names: Sequence[str]) -> bool:
        change = self.enforcements.change(int(job.payload["step"]))
        try:
            with self.database.writing() as connection:
                self.outbox.done(job, connection)
                for name in names if change is not None else ():
                    self.outbox.enqueue(connection, JOB, {"webhook": name, **said(change)})
        except LeaseLostError:  # another worker was faster, and has told it
            return False
        return True


def said(change: EnforcementChange | None) -> Payload:
    """Return what a receiver is told of a step: enough to find whom it is about in its own books."""
    if change is None:
        return {}
    happened, enforcement = change.happened, change.enforcement
    references = [one for one in enforcement.references if _FIT.fullmatch(one)]
    return {
        "type": _TYPES.get(happened.step, f"enforcement.{happened.step.value}"),
        "enforcement": enforcement.id,
        "step": happened.number,
        "measure": enforcement.measure.value,
        "subject": enforcement.subject.kind.value,
        "mark": enforcement.subject.mark if _FIT.fullmatch(enforcement.subject.mark) else "",
        "case": enforcement.case,
        "reference": references[0] if references else "",
        "references": len(enforcement.references),
    }
