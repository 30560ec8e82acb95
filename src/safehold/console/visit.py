"""A visit: one request to a page, as the frame hands it to the view."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from safehold.cases import Ability, Person
from safehold.console.admission import is_stepped_up
from safehold.console.context import Console, Seat
from safehold.console.cookies import NOTICE_COOKIE, forget, keep_notice, read_notice
from safehold.console.errors import PageMissingError, RefusedError
from safehold.console.form import Form
from safehold.console.page import Page
from safehold.console.rendering import Frame, Look, Renderer

_LARGEST_NUMBER = 1 << 53


@dataclass(frozen=True, slots=True)
class PageVisit:
    """One request to a page; what a view needs beyond `safehold.console.page.Visit` is here too.

    Attributes:
        console: what the console works with.
        page_asked: which page it is.
        request: as it came.
        seat: whose session it is; None for nobody's.
        renderer: makes pages.
        sent: the form.
    """

    console: Console
    page_asked: Page
    request: Request = field(repr=False)
    seat: Seat | None
    renderer: Renderer
    sent: Form = field(default_factory=Form, repr=False)

    @property
    def person(self) -> Person:
        """Return who asks.

        Raises:
            RefusedError: nobody has signed in.
        """
        if self.seat is None:
            raise RefusedError(401, "Please sign in", advice="Sign in first.")
        return self.seat.person

    @property
    def path(self) -> Mapping[str, str]:
        """Return the variable parts of the path."""
        return self.request.path_params

    @property
    def query(self) -> Mapping[str, str]:
        """Return what stands behind the question mark."""
        return self.request.query_params

    @property
    def form(self) -> Mapping[str, str]:
        """Return the fields of the form, each once."""
        return self.sent.first

    @property
    def cookies(self) -> Mapping[str, str]:
        """Return what the browser keeps for us."""
        return self.request.cookies

    @property
    def address(self) -> str:
        """Return the network address that the request comes from; for limits, never for keeping."""
        return self.request.client.host if self.request.client is not None else ""

    @property
    def is_stepped_up(self) -> bool:
        """Whether they have shown their second factor within the last minutes."""
        return self.seat is not None and is_stepped_up(self.seat, self.console.clock.now())

    @property
    def is_secure(self) -> bool:
        """Whether the browser's way to us is TLS."""
        return self.request.url.scheme == "https"

    def can(self, ability: Ability) -> bool:
        """Return whether they may do something; False for nobody."""
        return self.seat is not None and self.seat.person.can(ability)

    def fields(self, name: str) -> tuple[str, ...]:
        """Return every value of a field that may be there several times."""
        return self.sent.values.get(name, ())

    def upload(self, name: str) -> bytes:
        """Return the bytes of a file that was sent; b"" for none."""
        return self.sent.files.get(name, b"")

    def number(self, name: str, *, least: int = 0, most: int = _LARGEST_NUMBER) -> int:
        """Return a whole number that the form holds, `least` and `most` included.

        Raises:
            RefusedError: it holds none, or another.
        """
        text = self.form.get(name, "")
        if text.isascii() and text.isdigit() and len(text) < 17 and least <= int(text) <= most:
            return int(text)
        raise RefusedError(400, "The form can't be read", advice="Open the page again and send it again.")

    def page(self, template: str, *, status: int = 200, **values: object) -> Response:
        """Return a page made of a template."""
        response = HTMLResponse(self.renderer.render(template, self.frame(), values), status)
        if NOTICE_COOKIE in self.cookies:
            forget(response, NOTICE_COOKIE)
        return response

    def go(self, path: str, *, notice: str = "") -> Response:
        """Send them to another page of ours, with a word on what was done.

        Args:
            path: begins with one "/"; whatever else is asked for, they come to the first page.
            notice: one sentence of ours.
        """
        response = RedirectResponse(path if is_own(path) else "/", 303)
        if notice:
            keep_notice(response, notice)
        return response

    def missing(self) -> PageMissingError:
        """Return what to raise where there is nothing of that name, or nothing that they may know of."""
        return PageMissingError()

    def frame(self) -> Frame:
        """Return what stands around every page."""
        return Frame(
            person=None if self.seat is None else self.seat.person,
            csrf="" if self.seat is None else self.seat.csrf,
            path=self.request.url.path,
            notice=read_notice(self.cookies.get(NOTICE_COOKIE, "")),
            look=Look.read(self.cookies),
            now=self.console.clock.now(),
        )


def is_own(path: str) -> bool:
    """Whether a path leads to this host, whatever a browser makes of it."""
    is_plain = path.isascii() and path.isprintable() and "\\" not in path
    return is_plain and path.startswith("/") and not path.startswith("//")
