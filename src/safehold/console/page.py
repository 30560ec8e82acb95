"""Pages: what the console shows or does at one path, and which ability that needs. Said once, and checked for all.

    PAGES = (
        Page("GET", "/cases/{case}", show_case, needs=Ability.READ_CASES),
        Page("POST", "/cases/{case}/assign", assign_case, needs=Ability.ASSIGN),
    )

    def show_case(visit: Visit) -> Response:
        case = visit.console.casework.cases.show(CaseId(visit.path["case"]))
        return visit.page("cases/show.html", case=case)

A view is an ordinary function; the frame calls it in a thread, after it has found who asks, whether they may, and, for
whatever changes something, that the form was ours.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from starlette.responses import Response

from safehold.cases import Ability, Person


class Entry(Enum):
    """Who may come to a page, beside what it needs."""

    ANYBODY = "anybody"
    """Also without having logged in: the way in, and what every page is made of."""
    SIGNED_IN = "signed_in"
    STEPPED_UP = "stepped_up"
    """Who has shown their second factor again within the last minutes."""


class Visit(Protocol):
    """One request to a page, as its view sees it."""

    @property
    def console(self) -> Any:  # noqa: ANN401 - :class:`safehold.console.context.Console`, which is made of the pages
        """What the console works with."""
        ...

    @property
    def person(self) -> Person:
        """Who asks."""
        ...

    @property
    def path(self) -> Mapping[str, str]:
        """The variable parts of the path."""
        ...

    @property
    def query(self) -> Mapping[str, str]:
        """What stands behind the question mark."""
        ...

    @property
    def form(self) -> Mapping[str, str]:
        """Fields of the form that was sent, each once."""
        ...

    def fields(self, name: str) -> tuple[str, ...]:
        """Return every value of a field that may be there several times."""
        ...

    def upload(self, name: str) -> bytes:
        """Return the bytes of a file that was sent; b"" for none."""
        ...

    def page(self, template: str, *, status: int = 200, **values: object) -> Response:
        """Return a page made of a template."""
        ...

    def go(self, path: str, *, notice: str = "") -> Response:
        """Send them to another page of ours, with a word on what was done."""
        ...


View = Callable[[Any], Response]


@dataclass(frozen=True, slots=True)
class Page:
    """One path and what may be done there.

    Attributes:
        method: "GET" or "POST".
        path: with variable parts in braces.
        view: what answers.
        needs: which ability; None for none beyond `entry`.
        entry: who may come at all.
    """

    method: str
    path: str
    view: View
    needs: Ability | None = None
    entry: Entry = Entry.SIGNED_IN
