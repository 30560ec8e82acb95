"""The outbox: what is to be done after a decision, kept in the transaction of the decision, done by leased workers.

A job enters in the caller's transaction and leaves when a worker says that it is done. A job is leased for some time:
where its worker dies, another one gets it after that time. So a job may be done twice, and its id is what makes the
second time harmless: whoever receives its effect remembers the id.
"""

from safehold.home.outbox.job import Acknowledged, DeadJob, Job, Payload, Retries
from safehold.home.outbox.outbox import Backlog, Outbox

__all__ = ["Acknowledged", "Backlog", "DeadJob", "Job", "Outbox", "Payload", "Retries"]
