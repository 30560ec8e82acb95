"""Deciding: what somebody says of marked items of a case that they hold, and taking a decision back, with a reason."""

from collections.abc import Iterator

from starlette.responses import Response

from safehold.cases import Ability, CaseId, ItemId
from safehold.cases.axes import LABELS, Age, AgeBand, Axes, Confidence, Depicted, HarmType, Realism, Severity
from safehold.cases.decisions import Decision, DecisionId, ItemDecision
from safehold.console.admission import STEP_UP
from safehold.console.errors import RefusedError
from safehold.console.page import Page
from safehold.console.pages.case import claim_of
from safehold.console.pages.queues import member
from safehold.console.visit import PageVisit

BULK = 20
"""From more items than this on, a decision asks for the second factor again: a slip of the hand would be a large one.
Ours."""

_KEPT = (
    *("item", "after", "verdict", "harm", "realism", "depicted", "band", "confidence", "allow", "note"),
    *(f"severity-{scheme.value}" for scheme in LABELS),
)
"""What of the form somebody finds again after showing their second factor."""


def decide(visit: PageVisit) -> Response:
    """Decide the marked items."""
    case = CaseId(visit.path["case"])
    items = tuple(dict.fromkeys(visit.fields("item")))
    if not items:
        raise RefusedError(409, "No item is marked", advice="Mark the items in the list that this is about.")
    kept = visit.console.kept
    if len(items) > BULK and not visit.is_stepped_up:
        if kept is not None:
            kept.keep(visit.person.name, case, {name: visit.fields(name) for name in _KEPT})
        return visit.go(f"{STEP_UP}?to=/cases/{case}", notice=f"More than {BULK} items: please confirm that it is you.")
    said = said_of(visit)
    visit.console.casework.decisions.decide(
        visit.person,
        case,
        [ItemDecision(ItemId(item), said.verdict, said.axes, said.note, said.allow) for item in items],
        seen=visit.number("version"),
        claim=claim_of(visit, case),
    )
    if kept is not None:
        kept.forget(visit.person.name, case)
    left = visit.console.casework.cases.show(case).undecided
    claim = visit.console.casework.queues.held_by(case)
    if left and claim is not None and claim.person == visit.person.name:
        return visit.go(f"/cases/{case}", notice="Decided. There is more to decide in this case.")
    return visit.go("/", notice="Decided. Thank you.")


def said_of(visit: PageVisit) -> ItemDecision:
    """Return what a form says of each of its items.

    Raises:
        RefusedError: it says nothing that there is.
    """
    verdict = member(Decision, visit.form.get("verdict"))
    if verdict is None:
        raise RefusedError(409, "Nothing was chosen", advice="Choose one of the four answers.")
    axes = axes_of(visit) if verdict is Decision.CONFIRM else Axes()
    allow = verdict is Decision.NOT_A_VIOLATION and visit.form.get("allow") == "yes"
    return ItemDecision(ItemId(""), verdict, axes, visit.form.get("note", "").strip(), allow=allow)


def axes_of(visit: PageVisit) -> Axes:
    """Return what a form says of what an item is; what was left empty stays unsaid."""
    form = visit.form
    band = member(AgeBand, form.get("band"))
    return Axes(
        harm=member(HarmType, form.get("harm")),
        realism=member(Realism, form.get("realism")),
        depicted=member(Depicted, form.get("depicted")),
        age=None if band is None else Age(band, member(Confidence, form.get("confidence")) or Confidence.LOW),
        severities=tuple(_severities(visit)),
    )


def _severities(visit: PageVisit) -> Iterator[Severity]:
    for scheme, labels in LABELS.items():
        label = visit.form.get(f"severity-{scheme.value}", "")
        if label in labels:
            yield Severity(scheme, label)


def reverse(visit: PageVisit) -> Response:
    """Take a decision back; what followed from it is undone as far as it can be, visibly."""
    case = CaseId(visit.path["case"])
    visit.console.casework.decisions.reverse(
        visit.person, DecisionId(visit.path["decision"]), visit.form.get("reason", "").strip()
    )
    return visit.go(f"/cases/{case}", notice="The decision was taken back. What followed from it is being undone.")


PAGES = (
    Page("POST", "/cases/{case}/decide", decide, needs=Ability.REVEAL),
    Page("POST", "/cases/{case}/decisions/{decision}/reverse", reverse, needs=Ability.REVERSE),
)
