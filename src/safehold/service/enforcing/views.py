"""The views of ``/v1/enforcement`` and ``/v1/appeals``, for keys with the scope `enforcement`.

Whoever polls asks with the number of the last step that it has seen, and misses none. Accounts are named in bodies,
never in addresses: addresses end up in logs of proxies.
"""

import datetime as dt
from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Query, Request
from fastapi import Path as InPath
from pydantic import BaseModel
from starlette.responses import Response

from safehold.cases import Subject, SubjectKind
from safehold.cases.enforcement import Enforcement, EnforcementChange, EnforcementId, EnforcementUnknownError
from safehold.cases.enforcement.appeals import (
    Appeal,
    AppealId,
    AppealNotPossibleError,
    AppealUnknownError,
    AppealUnreadableError,
    AppealUnsealedError,
    Filing,
)
from safehold.gateway import Caller, Scope
from safehold.ledger.entry import timestamp
from safehold.service.checking.body import JSON, parse, read_model
from safehold.service.context import require, service_of
from safehold.service.enforcing.wire import (
    AppealSent,
    AppealTold,
    CarriedOutSent,
    ChangesTold,
    ChangeTold,
    EnforcementTold,
    MarksSent,
    MarksTold,
    ShownTold,
    StandingTold,
    WhomSent,
)
from safehold.service.openapi import PROBLEMS, body_of
from safehold.service.problem import Problem
from safehold.service.reporting.receiving import read_json
from safehold.vocabulary import SafeholdError
from safehold.wiring.casework import Casework

router = APIRouter(tags=["enforcement"])

Result = TypeVar("Result")

MOST_CHANGES = 500
FIRST_REFERENCES = 100
"""What a list tells of each measure's references: a thousand identical uploads are one measure. Ours."""

_Who = Annotated[Caller, Depends(require(Scope.ENFORCEMENT))]
_Id = Annotated[str, InPath(pattern=r"^enf_[0-9a-f]{20}$", examples=["enf_00000000000000000000"])]
_AppealId = Annotated[str, InPath(pattern=r"^apl_[0-9a-f]{20}$", examples=["apl_00000000000000000000"])]


@router.get("/v1/enforcement", responses={200: {"model": ChangesTold}, **PROBLEMS})
async def changes(
    request: Request,
    caller: _Who,
    after: Annotated[int, Query(ge=0, le=2**53 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_CHANGES)] = 100,
) -> Response:
    """Tell what changed after a step, in order; ask again with `after` = `next`, and nothing is missed."""
    del caller
    found = await _done(request, lambda casework: casework.enforcement.changes(after, limit=limit + 1))
    told = [_change(one, _within(request)) for one in found[:limit]]
    last = told[-1].step if told else after
    return _answer(ChangesTold(changes=told, next=last, more=len(found) > limit))


@router.post(
    "/v1/enforcement/standing",
    responses={200: {"model": StandingTold}, **PROBLEMS},
    openapi_extra=body_of(WhomSent),
)
async def standing(request: Request, caller: _Who) -> Response:
    """Tell how an account, session, model or link stands now; its name is marked at once, and kept nowhere."""
    del caller
    sent = await read_model(request, WhomSent)
    found = await _done(request, lambda casework: casework.enforcement.standing(subject_of(sent, casework)))
    return _answer(
        StandingTold(
            subject=found.subject.kind,
            mark=found.subject.mark,
            gravest=found.gravest,
            strikes=found.strikes,
            in_force=[_told(one, _within(request)) for one in found.in_force],
        )
    )


@router.post(
    "/v1/enforcement/marks", responses={200: {"model": MarksTold}, **PROBLEMS}, openapi_extra=body_of(MarksSent)
)
async def marks(request: Request, caller: _Who) -> Response:
    """Tell the marks of accounts, so that a system that keeps them knows whom a measure is about without asking."""
    del caller
    sent = await read_model(request, MarksSent)
    made = await _done(request, lambda casework: [casework.marks.of("account", one) or "" for one in sent.accounts])
    return _answer(MarksTold(marks=made))


@router.get("/v1/enforcement/{enforcement}", responses={200: {"model": ShownTold}, **PROBLEMS})
async def show(request: Request, enforcement: _Id, caller: _Who) -> Response:
    """Tell one measure, once it has come into force, with the appeals against it."""
    del caller
    wanted = EnforcementId(enforcement)

    def look(casework: Casework) -> ShownTold:
        found = _public(casework.enforcement.show(wanted))
        step = casework.enforcement.history(wanted)[-1].number
        against = [_appeal(one) for one in casework.appeals.against(wanted)]
        told = _told(found, _within(request)).model_dump() | {"references": list(found.references)}
        return ShownTold(**told, step=step, appeals=against)

    return _answer(await _done(request, look))


@router.post(
    "/v1/enforcement/{enforcement}/carried-out",
    responses={200: {"model": EnforcementTold}, **PROBLEMS},
    openapi_extra=body_of(CarriedOutSent),
)
async def carried_out(request: Request, enforcement: _Id, caller: _Who) -> Response:
    """Say that a step was carried out; what was overtaken meanwhile changes nothing, and repeating is safe."""
    sent = await read_model(request, CarriedOutSent)

    def confirm(casework: Casework) -> Enforcement:
        _public(casework.enforcement.show(EnforcementId(enforcement)))
        return casework.enforcement.confirm(EnforcementId(enforcement), actor=caller.name, step=sent.step)

    return _answer(_told(await _done(request, confirm), _within(request)))


