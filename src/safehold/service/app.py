"""The gateway's ASGI app: the views put together. Which of them there are is said here and nowhere else."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from starlette.types import Receive, Scope, Send

from safehold import __version__
from safehold.service import health, messages, policies
from safehold.service.checking import views as checks
from safehold.service.checking.deferred import Deferred
from safehold.service.checking.wire import CheckSent, ProblemTold
from safehold.service.context import Service
from safehold.service.edge import Edge
from safehold.service.enforcing import views as enforcing
from safehold.service.enforcing.wire import AppealSent, CarriedOutSent, MarksSent, WhomSent
from safehold.service.guardrails import views as guardrails
from safehold.service.guardrails.wire import GuardrailSent
from safehold.service.moderating import views as moderations
from safehold.service.moderating.wire import ModerationSent
from safehold.service.openapi import document
from safehold.service.policies import PolicySent
from safehold.service.problem import Problem, listen_for_problems
from safehold.service.reporting import pages as report_pages
from safehold.service.reporting import views as reports
from safehold.service.reporting.wire import FeedbackSent, ReportSent
from safehold.vocabulary import SafeholdError

ROUTERS = (
    checks.router,
    moderations.router,
    guardrails.router,
    messages.router,
    policies.router,
    reports.router,
    report_pages.router,
    enforcing.router,
    health.router,
)
BODIES = (
    *(CheckSent, ModerationSent, GuardrailSent, ReportSent, FeedbackSent, PolicySent, ProblemTold),
    *(WhomSent, MarksSent, CarriedOutSent, AppealSent),
)
SHORT_WAY = {
    "/v1/checks": checks.check,
    "/v1/moderations": moderations.moderate,
    "/beta/litellm_basic_guardrail_api": guardrails.guardrail,
}
USES_SECONDS = 30.0
DRAIN_SECONDS = 20.0
"""How long a process that stops waits for checks that are answered later."""


def make_app(service: Service, *, extra: Sequence[APIRouter] = ()) -> FastAPI:
    """Return the app that answers machines.

    Args:
        service: what its views work with.
        extra: further views.
    """
    app = _App(service)
    for router in (*ROUTERS, *(one for one in extra if not any(one is known for known in ROUTERS))):
        app.include_router(router)
    return app


class _App(FastAPI):
    """FastAPI, but for the edge around it and a short way to the views that are asked most.

    Those views read their requests themselves, so that of the framework they need nothing but its document; going
    around it takes half a millisecond less.
    """

    def __init__(self, service: Service) -> None:
        super().__init__(
            title="Safehold gateway",
            version=__version__,
            description="Check every prompt, input and output of a generative service.",
            docs_url=None,  # their pages load scripts from elsewhere
            redoc_url=None,
            redirect_slashes=False,  # the place to go would be made of what the request says of itself
            lifespan=_living,
        )
        self.state.service = service
        self.state.deferred = Deferred(service)
        listen_for_problems(self)
        self._edge = Edge(self._go, service)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if self.root_path:
            scope["root_path"] = self.root_path
        scope["app"] = self
        await self._edge(scope, receive, send)

    async def _go(self, scope: Scope, receive: Receive, send: Send) -> None:
        view = SHORT_WAY.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if view is None:
            await super().__call__(scope, receive, send)
            return
        scope["safehold.route"] = view.__name__
        response = await view(Request(scope, receive))
        await response(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document, made once."""
        if self.openapi_schema is None:
            self.openapi_schema = document(self, BODIES)
        return self.openapi_schema


@asynccontextmanager
async def _living(app: FastAPI) -> AsyncIterator[None]:
    deferred: Deferred = app.state.deferred
    service: Service = app.state.service
    tasks = [asyncio.create_task(deferred.renew_forever()), asyncio.create_task(_note_uses(service))]
    yield
    service.readiness.stop()
    for task in tasks:
        task.cancel()
    await deferred.drain(DRAIN_SECONDS)
    await _flush(service)


async def _note_uses(service: Service) -> None:
    """Write when keys were last used, now and then, until cancelled."""
    while True:
        await asyncio.sleep(USES_SECONDS)
        await _flush(service)


async def _flush(service: Service) -> None:
    try:
        await service.work(service.keys.flush)
    except (Problem, SafeholdError):  # it is a convenience: the next time will do
        service.journal.write("keys.uses_not_noted")
