"""What every view of the service works with, and who asks.

router = APIRouter()

@router.get("/v1/things")
async def things(request: Request, caller: Annotated[Caller, Depends(require(Scope.OPERATOR))]) -> Things:
    return await service_of(request).work(find_things, caller)
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from fastapi import Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer

from safehold.cases.awaiting import Awaited
from safehold.gateway import Caller, Scope
from safehold.gateway.checks import Checks
from safehold.service.allowance import Allowances
from safehold.service.checking.callbacks import Callbacks
from safehold.service.checking.kept import KeptAnswers
from safehold.service.keys import Key, KeyRing, Token
from safehold.service.lanes import Lanes
from safehold.service.load import Load
from safehold.service.problem import Problem, unauthorised
from safehold.service.readiness import Readiness
from safehold.service.watching import Journal, Measures, Traces
from safehold.settings import Settings
from safehold.vocabulary import Clock

Result = TypeVar("Result")

BEARER = HTTPBearer(auto_error=False, description="An API key, made with: safehold key create NAME")
HEADER = APIKeyHeader(name="X-Api-Key", auto_error=False, description="The same key, where a client sends it so.")


@dataclass(frozen=True, slots=True)
class Service:
    """Everything that views use; made by :mod:`safehold.service.building`.

    Attributes:
        checks: the one native call.
        keys: who may ask.
        settings: what the installation was told.
        clock: where the time comes from.
        kept: answers for whoever asks again.
        webhooks: the operator's endpoints that are told of answers; None where there are none.
        messages: refusal and prevention messages; None where there are none.
        reports: reports from people; None where there are none.
        policies: the policies' life; None where there is none.
        outbox: what is to be delivered; None where there is none.
        casework: what people do with cases, and what follows from it; None where there is none.
        awaited: tells how much evidence waits for the vault; None where nobody knows.
        fetch: gets the bytes of an address, where that is allowed.
        readiness: what has to be there before anything is decided.
        lanes: threads for blocking work.
        load: how many bytes of requests there are.
        allowances: how many requests a key may make.
        measures: what is counted.
        journal: where log lines go.
        traces: makes spans.
    """

    checks: Checks
    keys: KeyRing
    settings: Settings
    clock: Clock
    kept: KeptAnswers
    fetch: Callable[[str], bytes]
    readiness: Readiness
    lanes: Lanes
    load: Load
    journal: Journal
    webhooks: Callbacks | None = None
    messages: Any = None
    reports: Any = None
    policies: Any = None
    outbox: Any = None
    casework: Any = None
    awaited: Callable[[], Awaited] | None = None
    allowances: Allowances = field(default_factory=Allowances)
    measures: Measures = field(default_factory=Measures)
    traces: Traces = field(default_factory=Traces)

    async def work(self, what: Callable[..., Result], *args: object) -> Result:
        """Do blocking work that is no check in a thread, and wait for it without blocking others."""
        return await self.lanes.desk.run(what, *args, seconds=self.settings.request_seconds)


def service_of(request: Request) -> Service:
    """Return what the app was made with."""
    service: Service = request.app.state.service
    return service


def require(scope: Scope) -> Callable[..., Awaitable[Caller]]:
    """Return the dependency that gives the caller, once its key is found to have a scope.

    Args:
        scope: what the key must allow.
    """

    async def caller(
        request: Request, _bearer: Annotated[object, Security(BEARER)], _header: Annotated[object, Security(HEADER)]
    ) -> Caller:
        return (await admit(request, scope)).caller

    return caller


async def admit(request: Request, scope: Scope) -> Key:
    """Return the key of a request that may be answered; the request's state keeps it as `key`.

    Raises:
        Problem: 401 no valid key; 403 a key without the scope; 429 more requests than it may make.
        SafeholdError: the database can't be read.
    """
    service = service_of(request)
    token = shown_token(request)
    if not service.keys.is_fresh:
        await service.work(service.keys.refresh)
    key = service.keys.identify(token)
    request.state.key = key
    if not key.allows(scope):
        raise Problem(403, "scope", "This key does not allow that", f"It needs the scope {scope.value}.")
    wait = service.allowances.take(key.id, key.per_second or service.settings.requests_per_second)
    if wait > 0:
        raise Problem(
            429, "too_many", "Too many requests", "Wait as long as Retry-After says.", headers=_retry_after(wait)
        )
    return key


def shown_token(request: Request) -> Token:
    """Return what a request shows as its key.

    Raises:
        Problem: 401, nothing that has the form of a key.
    """
    kind, _, shown = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not shown:
        shown = request.headers.get("x-api-key", "")
    token = Token.read(shown.strip())
    if token is None:
        raise unauthorised()
    return token


def _retry_after(seconds: float) -> dict[str, str]:
    return {"Retry-After": str(max(1, round(seconds)))}
