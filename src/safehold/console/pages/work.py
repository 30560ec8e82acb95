"""My work: what somebody has begun, what waits for them, and how much more is good for them today."""

from dataclasses import dataclass

from starlette.responses import Response

from safehold.cases import Ability, Case
from safehold.cases.listing import CaseFilter
from safehold.cases.queues import Claim, QueueDefinition
from safehold.console.page import Page
from safehold.console.visit import PageVisit

_LISTED = 20


@dataclass(frozen=True, slots=True)
class Begun:
    """A case that somebody holds.

    Attributes:
        case: which.
        claim: until when.
    """

    case: Case
    claim: Claim


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queue that somebody may take cases from.

    Attributes:
        queue: which.
        waiting: how many cases wait in it, those of others included.
    """

    queue: QueueDefinition
    waiting: int


def show_work(visit: PageVisit) -> Response:
    """Show what somebody has begun, and what they may take next."""
    casework, person = visit.console.casework, visit.person
    can_work = any(person.can(one) for one in (Ability.REVIEW, Ability.SECOND_REVIEW))
    if not can_work:
        return visit.page("work/others.html")
    given = casework.cases.list(CaseFilter(assignee=person.name), limit=_LISTED)
    begun = [Begun(casework.cases.show(claim.case), claim) for claim in casework.queues.claims(person.name)]
    return visit.page(
        "work/show.html",
        begun=begun,
        given=[case for case in given.cases if case.id not in {one.case.id for one in begun}],
        waiting=waiting_for(visit),
        allowance=casework.exposures.allowance(person, visit.console.clock.now()),
        rules=casework.exposures.rules,
    )


def waiting_for(visit: PageVisit) -> list[Waiting]:
    """Return the queues that somebody may take cases from, in their order."""
    casework = visit.console.casework
    counts = casework.cases.overview().queues
    return [Waiting(queue, counts.get(queue.name, 0)) for queue in casework.queues.definitions(visit.person)]


PAGES = (Page("GET", "/", show_work),)
