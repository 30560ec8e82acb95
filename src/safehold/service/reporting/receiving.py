"""Receiving what people send: nothing that is a file, nothing that is long, and from whom.

Rules: a form with parts, and a JSON object with a field that would hold a file, are refused with kind words before
anything of them is looked at. The network address counts against the limits, and is kept nowhere.
"""

import json
from collections.abc import Mapping

from fastapi import Request

from safehold.gateway import Scope
from safehold.gateway.feedback import FeedbackUnusableError
from safehold.gateway.reports import Fingerprint, Sender, Submission
from safehold.gateway.reports.errors import (
    MaterialSentError,
    ReportIncompleteError,
    ReportUnknownError,
    SealMissingError,
    TooManyReportsError,
)
from safehold.service.checking.body import JSON, malformed, media_type, not_understood
from safehold.service.context import admit, service_of
from safehold.service.problem import Problem
from safehold.service.reporting.wire import ReportSent
from safehold.vocabulary import SafeholdError
from safehold.wiring.people import People

LARGEST_BYTES = 64 * 1024
"""The longest report there can be has about 15,000 characters, of up to 4 bytes each."""

_FILE_FIELDS = frozenset({"file", "files", "image", "images", "video", "videos", "data", "attachment", "attachments"})
_FILE_TYPES = ("multipart/", "image/", "video/", "audio/", "application/octet-stream", "application/zip")


def people_of(request: Request) -> People:
    """Return what reports are kept with.

    Raises:
        Problem: 404, this service takes none.
    """
    people = service_of(request).reports
    if not isinstance(people, People):
        raise Problem(404, "missing", "There is nothing here")
    return people


async def sender_of(request: Request, people: People) -> Sender:
    """Return whom a report comes from: an API key with the scope report where one is shown, else anybody.

    Raises:
        Problem: a key is shown that is not valid, or lacks the scope.
    """
    if "authorization" in request.headers or "x-api-key" in request.headers:
        key = await admit(request, Scope.REPORT)
        return Sender(actor=key.name, is_trusted=key.name in people.trusted)
    return Sender(source=request.client.host if request.client is not None else "unknown")


async def read_json(request: Request) -> bytes:
    """Return a JSON body that holds no file.

    Raises:
        Problem: 400 it is no JSON object; 413 it is too long; 415 it is of another type; 422 it would hold a file.
    """
    refuse_files(request)
    if media_type(request) != JSON:
        raise not_understood(JSON)
    body = await read_short(request)
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise malformed() from None
    if not isinstance(told, dict):
        raise malformed()
    if _FILE_FIELDS & {str(name).lower() for name in told}:
        raise material(422)
    return body


def refuse_files(request: Request) -> None:
    """Refuse a body that says of itself that it is a file, before any of it is read.

    Raises:
        Problem: 415, with kind words.
    """
    if media_type(request).startswith(_FILE_TYPES):
        raise material(415)


async def read_short(request: Request) -> bytes:
    """Return a body of at most 64 KiB; reading ends where it is longer.

    Raises:
        Problem: 413.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BYTES:
            raise Problem(
                413, "too_large", "This is too long", "Tell us where it is in a few words; please send no files."
            )
    return bytes(body)


def to_submission(sent: ReportSent) -> Submission:
    """Return what was sent in our words."""
    return Submission(
        category=sent.category,
        target=sent.target,
        reference=sent.reference.strip(),
        kind=sent.kind,
        role=sent.role,
        note=sent.note.strip(),
        contact=sent.contact.strip(),
        signature=sent.signature.strip(),
        is_good_faith=sent.good_faith,
        fingerprints=tuple(Fingerprint(one.algorithm, one.value.lower()) for one in sent.fingerprints),
        locale=sent.locale,
        country=sent.country.upper(),
    )


def problem_of(error: SafeholdError) -> Problem | SafeholdError:
    """Return what a reporter is told of an error; the error itself where it is none of theirs."""
    if isinstance(error, ReportIncompleteError):
        places = [{"at": name, "problem": "needed_or_unusable"} for name in error.fields]
        return Problem(422, "incomplete", "The report needs a little more", error.advice, errors=places)
    if isinstance(error, TooManyReportsError):
        wait = {"Retry-After": str(max(1, round(error.retry_seconds)))}
        return Problem(429, "too_many", "There were many reports in a short time", error.advice, headers=wait)
    if isinstance(error, MaterialSentError):
        return material(422)
    for kind, (status, code, title) in _SAID.items():
        if isinstance(error, kind):
            return Problem(status, code, title, error.advice)
    return error


_SAID: Mapping[type[SafeholdError], tuple[int, str, str]] = {
    FeedbackUnusableError: (422, "unusable", "This feedback can't be used"),
    ReportUnknownError: (404, "report_missing", "There is no such report"),
    SealMissingError: (503, "not_sealed", "Nothing written can be taken at the moment"),
}


def material(status: int) -> Problem:
    """Return the problem of somebody who sends the material along."""
    return Problem(
        status,
        "material",
        "Please don't send the material itself",
        "It was not kept. It is enough to say where it is: a number, a name or an address; or a fingerprint of it.",
    )
