"""Revealing: content is shown while somebody holds it open, and what that was is on record before the first pixel.

Four requests: what a covered item looks like (grey patches), the beginning of an exposure, what it shows, its end. None
of them answers with anything but what this process made of plain numbers, or with plain text.
"""

from starlette.responses import JSONResponse, Response

from safehold.cases import Ability, CaseId, CaseItem, CaseState, Form, Place, Priority
from safehold.cases.evidence.vaulted import vaulted
from safehold.cases.exposure import ExposureId, Extent, Purpose, Shown
from safehold.console.errors import RefusedError
from safehold.console.page import Page
from safehold.console.pages.case import claim_of, item_of
from safehold.console.viewing.viewer import Asking, Manner, View, Viewer
from safehold.console.visit import PageVisit

_LONGEST_MILLISECONDS = 86_400_000
_STILL_FORMS = frozenset({Form.IMAGE, Form.VIDEO, Form.FILE})


def show_cover(visit: PageVisit) -> Response:
    """Show an item as grey patches, or a sound as its spectrogram: nothing that anybody could recognise."""
    item = _held(visit)
    asking = Asking(visit.person, "preview")
    viewer = _viewer(visit)
    view = viewer.spectrogram(item, asking) if item.told.form is Form.AUDIO else viewer.cover(item, asking)
    return _picture(view, "image/png")


def begin(visit: PageVisit) -> Response:
    """Record that somebody is about to see an item, and say under which number."""
    item = _held(visit)
    _viewer(visit)
    case = visit.console.casework.cases.show(item.case)
    form = Form.TEXT if _wants_context(visit) else item.told.form
    exposure = visit.console.casework.exposures.begin(
        visit.person,
        item.id,
        case=case.id,
        purpose=_purpose(case.state, case.priority, item),
        form=form,
        shown=_shown(visit),
    )
    return JSONResponse({"exposure": exposure})


def show(visit: PageVisit) -> Response:
    """Give out what an exposure that is under way shows."""
    item = _held(visit)
    exposures = visit.console.casework.exposures
    exposure = exposures.require(_exposure(visit), person=visit.person, item=item.id, shown=_shown(visit))
    asking, viewer = Asking(visit.person, exposure.purpose.value), _viewer(visit)
    if _wants_context(visit):
        sealed = visit.console.casework.cases.context(item.id)
        return JSONResponse({"context": viewer.context(item, sealed, asking)})
    if item.told.form in {Form.TEXT, Form.LINK}:
        words = viewer.text(item, asking)
        return JSONResponse({"text": words.text, "whole": words.is_whole})
    if item.told.form is Form.AUDIO:
        return Response(viewer.sound(item, asking), 200, media_type="audio/wav")
    if item.told.form not in _STILL_FORMS:
        raise RefusedError(409, "There is nothing to look at", advice="Decide by what is known of it.")
    return _picture(viewer.picture(item, asking, _manner(visit)), "image/jpeg")


def end(visit: PageVisit) -> Response:
    """Record that an item was put away, and how long it was open."""
    item = item_of(visit, CaseId(visit.path["case"]), visit.path["item"])
    milliseconds = visit.number("milliseconds", most=_LONGEST_MILLISECONDS)
    extent = {"whole": Extent.WHOLE, "part": Extent.PART}.get(visit.form.get("extent", ""))
    exposures = visit.console.casework.exposures
    ended = exposures.end(_exposure(visit), milliseconds, person=visit.person, extent=extent)
    rest = exposures.allowance(visit.person, visit.console.clock.now()).rest
    return JSONResponse({"item": item.id, "milliseconds": ended.milliseconds, "rest": rest is not None})


def _held(visit: PageVisit) -> CaseItem:
    """Return the item that is to be opened, of a case that who asks has taken.

    Raises:
        UnknownItemError: there is none in this case.
        RefusedError: they don't hold the case, or what they ask for was erased.
    """
    item = item_of(visit, CaseId(visit.path["case"]), visit.path["item"])
    if item.told.content.place is not Place.VAULT:  # what custodians opened, who asked for it may read
        claim_of(visit, item.case)
    with visit.console.casework.workshop.home.database.reading() as connection:
        kept = vaulted(connection, item)
    if kept.is_account_erased if _wants_context(visit) else kept.is_content_erased:
        raise RefusedError(409, "It was erased", advice="Nobody can open it again. Go by what is known of it.")
    return item


def _viewer(visit: PageVisit) -> Viewer:
    if visit.console.viewer is None:
        raise RefusedError(
            409, "This console shows no content", advice="It has no review key: see the setting review_key."
        )
    return visit.console.viewer


def _purpose(state: CaseState, priority: Priority, item: CaseItem) -> Purpose:
    if item.told.content.place is Place.VAULT:
        return Purpose.EVIDENCE
    if state not in {CaseState.DECIDED, CaseState.CLOSED} and priority is Priority.DANGER:
        return Purpose.DANGER
    return Purpose.SECOND_REVIEW if state in {CaseState.SECOND_REVIEW, CaseState.ESCALATED} else Purpose.REVIEW


def _manner(visit: PageVisit) -> Manner:
    now = visit.console.clock.now()
    return Manner(
        number=visit.number("number", most=999) if "number" in visit.form else 0,
        in_colour=visit.form.get("colour") == "yes",
        is_large=visit.form.get("large") == "yes",
        mark=f"{visit.person.name} {now:%Y-%m-%d %H:%M} UTC",
    )


def _picture(view: View, kind: str) -> Response:
    told = {"X-Still": str(view.number), "X-Stills": str(view.count), "X-Whole": "yes" if view.is_whole else "no"}
    return Response(view.data, 200, told, kind)


def _exposure(visit: PageVisit) -> ExposureId:
    return ExposureId(visit.form.get("exposure", ""))


def _shown(visit: PageVisit) -> Shown:
    return Shown.CIRCUMSTANCES if _wants_context(visit) else Shown.CONTENT


def _wants_context(visit: PageVisit) -> bool:
    return visit.form.get("part") == "context"


_PATH = "/cases/{case}/items/{item}"
PAGES = (
    Page("GET", f"{_PATH}/cover", show_cover, needs=Ability.REVEAL),
    Page("POST", f"{_PATH}/begin", begin, needs=Ability.REVEAL),
    Page("POST", f"{_PATH}/show", show, needs=Ability.REVEAL),
    Page("POST", f"{_PATH}/end", end, needs=Ability.REVEAL),
)
