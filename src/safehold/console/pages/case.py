"""A case: what is known of it, without anything of its content; and who works on it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from starlette.responses import JSONResponse, Response

from safehold.cases import Ability, Case, CaseId, CaseItem, CaseState, Content, ItemId, ItemState, Place, Priority
from safehold.cases.axes import LABELS, AgeBand, Confidence, Depicted, HarmType, Realism
from safehold.cases.decisions import Decision
from safehold.cases.errors import UnknownItemError
from safehold.cases.evidence.vaulted import Vaulted, vaulted
from safehold.cases.queues import Claim
from safehold.cases.store.changes import WAITING
from safehold.console.errors import RefusedError
from safehold.console.kept import Fields
from safehold.console.page import Page
from safehold.console.pages.danger import KINDS
from safehold.console.visit import PageVisit

_LISTED = 50
REASONS = {
    "unsure": "I am not sure",
    "too_much": "It is too much today",
    "language": "I don't read the language",
    "conflict": "I know somebody in it",
    "later": "Something else came up",
}
"""Why a case is given back: one word for the ledger, and what people read. No reason is better than another."""

ESCALATIONS = {
    "unsure": "I need a specialist",
    "pattern": "It looks like a pattern over several accounts",
    "policy": "The rules don't say what to do",
    "technical": "Something technical is wrong",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A case as its page shows it.

    Attributes:
        case: without its items.
        items: some of them.
        item: the one that is looked at; None where there is none.
        following: the number after which the next page begins; None on the last one.
        claim: who holds it; None for nobody.
        is_mine: whether who looks holds it.
        after: behind which number the page begins.
        kept: what they had marked and filled in before they showed their second factor.
    """

    case: Case
    items: Sequence[CaseItem]
    item: CaseItem | None
    following: int | None
    claim: Claim | None
    is_mine: bool
    after: int = 0
    kept: Fields = field(default_factory=dict)

    def filled(self, name: str, otherwise: str = "") -> str:
        """Return what a field had been filled in with."""
        return next(iter(self.kept.get(name, ())), otherwise)

    @property
    def before(self) -> CaseItem | None:
        """Return the item before the one that is looked at."""
        return self._beside(-1)

    @property
    def behind(self) -> CaseItem | None:
        """Return the item after the one that is looked at."""
        return self._beside(1)

    def _beside(self, step: int) -> CaseItem | None:
        places = [one.id for one in self.items]
        if self.item is None or self.item.id not in places:
            return None
        place = places.index(self.item.id) + step
        return self.items[place] if 0 <= place < len(places) else None


def show_case(visit: PageVisit) -> Response:
    """Show a case."""
    shown = look(visit)
    casework = visit.console.casework
    decisions = casework.decisions.of_case(shown.case.id, visit.person)
    has_context, kept = _beside(visit, shown.item)
    return visit.page(
        "cases/show.html",
        shown_case=shown,
        case=shown.case,
        item=shown.item,
        decisions=decisions,
        outcomes={one.id: casework.decisions.outcomes(one.id) for one in decisions if one.reversal is not None},
        allowance=_allowance(visit),
        has_viewer=has_viewer(visit, shown.item) and not kept.is_content_erased,
        has_key=visit.console.viewer is not None,
        vaulted=kept,
        has_context=has_context,
        axes=AXES,
        reasons=REASONS,
        escalations=ESCALATIONS,
        queues=casework.queues.definitions(),
        queue_title=_title_of(visit, shown.case.queue),
        priorities=Priority,
        verdicts=VERDICTS,
        schemes=LABELS,
        places=Place,
        measures=casework.enforcement.of_case(shown.case.id),
        dangers=casework.dangers.of_case(shown.case.id),
        danger_kinds=KINDS,
        is_escalated=shown.case.state is CaseState.ESCALATED,
        may_escalate=shown.case.state is not CaseState.CLOSED,
        may_take=_may_take(visit, shown.case),
    )


AXES = {"harm": HarmType, "realism": Realism, "depicted": Depicted, "band": AgeBand, "confidence": Confidence}
VERDICTS = (
    (Decision.CONFIRM, "Confirm", "It is what it was found for, or other harm."),
    (Decision.NOT_A_VIOLATION, "Not a violation", "What was held can be let go."),
    (Decision.SECOND_OPINION, "Second opinion", "Somebody else should look, too."),
    (Decision.CANNOT_TELL, "Cannot tell", "What is there does not suffice."),
)


def look(visit: PageVisit) -> Shown:
    """Return the case that a path names, with the item that its query names, else the first that is undecided.

    Raises:
        UnknownCaseError, UnknownItemError: there is none.
    """
    casework = visit.console.casework
    case = casework.cases.show(CaseId(visit.path["case"]))
    kept = _kept(visit, case.id)
    after = _number(visit.query.get("after", "") or next(iter(kept.get("after", ())), ""))
    items = casework.cases.items(case.id, after=after, limit=_LISTED + 1)
    following = items[_LISTED - 1].number if len(items) > _LISTED else None
    items = items[:_LISTED]
    claim = casework.queues.held_by(case.id)
    chosen = visit.query.get("item", "")
    return Shown(
        case=case,
        items=items,
        item=item_of(visit, case.id, chosen) if chosen else _first(items),
        following=following,
        claim=claim,
        is_mine=claim is not None and claim.person == visit.person.name,
        after=after,
        kept=kept,
    )


def _kept(visit: PageVisit, case: CaseId) -> Fields:
    kept = visit.console.kept
    return {} if kept is None else kept.find(visit.person.name, case)


