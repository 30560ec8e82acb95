"""The console's ASGI app: every page of the tables, admitted, made and answered in one way.

app = make_console(console)
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from safehold.console.admission import admit, require_ours
from safehold.console.context import Console, Seat
from safehold.console.cookies import SESSION_COOKIE
from safehold.console.edge import Edge
from safehold.console.form import SHORT_BYTES, Form, read_form
from safehold.console.page import Entry, Page
from safehold.console.pages import ALL_PAGES
from safehold.console.rendering import Renderer
from safehold.console.visit import PageVisit

_MIB = 1024 * 1024
_LONGEST_COOKIE = 512


def make_console(console: Console, pages: Sequence[Page] = ALL_PAGES) -> Edge:
    """Return the app that answers people.

    Args:
        console: what its pages work with.
        pages: which there are.
    """
    renderer = Renderer(pages)
    routes = [Route(page.path, _answering(page, console, renderer), methods=[page.method]) for page in pages]
    return Edge(Router(routes=routes, redirect_slashes=False), console, renderer)


def _answering(page: Page, console: Console, renderer: Renderer) -> Callable[[Request], Awaitable[Response]]:
    answer = _Answer(page, console, renderer)
    return answer.changing if page.method == "POST" else answer.showing


class _Answer:
    """Answers requests to one page.

    Args:
        page: which.
        console: what it works with.
        renderer: makes pages.
    """

    def __init__(self, page: Page, console: Console, renderer: Renderer) -> None:
        self._page = page
        self._console = console
        self._renderer = renderer

    async def showing(self, request: Request) -> Response:
        """Answer a request that changes nothing."""
        request.scope["safehold.route"] = self._page.view.__name__
        return await run_in_threadpool(self._show, request)

    async def changing(self, request: Request) -> Response:
        """Answer a form: nothing of its body is read before it is known who sends it and that they may."""
        request.scope["safehold.route"] = self._page.view.__name__
        visit, elsewhere = await run_in_threadpool(self._admitted, request)
        if elsewhere is not None:
            return elsewhere
        form = await read_form(request, most_bytes=self._most(), seconds=self._console.settings.request_seconds)
        require_ours(request, visit.seat, form.first.get("csrf", ""))
        return await run_in_threadpool(self._page.view, replace(visit, sent=form))

    def _show(self, request: Request) -> Response:
        visit, elsewhere = self._admitted(request)
        return elsewhere if elsewhere is not None else self._page.view(visit)

    def _admitted(self, request: Request) -> tuple[PageVisit, Response | None]:
        visit = PageVisit(self._console, self._page, request, self._seat(request), self._renderer, Form())
        request.scope["safehold.frame"] = visit.frame()
        now = self._console.clock.now()
        return visit, admit(self._page, visit.seat, request=request, now=now)

    def _seat(self, request: Request) -> Seat | None:
        cookie = request.cookies.get(SESSION_COOKIE, "")
        return self._console.sessions.find(cookie) if 0 < len(cookie) <= _LONGEST_COOKIE else None

    def _most(self) -> int:
        """Return how many bytes a form may have; of somebody unknown only what a form to sign in needs."""
        if self._page.entry is Entry.ANYBODY:
            return SHORT_BYTES // 4
        return self._console.settings.largest_request_mib * _MIB
