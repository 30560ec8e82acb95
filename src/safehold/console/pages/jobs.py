"""Jobs that were given up: what they were for and why they failed; tried again, or taken note of with a reason."""

from starlette.responses import Response

from safehold.cases import Ability
from safehold.cases.paging import place_of
from safehold.console.errors import RefusedError
from safehold.console.page import Page
from safehold.console.pages.listed import LISTED, LONGEST_PLACE
from safehold.console.visit import PageVisit
from safehold.home.errors import UnknownJobError
from safehold.home.outbox import DeadJob
from safehold.wiring.jobs import acknowledge, outbox_of, retry

REASONS = {
    "done-otherwise": "It was done in another way",
    "not-needed": "It is needed no more",
    "recipient-gone": "Whoever it was for is there no more",
    "cannot-be-done": "It can't be done any more",
}
"""Why a job may stay as it is: one word for the ledger, and what people read."""


def list_jobs(visit: PageVisit) -> Response:
    """Show the jobs that were given up, latest first."""
    workshop = visit.console.casework.workshop
    outbox = outbox_of(workshop)
    which = "acknowledged" if visit.query.get("which") == "acknowledged" else "open"
    dead = sorted(outbox.dead(), key=_place, reverse=True)
    found = [one for one in dead if (one.acknowledged is not None) == (which == "acknowledged")]
    after = visit.query.get("after", "")[:LONGEST_PLACE]
    found = [one for one in found if not after or _place(one) < after]
    return visit.page(
        "jobs/list.html",
        jobs=found[:LISTED],
        following=_place(found[LISTED - 1]) if len(found) > LISTED else None,
        is_first=not after,
        which=which,
        waiting=outbox.backlog().waiting,
        reasons=REASONS,
    )


def retry_job(visit: PageVisit) -> Response:
    """Try a job again."""
    try:
        retry(visit.console.casework.workshop, [visit.path["job"]], actor=visit.person.name)
    except UnknownJobError as error:
        raise _gone() from error
    return visit.go("/jobs", notice="It is tried again now.")


def retry_all(visit: PageVisit) -> Response:
    """Try all jobs again that nobody took note of."""
    workshop = visit.console.casework.workshop
    jobs = [one.id for one in outbox_of(workshop).dead() if one.acknowledged is None]
    try:
        retry(workshop, jobs, actor=visit.person.name)
    except UnknownJobError as error:
        raise _gone() from error
    return visit.go("/jobs", notice="All of them are tried again now.")


def acknowledge_job(visit: PageVisit) -> Response:
    """Take note of a job: it stays, and alarms nobody."""
    reason = visit.form.get("reason", "")
    if reason not in REASONS:
        raise RefusedError(422, "Say why that is well", advice="Choose one of the list.")
    try:
        acknowledge(visit.console.casework.workshop, visit.path["job"], actor=visit.person.name, reason=reason)
    except UnknownJobError as error:
        raise _gone() from error
    return visit.go("/jobs", notice="Noted. It alarms nobody any more.")


def _place(job: DeadJob) -> str:
    """Return where a job stands: latest first."""
    return place_of(job.died_at, job.id)


def _gone() -> RefusedError:
    return RefusedError(409, "This job is given up no more", advice="Somebody had it tried again: look at the list.")


PAGES = (
    Page("GET", "/jobs", list_jobs, needs=Ability.MANAGE_JOBS),
    Page("POST", "/jobs/retry", retry_all, needs=Ability.MANAGE_JOBS),
    Page("POST", "/jobs/{job}/retry", retry_job, needs=Ability.MANAGE_JOBS),
    Page("POST", "/jobs/{job}/acknowledge", acknowledge_job, needs=Ability.MANAGE_JOBS),
)