def item_of(visit: PageVisit, case: CaseId, item: str) -> CaseItem:
    """Return an item of a case.

    Raises:
        UnknownItemError: there is none, or it is of another case.
    """
    found: CaseItem = visit.console.casework.cases.item(ItemId(item))
    if found.case != case:
        raise UnknownItemError("there is no such item in this case", advice="Look at the case again.")
    return found


def claim_of(visit: PageVisit, case: CaseId) -> Claim:
    """Return the claim of who asks.

    Raises:
        RefusedError: they don't hold the case.
    """
    claim: Claim | None = visit.console.casework.queues.held_by(case)
    if claim is None or claim.person != visit.person.name:
        raise RefusedError(
            409, "You don't hold this case", advice="Take it first. Its time may be over, or somebody else has it."
        )
    return claim


def has_viewer(visit: PageVisit, item: CaseItem | None) -> bool:
    """Return whether there is anything of an item that could be opened here."""
    viewer = visit.console.viewer
    return item is not None and viewer is not None and _lies_somewhere(item.told.content) and viewer.can_open(item)


def take_case(visit: PageVisit) -> Response:
    """Take a case that somebody chose."""
    claim = visit.console.casework.queues.claim(CaseId(visit.path["case"]), visit.person)
    return visit.go(f"/cases/{claim.case}", notice="The case is yours now.")


def keep_case(visit: PageVisit) -> Response:
    """Hold a case for longer: a page that is open says so now and then."""
    claim = visit.console.casework.queues.renew(claim_of(visit, CaseId(visit.path["case"])))
    return JSONResponse({"until": claim.expires_at.isoformat()})


def give_back(visit: PageVisit) -> Response:
    """Give a case back, for others to take; no reason is asked for but a word."""
    reason = visit.form.get("reason", "")
    claim = claim_of(visit, CaseId(visit.path["case"]))
    visit.console.casework.queues.give_back(claim, reason if reason in REASONS else "unsure")
    return visit.go("/", notice="The case was given back. Thank you.")


def escalate_case(visit: PageVisit) -> Response:
    """Ask for a specialist; whoever can see content can do that, whatever the case is about."""
    case, reason = CaseId(visit.path["case"]), visit.form.get("reason", "")
    word = reason if reason in ESCALATIONS else "unsure"
    visit.console.casework.cases.escalate(case, word, actor=visit.person.name, seen=visit.number("version"))
    return visit.go(f"/cases/{case}", notice="A specialist was asked.")


def attend_to_case(visit: PageVisit) -> Response:
    """Say that what a case was escalated for is attended to: it goes back to where its items say that it is.

    Raises:
        RefusedError: they don't hold it, a danger in it is open, or it is not escalated.
    """
    casework, case = visit.console.casework, CaseId(visit.path["case"])
    claim = claim_of(visit, case)
    if any(one.is_open for one in casework.dangers.of_case(case)):
        raise RefusedError(409, "A danger to life is open here", advice="Close it first, saying how it ended.")
    with casework.workshop.home.database.writing() as connection:
        casework.queues.finish(connection, claim)
        if not casework.cases.attended(case, actor=visit.person.name, connection=connection):
            raise RefusedError(409, "This case is not escalated", advice="Look at it again.")
    return visit.go(f"/cases/{case}", notice="It is attended to.")


def _title_of(visit: PageVisit, queue: str) -> str:
    titles = {one.name: one.title for one in visit.console.casework.queues.definitions()}
    return titles.get(queue, queue)


def _may_take(visit: PageVisit, case: Case) -> bool:
    """Return whether a case waits for somebody like who looks."""
    admitting = [queue.name for queue in visit.console.casework.queues.definitions() if queue.admits(visit.person)]
    return case.state in WAITING and case.queue in admitting


def _allowance(visit: PageVisit) -> object:
    if not visit.can(Ability.REVEAL):
        return None
    return visit.console.casework.exposures.allowance(visit.person, visit.console.clock.now())


def _first(items: Sequence[CaseItem]) -> CaseItem | None:
    waiting = (one for one in items if one.state is not ItemState.DECIDED)
    return next(waiting, items[0] if items else None)


def _beside(visit: PageVisit, item: CaseItem | None) -> tuple[bool, Vaulted]:
    """Return whether there are circumstances of an item to be seen, and what the vault has of it.

    What the vault had and nobody may open any more is not to be seen elsewhere either.
    """
    if item is None:
        return False, Vaulted()
    cases, home = visit.console.casework.cases, visit.console.casework.workshop.home
    with home.database.reading() as connection:
        found = vaulted(connection, item)
        is_kept = item.told.content.place is Place.DATASET or cases.has_context(item.id, connection)
    return not found.is_account_erased and (is_kept or found.account is not None), found


def _lies_somewhere(content: Content) -> bool:
    return content.place is not Place.NOWHERE


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


# Who may see content is who works on cases, first or second: the table of abilities has no other word for them all.
PAGES = (
    Page("GET", "/cases/{case}", show_case, needs=Ability.READ_CASES),
    Page("POST", "/cases/{case}/take", take_case, needs=Ability.REVEAL),
    Page("POST", "/cases/{case}/keep", keep_case, needs=Ability.REVEAL),
    Page("POST", "/cases/{case}/give-back", give_back, needs=Ability.REVEAL),
    Page("POST", "/cases/{case}/escalate", escalate_case, needs=Ability.REVEAL),
    Page("POST", "/cases/{case}/attended", attend_to_case, needs=Ability.SECOND_REVIEW),
)
