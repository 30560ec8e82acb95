"""The views of ``/v1/policies``: the life of gateway policies, for keys with the scope `policy`.

Who acts is the key's name, so that four eyes are two keys of two people. `safehold gateway policy` does the same at the
installation's own terminal; back-tests and comparisons are done there.
"""

from collections.abc import Callable
from enum import Enum
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Request
from fastapi import Path as InPath
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from safehold.gateway import Caller, Scope
from safehold.gateway.errors import GatewayPolicyError
from safehold.gateway.lifecycle import (
    FourEyesError,
    NothingToRollBackError,
    PolicyExistsError,
    PolicyMissingError,
    PolicyState,
    PolicyStateError,
    PolicyStore,
    StoredPolicy,
)
from safehold.gateway.policy_file import parse_gateway_policy
from safehold.service.checking.body import JSON, read_model
from safehold.service.context import require, service_of
from safehold.service.openapi import PROBLEMS, body_of
from safehold.service.problem import Problem
from safehold.vocabulary import SafeholdError

router = APIRouter(tags=["policies"])

Result = TypeVar("Result")

_LONGEST = 1 << 20
_Reference = Annotated[str, InPath(max_length=129, pattern=r"^[^@/]{1,64}@[^@/]{1,64}$", examples=["house@2"])]
_Who = Annotated[Caller, Depends(require(Scope.POLICY))]


class Step(Enum):
    """What is done with a stored policy."""

    SHADOW = "shadow"
    APPROVE = "approve"
    ACTIVATE = "activate"
    RETIRE = "retire"


class PolicySent(BaseModel):
    """A policy to store as a draft."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    text: Annotated[str, Field(min_length=1, max_length=_LONGEST, description="The policy file, YAML or JSON.")]


class PolicyTold(BaseModel):
    """A stored policy, and how far it has come."""

    policy: str
    label: str
    state: PolicyState
    submitted_by: str
    submitted_at: str
    approved_by: str | None
    approved_at: str | None
    changed_at: str
    single_operator: bool = Field(description="Whether one person both proposed and approved it.")


class PoliciesTold(BaseModel):
    """The stored policies, and which one is in force; none of them: the installation's own is."""

    active: str | None
    single_operator: bool
    policies: list[PolicyTold]


class BackTold(BaseModel):
    """What a roll-back put in force; null: the installation's own policy."""

    active: PolicyTold | None


@router.get("/v1/policies", responses={200: {"model": PoliciesTold}, **PROBLEMS})
async def policies(request: Request, caller: _Who) -> Response:
    """List the stored policies, and say which one is in force."""
    del caller
    stored = await _done(request, lambda store: store.list())
    active = next((one for one in stored if one.state is PolicyState.ACTIVE), None)
    told = PoliciesTold(
        active=None if active is None else active.label,
        single_operator=active is not None and active.is_single_operator,
        policies=[_told(one) for one in stored],
    )
    return Response(told.model_dump_json(), media_type=JSON)


@router.post(
    "/v1/policies",
    status_code=201,
    responses={201: {"model": PolicyTold, "description": "Stored as a draft."}, **PROBLEMS},
    openapi_extra=body_of(PolicySent),
)
async def submit(request: Request, caller: _Who) -> Response:
    """Store a policy as a draft; it has no effect yet."""
    sent = await read_model(request, PolicySent)
    stored = await _done(
        request, lambda store: store.submit(parse_gateway_policy(sent.text, called="the policy"), caller.name)
    )
    return Response(_told(stored).model_dump_json(), 201, media_type=JSON)


@router.post("/v1/policies/rollback", responses={200: {"model": BackTold}, **PROBLEMS})
async def roll_back(request: Request, caller: _Who) -> Response:
    """Put in force again what was before, at once."""
    back = await _done(request, lambda store: store.roll_back(caller.name))
    return Response(BackTold(active=None if back is None else _told(back)).model_dump_json(), media_type=JSON)


@router.get("/v1/policies/{reference}", responses={200: {"model": PolicyTold}, **PROBLEMS})
async def policy(request: Request, reference: _Reference, caller: _Who) -> Response:
    """Show how far a stored policy has come."""
    del caller
    stored = await _done(request, lambda store: store.show(reference))
    return Response(_told(stored).model_dump_json(), media_type=JSON)


@router.post("/v1/policies/{reference}/{step}", responses={200: {"model": PolicyTold}, **PROBLEMS})
async def take_step(request: Request, reference: _Reference, step: Step, caller: _Who) -> Response:
    """Take a policy one step further: shadow, approve (as somebody else than who submitted it), activate; or retire."""
    stored = await _done(request, lambda store: _take(store, step)(reference, caller.name))
    return Response(_told(stored).model_dump_json(), media_type=JSON)


def _take(store: PolicyStore, step: Step) -> Callable[[str, str], StoredPolicy]:
    match step:
        case Step.SHADOW:
            return store.shadow
        case Step.APPROVE:
            return store.approve
        case Step.ACTIVATE:
            return store.activate
        case Step.RETIRE:
            return store.retire


async def _done(request: Request, work: Callable[[PolicyStore], Result]) -> Result:
    """Do work with the store in a thread; what concerns the caller becomes a problem.

    Raises:
        Problem: what the caller is told.
        SafeholdError: every other error of ours.
    """
    store = service_of(request).policies
    if not isinstance(store, PolicyStore):
        raise Problem(404, "missing", "There is nothing here")
    try:
        return await service_of(request).work(work, store)
    except SafeholdError as error:
        problem = _problem_of(error)
        if problem is None:
            raise
        raise problem from error


_NOT_NOW = (409, "policy_state", "The policy can't take this step now")
_PROBLEMS: tuple[tuple[type[SafeholdError], tuple[int, str, str], str], ...] = (
    (PolicyMissingError, (404, "policy_missing", "There is no such policy"), "List them with GET /v1/policies."),
    (
        PolicyExistsError,
        (409, "policy_exists", "Another text has this name and version"),
        "A stored text never changes: give the changed one another version.",
    ),
    (FourEyesError, (403, "four_eyes", "Somebody else must approve it"), "Use the key of another person."),
    (PolicyStateError, _NOT_NOW, "The way is: submit, shadow, approve, activate; one at a time is in shadow."),
    (NothingToRollBackError, _NOT_NOW, "No stored policy is in force."),
    (
        GatewayPolicyError,
        (422, "policy_unusable", "This is no gateway policy"),
        "`safehold gateway policy diff FILE` names the line that is wrong.",
    ),
)


def _problem_of(error: SafeholdError) -> Problem | None:
    """Return what the caller is told; None for what is no business of theirs."""
    for kind, (status, code, title), detail in _PROBLEMS:
        if isinstance(error, kind):
            return Problem(status, code, title, detail)
    return None


def _told(stored: StoredPolicy) -> PolicyTold:
    return PolicyTold(
        policy=stored.reference,
        label=stored.label,
        state=stored.state,
        submitted_by=stored.submitted_by,
        submitted_at=stored.submitted_at,
        approved_by=stored.approved_by,
        approved_at=stored.approved_at,
        changed_at=stored.changed_at,
        single_operator=stored.is_single_operator,
    )
