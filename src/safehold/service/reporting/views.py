"""The views of ``/v1/reports`` and ``/v1/feedback``."""

from collections.abc import Callable
from typing import TypeVar

from fastapi import APIRouter, Request
from starlette.responses import Response

from safehold.gateway.feedback import Feedback
from safehold.gateway.reports import Receipt, Report
from safehold.ledger.entry import timestamp
from safehold.service.checking.body import JSON, parse
from safehold.service.context import service_of
from safehold.service.openapi import PROBLEMS, body_of
from safehold.service.reporting.receiving import people_of, problem_of, read_json, sender_of, to_submission
from safehold.service.reporting.wire import (
    FeedbackSent,
    FeedbackTold,
    ReceiptTold,
    ReportSent,
    StatusTold,
)
from safehold.vocabulary import SafeholdError

router = APIRouter(tags=["reports"])

Result = TypeVar("Result")


@router.post(
    "/v1/reports",
    status_code=202,
    responses={202: {"model": ReceiptTold, "description": "Received."}, **PROBLEMS},
    openapi_extra=body_of(ReportSent),
)
async def report(request: Request) -> Response:
    """Report something. Nobody needs a key or a name; please never send the material itself.

    With kind `take_down`, somebody asks to have an intimate picture removed: it is decided within 48 hours.
    """
    people = people_of(request)
    sent = parse(await read_json(request), ReportSent)
    sender = await sender_of(request, people)
    receipt = await asked(request, lambda: people.reports.submit(to_submission(sent), sender))
    return Response(told(receipt).model_dump_json(), 202, media_type=JSON)


@router.get("/v1/reports/{token}", responses={200: {"model": StatusTold}, **PROBLEMS})
async def report_status(request: Request, token: str) -> Response:
    """Ask how far a report is, with the token that came with its ticket."""
    people = people_of(request)
    found = await asked(request, lambda: people.reports.status(token))
    return Response(status_of(found).model_dump_json(), media_type=JSON)


@router.post(
    "/v1/feedback",
    status_code=202,
    responses={202: {"model": FeedbackTold, "description": "Received."}, **PROBLEMS},
    openapi_extra=body_of(FeedbackSent),
)
async def feedback(request: Request) -> Response:
    """Say that a refusal was wrong. It changes nothing by itself: people read it, and it is counted."""
    people = people_of(request)
    sent = parse(await read_json(request), FeedbackSent)
    sender = await sender_of(request, people)
    given = Feedback(sent.reference, sent.reason, sent.note.strip())
    number = await asked(request, lambda: people.feedback.receive(given, sender))
    return Response(FeedbackTold(id=number).model_dump_json(), 202, media_type=JSON)


async def asked(request: Request, work: Callable[[], Result]) -> Result:
    """Do work of ours in a thread; its errors that concern a reporter become problems.

    Raises:
        Problem: what the reporter is told.
        SafeholdError: every other error of ours.
    """
    try:
        return await service_of(request).work(work)
    except SafeholdError as error:
        raise problem_of(error) from error


def told(receipt: Receipt) -> ReceiptTold:
    """Return a receipt as it goes over the wire."""
    due = None if receipt.due_at is None else timestamp(receipt.due_at)
    return ReceiptTold(
        ticket=receipt.ticket, token=receipt.token, received_at=timestamp(receipt.received_at), due_at=due
    )


def status_of(report: Report) -> StatusTold:
    """Return how far a report is as it goes over the wire."""
    return StatusTold(
        ticket=report.ticket,
        status=report.status.value,
        received_at=timestamp(report.received_at),
        status_at=timestamp(report.status_at),
        due_at=None if report.due_at is None else timestamp(report.due_at),
    )
