"""What every view of the service works with, and who asks.

router = APIRouter()

@router.get("/v1/things")
async def things(request: Request, caller: Annotated[Caller, Depends(require(Scope.OPERATOR))]) -> Things:
    return await service_of(request).work(find_things, caller)
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any, ParamSpec, TypeVar

from fastapi import Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer

from safehold.gateway import Caller, Scope
from safehold.gateway.checks import Checks
from safehold.service.allowance import Allowances
from safehold.service.keys import Key, KeyRing
from safehold.service.problem import Problem, unauthorised
from safehold.settings import Settings
from safehold.vocabulary import Clock

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

BEARER = HTTPBearer(auto_error=False, description="An API key, made with: safehold key create NAME")
HEADER = APIKeyHeader(name="X-Api-Key", auto_error=False, description="The same key, where a client sends it so.")


@dataclass(frozen=True, slots=True)
class Service:
    """Everything that views use.

    Attributes:
        checks: the one native call.
        keys: who may ask.
        settings: what the installation was told.
        clock: where the time comes from.
        messages: refusal and prevention messages; None where there are none.
        reports: reports from people; None where there are none.
        policies: the policies' life; None where there is none.
        outbox: what is to be delivered; None where there is none.
        threads: where blocking work is done.
        allowances: how many requests a key may make.
    """

    checks: Checks
    keys: KeyRing
    settings: Settings
    clock: Clock
    messages: Any = None
    reports: Any = None
    policies: Any = None
    outbox: Any = None
    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(16, "safehold-check"))
    allowances: Allowances = field(default_factory=Allowances)

    async def work(
        self, what: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Result:
        """Do blocking work in a thread, and wait for it without blocking others."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, partial(what, *args, **kwargs))


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
    shown = shown_key(request)
    if shown is None:
        raise unauthorised()
    if not service.keys.is_fresh:
        await service.work(service.keys.refresh)
    key = service.keys.identify(shown)
    request.state.key = key
    if not key.allows(scope):
        raise Problem(403, "scope", "This key does not allow that", f"It needs the scope {scope.value}.")
    wait = service.allowances.take(key.id, key.per_second or service.settings.requests_per_second)
    if wait > 0:
        raise Problem(
            429, "too_many", "Too many requests", "Wait as long as Retry-After says.", headers=_retry_after(wait)
        )
    return key


def shown_key(request: Request) -> str | None:
    """Return what a request shows as its key."""
    kind, _, shown = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and shown:
        return shown.strip()
    return request.headers.get("x-api-key")


def _retry_after(seconds: float) -> dict[str, str]:
    return {"Retry-After": str(max(1, round(seconds)))}
