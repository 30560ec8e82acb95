"""The pages of the report form: GET and POST ``/report``, ``/report/status``, and what they load.

They work without scripts: a form is sent as a form, what is wrong is said above it and beside each field, and what was
typed is still there. A status token never stands in an address.
"""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from starlette.responses import HTMLResponse, Response

from safehold.gateway.messages import Messages
from safehold.service.checking.body import media_type, not_understood
from safehold.service.problem import Problem
from safehold.service.reporting.form_texts import FALLBACK_LANGUAGE, FormTexts, load_form_texts
from safehold.service.reporting.receiving import people_of, read_short, refuse_files, sender_of, to_submission
from safehold.service.reporting.rendering import (
    ASSETS,
    Filled,
    View,
    asset,
    assets_version,
    form_page,
    receipt_page,
    status_page,
)
from safehold.service.reporting.views import asked
from safehold.service.reporting.wire import ReportSent

router = APIRouter(include_in_schema=False)

_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 32
_ASSET_SECONDS = 86_400
_DEFAULTS = {"kind": "notice", "target": "generation", "role": "depicted"}
_PREFILLED = ("target", "reference", "category", "kind")

Text = Annotated[str, Query(max_length=2000)]


class Pages:
    """What pages are made with: words by language, and who may show them in a frame.

    Args:
        texts: by language.
        messages: for help.
        embedders: origins.
    """

    def __init__(self, texts: Mapping[str, FormTexts], messages: Messages, embedders: tuple[str, ...]) -> None:
        self._texts = texts
        self._messages = messages
        ancestors = " ".join(("'self'", *embedders))
        self._policy = (
            "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'; base-uri 'none'; "
            f"frame-ancestors {ancestors}"
        )

    def view(self, request: Request) -> View:
        """Return what every page shows: its language by `lang`, else by what the browser prefers."""
        asked_for = request.query_params.get("lang", "")
        preferred = request.headers.get("accept-language", "")
        locales = [asked_for, *(part.partition(";")[0].strip() for part in preferred.split(","))]
        code = next((code for one in locales if (code := one.partition("-")[0].lower()) in self._texts), "")
        country = request.query_params.get("country") or next(
            (one.partition("-")[2] for one in locales if "-" in one), ""
        )
        country = country.upper() if len(country) == 2 and country.isascii() and country.isalpha() else ""
        texts = self._texts[code or FALLBACK_LANGUAGE]
        return View(
            texts=texts,
            languages={code: one.name for code, one in self._texts.items()},
            country=country,
            help=self._messages.catalogue.resolve("prevention", country=country, locale=texts.language),
            is_embedded=request.query_params.get("embed") == "1",
        )

    def response(self, page: str, status: int = 200) -> Response:
        """Return a page, which may load nothing but what is ours."""
        headers = {
            "Content-Security-Policy": self._policy,
            "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        }
        return HTMLResponse(page, status, headers)


@router.get("/report", name="report_page")
async def report_page(request: Request) -> Response:
    """Show the form."""
    pages = _pages(request)
    values = {name: request.query_params.get(name, "")[:2000] for name in _PREFILLED}
    filled = Filled({**_DEFAULTS, **{name: value for name, value in values.items() if value}})
    return pages.response(form_page(pages.view(request), filled))


@router.post("/report", name="report_sent")
async def report_sent(request: Request) -> Response:
    """Receive the form; show the receipt, or the form again with what to look at."""
    pages, people = _pages(request), people_of(request)
    view = pages.view(request)
    try:
        values = await _fields(request)
    except Problem as problem:
        return pages.response(form_page(view, Filled(_DEFAULTS, (_error_of(problem),))), problem.status)
    try:
        sent = _sent(values, view)
        sender = await sender_of(request, people)
        receipt = await asked(request, lambda: people.reports.submit(to_submission(sent), sender))
    except Problem as problem:
        errors = [one["at"] for one in problem.errors] or [_error_of(problem)]
        return pages.response(form_page(view, Filled({**_DEFAULTS, **values}, errors)), problem.status)
    return pages.response(receipt_page(view, receipt), 200)


@router.get("/report/status", name="status_page")
async def status_asked(request: Request) -> Response:
    """Ask for a token."""
    pages = _pages(request)
    return pages.response(status_page(pages.view(request), None))


@router.post("/report/status", name="status_shown")
async def status_shown(request: Request) -> Response:
    """Show how far a report is."""
    pages, people = _pages(request), people_of(request)
    view = pages.view(request)
    try:
        token = (await _fields(request)).get("token", "").strip()
        found = await asked(request, lambda: people.reports.status(token))
    except Problem as problem:
        if problem.status not in {404, 415, 413}:
            raise
        return pages.response(status_page(view, None, is_unknown=True), problem.status)
    return pages.response(status_page(view, found))


@router.get("/report/{name}", name="report_asset")
async def report_asset(request: Request, name: str) -> Response:
    """Return a style sheet or script of ours."""
    people_of(request)
    if name not in ASSETS:
        raise Problem(404, "missing", "There is nothing here")
    headers = {"Cache-Control": f"public, max-age={_ASSET_SECONDS}", "ETag": f'"{assets_version()}"'}
    return Response(asset(name), 200, headers, ASSETS[name])


def _pages(request: Request) -> Pages:
    """Return the pages of this app, made at the first request that asks for one."""
    people = people_of(request)
    state = request.app.state
    if not hasattr(state, "report_pages"):
        state.report_pages = Pages(load_form_texts(), people.messages, people.embedders)
    pages: Pages = state.report_pages
    return pages


async def _fields(request: Request) -> dict[str, str]:
    """Return the fields of a form, of those sent twice the first.

    Raises:
        Problem: it is a file, of another type, or too long.
    """
    refuse_files(request)
    if media_type(request) != _FORM:
        raise not_understood(_FORM)
    body = await read_short(request)
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise not_understood(_FORM) from None
    fields: dict[str, str] = {}
    for name, value in pairs:
        fields.setdefault(name, value)
    return fields


def _sent(values: Mapping[str, str], view: View) -> ReportSent:
    """Return what a form says.

    Raises:
        Problem: which fields can't be used.
    """
    if values.get("website"):  # a field that people don't see, and scripts fill in
        raise Problem(422, "unavailable", "Not received")
    fingerprint = values.get("fingerprint", "").strip()
    is_request = values.get("kind") == "take_down"
    told = {
        name: values[name] for name in ("kind", "category", "target", "reference", "note", "contact") if name in values
    }
    if is_request:
        told.setdefault("category", "image_of_me")
        told |= {name: values[name] for name in ("role", "signature") if name in values}
    extra = {
        "good_faith": is_request and values.get("good_faith") == "yes",
        "fingerprints": [{"algorithm": "sha256", "value": fingerprint}] if is_request and fingerprint else [],
        "locale": view.texts.language,
        "country": view.country,
    }
    try:
        return ReportSent.model_validate({**told, **extra})
    except ValidationError as error:
        places = dict.fromkeys(str(one["loc"][0]) for one in error.errors(include_input=False, include_url=False))
        errors = [{"at": name, "problem": "unusable"} for name in places if name in _ERRORS] or [{"at": "unavailable"}]
        raise Problem(422, "invalid", "Something is missing", errors=errors) from None


_ERRORS = frozenset({"category", "target", "reference", "note", "contact", "signature", "good_faith", "fingerprints"})


def _error_of(problem: Problem) -> str:
    """Return which of our sentences says a problem."""
    if problem.code == "material":
        return "material"
    return "too_many" if problem.code == "too_many" else "unavailable"