@router.post(
    "/v1/appeals",
    status_code=202,
    responses={202: {"model": AppealTold, "description": "Received."}, **PROBLEMS},
    openapi_extra=body_of(AppealSent),
)
async def appeal(request: Request, caller: _Who) -> Response:
    """Hand in what somebody writes against a measure on them; who they are, your system has made sure of."""
    sent = parse(await read_json(request), AppealSent)

    def receive(casework: Casework) -> Appeal:
        filing = Filing(
            EnforcementId(sent.enforcement),
            subject_of(sent, casework),
            sent.statement,
            contact=sent.contact,
            locale=sent.locale,
        )
        return casework.appeals.receive(filing, actor=caller.name)

    return _answer(_appeal(await _done(request, receive)), status=202)


@router.get("/v1/appeals/{appeal}", responses={200: {"model": AppealTold}, **PROBLEMS})
async def appeal_status(request: Request, appeal: _AppealId, caller: _Who) -> Response:
    """Tell how far an appeal is."""
    del caller
    return _answer(_appeal(await _done(request, lambda casework: casework.appeals.show(AppealId(appeal)))))


def subject_of(sent: WhomSent, casework: Casework) -> Subject:
    """Return whom somebody names, marked; of the name nothing is left."""
    if sent.model is not None:
        return Subject(SubjectKind.MODEL, sent.model)
    for kind, name in (
        (SubjectKind.ACCOUNT, sent.account),
        (SubjectKind.SESSION, sent.session),
        (SubjectKind.LINK, sent.link),
    ):
        mark = casework.marks.of(kind.value, name or "")
        if mark is not None:
            return Subject(kind, mark)
    raise _missing("subject")


async def _done(request: Request, work: Callable[[Casework], Result]) -> Result:
    """Do work in a thread; what concerns the caller becomes a problem.

    Raises:
        Problem: what the caller is told.
        SafeholdError: every other error of ours.
    """
    casework = service_of(request).casework
    if not isinstance(casework, Casework):
        raise Problem(404, "missing", "There is nothing here")
    try:
        return await service_of(request).work(work, casework)
    except SafeholdError as error:
        raise _problem_of(error) from error


def _problem_of(error: SafeholdError) -> Problem | SafeholdError:
    match error:
        case EnforcementUnknownError():
            return _missing("enforcement")
        case AppealUnknownError():
            return _missing("appeal")
        case AppealUnsealedError():
            return Problem(503, "not_sealed", "Nothing written can be taken at the moment")
        case AppealUnreadableError():
            return Problem(422, "unusable", "This appeal can't be used", error.advice)
        case AppealNotPossibleError():
            return Problem(409, "appeal_not_possible", "One can't appeal against this now", error.advice)
        case _:
            return error


def _missing(what: str) -> Problem:
    return Problem(404, f"{what}_missing", "There is nothing of this number", "It is none of yours, or not in force.")


def _public(found: Enforcement) -> Enforcement:
    """Return a measure that has come into force once; what was only proposed is nobody's business outside.

    Raises:
        Problem: 404.
    """
    if found.applied_at is None:
        raise _missing("enforcement")
    return found


def _within(request: Request) -> dt.timedelta:
    casework: Casework = service_of(request).casework
    return dt.timedelta(days=casework.enforcement.ladder.appeals.within_days)


def _told(one: Enforcement, within: dt.timedelta) -> EnforcementTold:
    applied_at = one.applied_at or one.proposed_at
    return EnforcementTold(
        id=one.id,
        measure=one.measure,
        state=one.state,
        subject=one.subject.kind,
        mark=one.subject.mark,
        case=one.case,
        ground=one.ground,
        references=list(one.references[:FIRST_REFERENCES]),
        references_total=len(one.references),
        applied_at=timestamp(applied_at),
        ends_at=_time(one.ends_at),
        ended_at=_time(one.ended_at),
        carried_out_at=_time(one.carried_out_at),
        appeal_until=timestamp(applied_at + within),
    )


def _change(one: EnforcementChange, within: dt.timedelta) -> ChangeTold:
    happened = one.happened
    return ChangeTold(
        step=happened.number,
        at=timestamp(happened.at),
        what=happened.step.value,
        reason=happened.reason,
        enforcement=_told(one.enforcement, within),
    )


def _appeal(one: Appeal) -> AppealTold:
    return AppealTold(
        id=one.id,
        enforcement=one.enforcement,
        state=one.state,
        received_at=timestamp(one.received_at),
        due_at=timestamp(one.due_at),
        decided_at=_time(one.decided_at),
    )


def _time(moment: dt.datetime | None) -> str | None:
    return None if moment is None else timestamp(moment)


def _answer(told: BaseModel, *, status: int = 200) -> Response:
    return Response(told.model_dump_json(), status, media_type=JSON)
