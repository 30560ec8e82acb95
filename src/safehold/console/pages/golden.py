"""Golden items: which are kept, how often each was placed, and how well queues decide them; never who decided how."""

from starlette.responses import Response

from safehold.cases import Ability, ItemId
from safehold.cases.decisions import AgreementBy
from safehold.cases.decisions.errors import UnfitDecisionError
from safehold.cases.decisions.quality import GoldenId
from safehold.cases.errors import UnknownItemError, UnknownQueueError
from safehold.console.errors import RefusedError
from safehold.console.page import Page
from safehold.console.visit import PageVisit
from safehold.wiring.goldens import Goldens


def list_golden(visit: PageVisit) -> Response:
    """Show golden items, and how well each queue decides them."""
    return _listed(visit)


def add_golden(visit: PageVisit) -> Response:
    """Keep a decided item with its known answer, and place it for the first time."""
    item, queue = ItemId(visit.form.get("item", "").strip()), visit.form.get("queue", "")
    goldens = _goldens(visit)
    try:
        golden = goldens.add(visit.person, item, queue=queue)
        goldens.place(visit.person, golden)
    except (UnfitDecisionError, UnknownItemError, UnknownQueueError) as error:
        return _listed(visit, f"{str(error)[:1].upper()}{str(error)[1:]}. {error.advice}")
    return visit.go("/golden", notice="It is kept, and waits among the others.")


def place_golden(visit: PageVisit) -> Response:
    """Place one once more."""
    _goldens(visit).place(visit.person, GoldenId(visit.path["golden"]))
    return visit.go("/golden", notice="It waits among the others.")


def retire_golden(visit: PageVisit) -> Response:
    """Place one no more."""
    visit.console.casework.golden_pool.retire(visit.person, GoldenId(visit.path["golden"]))
    return visit.go("/golden", notice="It is placed no more, and nothing of it waits.")


def _listed(visit: PageVisit, problem: str = "") -> Response:
    casework = visit.console.casework
    return visit.page(
        "golden/list.html",
        status=422 if problem else 200,
        goldens=casework.golden_pool.list(),
        agreements=[one for one in casework.decisions.agreement() if one.by is AgreementBy.GOLDEN],
        titles={queue.name: queue.title for queue in casework.queues.definitions()},
        queues=[(one.name, one.title) for one in casework.queues.definitions() if one.state.value == "open"],
        rules=casework.rules.review,
        has_key=visit.console.viewer is not None,
        problem=problem,
    )


def _goldens(visit: PageVisit) -> Goldens:
    """Return the golden items with the key that seals them anew.

    Raises:
        RefusedError: this console was not given it.
    """
    viewer, casework = visit.console.viewer, visit.console.casework
    if viewer is None:
        raise RefusedError(409, "This console can't seal anything anew", advice="Set review_key for it first.")
    return Goldens(casework, casework.golden_pool, viewer.review_key)


PAGES = (
    Page("GET", "/golden", list_golden, needs=Ability.ASSIGN),
    Page("POST", "/golden", add_golden, needs=Ability.ASSIGN),
    Page("POST", "/golden/{golden}/place", place_golden, needs=Ability.ASSIGN),
    Page("POST", "/golden/{golden}/retire", retire_golden, needs=Ability.ASSIGN),
)
