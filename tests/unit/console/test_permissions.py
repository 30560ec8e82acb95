"""Permissions: every route of the console against every role, as one matrix; its table alone says what each needs."""

import asyncio
import re
from dataclasses import replace
from typing import Any

import pytest
from starlette.responses import PlainTextResponse, Response

from safehold.cases import ABILITIES, Ability, Role
from safehold.console.page import Entry, Page
from safehold.console.pages import ALL_PAGES
from safehold.console.visit import PageVisit

from .standing import ORIGIN, TOKEN, Standing, standing

CONTENT = frozenset({Ability.REVEAL, Ability.GRANT_OPENING, Ability.ASK_OPENING, Ability.EXPORT_LAW})


def reached(_visit: PageVisit) -> Response:
    return PlainTextResponse("reached")


@pytest.fixture(scope="module")
def doors() -> Standing:
    """Give the console's doors with nothing behind them."""
    return standing(pages=[replace(page, view=reached) for page in ALL_PAGES])


def statuses(doors: Standing, cookie: str, *, token: str = TOKEN) -> dict[tuple[str, str], int]:
    """Return how each page answers; asked of the app itself, since there are many."""
    headers = [(b"host", b"console.test"), (b"origin", ORIGIN.encode()), (b"accept", b"application/json")]
    headers += [(b"cookie", f"__Host-safehold={cookie}".encode()), (b"x-csrf-token", token.encode())]

    async def one(page: Page) -> int:
        told: list[int] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            told.extend([message["status"]] if message["type"] == "http.response.start" else [])

        path = re.sub(r"\{\w+\}", "x", page.path)
        scope = {"type": "http", "method": page.method, "path": path, "headers": headers, "query_string": b""}
        scope |= {"scheme": "https", "server": ("console.test", 443), "client": ("192.0.2.1", 1), "root_path": ""}
        await doors.app(scope, receive, send)
        return told[0]

    async def every() -> dict[tuple[str, str], int]:
        return {(page.method, page.path): await one(page) for page in ALL_PAGES}

    return asyncio.run(every())


def is_allowed(page: Page, role: Role) -> bool:
    return page.entry is Entry.ANYBODY or page.needs is None or page.needs in ABILITIES[role]


@pytest.mark.parametrize("role", list(Role))
def test_a_role_reaches_what_its_abilities_allow_and_nothing_else(doors: Standing, role: Role) -> None:
    assert statuses(doors, f"amira.{role.value}+") == {
        (page.method, page.path): 200 if is_allowed(page, role) else 403 for page in ALL_PAGES
    }


def test_nobody_reaches_anything_but_the_way_in(doors: Standing) -> None:
    found = {page for page, status in statuses(doors, "").items() if status == 200}
    assert found == {(page.method, page.path) for page in ALL_PAGES if page.entry is Entry.ANYBODY}
    assert {path.split("/")[1] for _, path in found} == {"static", "sign-in"}


def test_who_has_no_role_reaches_nothing_that_needs_an_ability(doors: Standing) -> None:
    found = statuses(doors, "amira.nothing+")
    needing = {(page.method, page.path) for page in ALL_PAGES if page.needs is not None}
    assert {found[page] for page in needing} == {403}


def test_what_asks_for_a_second_factor_is_reached_by_nobody_without(doors: Standing) -> None:
    found = statuses(doors, ".".join(("amira", *(role.value for role in Role))))
    strict = {(page.method, page.path) for page in ALL_PAGES if page.entry is Entry.STEPPED_UP}
    assert {found[page] for page in strict} <= {303, 403}


def test_no_form_changes_anything_without_its_token(doors: Standing) -> None:
    found = statuses(doors, ".".join(("amira", *(role.value for role in Role))) + "+", token="no")  # noqa: S106
    forms = {
        (page.method, page.path) for page in ALL_PAGES if page.method == "POST" and page.entry is not Entry.ANYBODY
    }
    assert {found[page] for page in forms} == {403}


def test_no_page_that_changes_anything_is_asked_for_with_get() -> None:
    assert {page.method for page in ALL_PAGES} == {"GET", "POST"}


def test_an_auditor_reaches_nothing_that_holds_content() -> None:
    assert not CONTENT & ABILITIES[Role.AUDITOR]
    revealing = [page for page in ALL_PAGES if "/items/" in page.path]
    assert {page.needs for page in revealing} == {Ability.REVEAL}


def test_no_ability_beyond_reading_is_open_to_a_page_that_says_nothing_of_needs() -> None:
    """A page that needs nothing is about who asks: their work, their account, their exposure, how pages look."""
    free = {page.path.split("/")[1] for page in ALL_PAGES if page.needs is None and page.entry is not Entry.ANYBODY}
    assert free <= {"", "keys", "look", "me", "sign-out", "step-up", "sign-in"}
