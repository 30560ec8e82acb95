"""The frame: who may use a page, whose form it was, what is answered, and what is never said."""

import datetime as dt
import json
from typing import Any

import pytest
from starlette.responses import PlainTextResponse, Response

from safehold.cases import ABILITIES, Ability, Role
from safehold.cases.errors import CaseOvertakenError, UnknownCaseError
from safehold.console.errors import RefusedError
from safehold.console.page import Entry, Page
from safehold.console.pages import ALL_PAGES
from safehold.console.visit import PageVisit, is_own
from safehold.vocabulary import UsageError

from .standing import NOW, ORIGIN, TOKEN, Standing, StandingSeats, standing

CANARY = "canary-7f3a"


def _said(visit: PageVisit) -> Response:
    return PlainTextResponse(f"{visit.person.name if visit.seat else 'nobody'} {visit.form.get('word', '')}")


def _upload(visit: PageVisit) -> Response:
    return PlainTextResponse(str(len(visit.upload("file"))))


def _elsewhere(visit: PageVisit) -> Response:
    return visit.go(visit.form.get("to", ""), notice="Done <b>once</b>.")


def _number(visit: PageVisit) -> Response:
    return PlainTextResponse(str(visit.number("version", most=9)))


def _fails(visit: PageVisit) -> Response:
    match visit.query.get("how"):
        case "missing":
            raise UnknownCaseError(f"there is no {CANARY}", advice="Look again.")
        case "overtaken":
            raise CaseOvertakenError("somebody changed the case", advice="Look at it again.")
        case "foreign":
            raise UsageError(f"{CANARY} can't be read", advice=f"See {CANARY}.")
        case "refused":
            raise RefusedError(429, "Later", advice="Wait.", headers={"Retry-After": "3"})
        case _:
            raise ZeroDivisionError(CANARY)


PAGES = (
    *ALL_PAGES,
    Page("GET", "/open", _said, entry=Entry.ANYBODY),
    Page("POST", "/open", _said, entry=Entry.ANYBODY),
    Page("GET", "/own", _said),
    Page("POST", "/own", _said),
    Page("GET", "/strict", _said, entry=Entry.STEPPED_UP),
    Page("POST", "/strict", _said, entry=Entry.STEPPED_UP),
    Page("GET", "/review", _said, needs=Ability.REVIEW),
    Page("POST", "/upload", _upload),
    Page("POST", "/elsewhere", _elsewhere),
    Page("POST", "/number", _number),
    Page("GET", "/fails", _fails),
)


@pytest.fixture(scope="module")
def frame() -> Standing:
    return standing(pages=PAGES)


def test_nobody_is_led_to_the_way_in_and_back(frame: Standing) -> None:
    answer = frame.as_().get("/review?secret=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?to=/review")
    assert frame.as_().get("/open").text == "nobody "


@pytest.mark.parametrize("cookie", ["", "nobody", "x" * 600, "a;b"])
def test_a_cookie_that_is_no_session_is_nobody(frame: Standing, cookie: str) -> None:
    assert frame.as_().get("/own", headers={"cookie": f"__Host-safehold={cookie}"}).status_code == 303


@pytest.mark.parametrize("role", list(Role))
def test_a_page_is_for_those_whose_roles_allow_what_it_needs(frame: Standing, role: Role) -> None:
    expected = 200 if Ability.REVIEW in ABILITIES[role] else 403
    assert frame.as_(role).get("/review").status_code == expected


def test_a_second_factor_is_asked_for_again_where_a_page_says_so(frame: Standing) -> None:
    client = frame.as_(Role.REVIEWER)
    assert client.get("/strict").headers["location"] == "/step-up?to=/strict"
    assert client.send_form("/strict").status_code == 403
    assert frame.as_(Role.REVIEWER, stepped_up=True).send_form("/strict").status_code == 200


def test_a_second_factor_shown_long_ago_does_not_count() -> None:
    class Late(StandingSeats):
        def find(self, cookie: str) -> Any:
            seat = super().find(cookie)
            assert seat is not None
            seat.stepped_up_until = NOW - dt.timedelta(seconds=0)
            return seat

    assert standing(pages=PAGES, sessions=Late()).as_(Role.ADMIN).get("/strict").status_code == 303


def test_somebody_confined_to_a_page_gets_to_no_other() -> None:
    seats = StandingSeats()
    seats.confined_to = "/own"
    client = standing(pages=PAGES, sessions=seats).as_(Role.REVIEWER)
    assert client.get("/own").status_code == 200
    assert client.get("/review").headers["location"] == "/own"
    assert client.send_form("/upload").headers["location"] == "/own"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": ORIGIN, "sec-fetch-site": "cross-site"},
        {"origin": ORIGIN, "sec-fetch-site": "same-site"},
        {"origin": f"{ORIGIN}.evil.example"},
    ],
)
@pytest.mark.parametrize("path", ["/own", "/open"])
def test_a_form_from_another_site_does_nothing(frame: Standing, path: str, headers: dict[str, str]) -> None:
    client = frame.as_(Role.REVIEWER)
    assert client.post(path, data={"csrf": TOKEN}, headers=headers).status_code == 403


@pytest.mark.parametrize("token", ["", "other", TOKEN + "x", "\u00e9"])
def test_a_form_without_the_sessions_token_does_nothing(frame: Standing, token: str) -> None:
    client = frame.as_(Role.REVIEWER)
    assert client.send_form("/own", {"csrf": token}).status_code == 403
    assert client.send_form("/own", {"word": "done"}).text == "amira done"


def test_a_script_of_ours_may_send_the_token_as_a_header(frame: Standing) -> None:
    told = {"origin": ORIGIN, "x-csrf-token": TOKEN, "accept": "application/json"}
    client = frame.as_(Role.REVIEWER)
    assert client.post("/own", headers=told).status_code == 200
    refused = client.post("/own", headers={**told, "x-csrf-token": "no"})
    assert (refused.status_code, set(refused.json())) == (403, {"title", "advice"})


def test_every_answer_is_kept_by_nobody_and_loads_nothing_of_others(frame: Standing) -> None:
    for path in ("/open", "/keys", "/nothing", "/fails"):
        headers = frame.as_(Role.REVIEWER).get(path).headers
        assert headers["cache-control"] == "no-store"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["strict-transport-security"]


def test_assets_are_kept_until_they_change_and_nothing_else_is_given_out(frame: Standing) -> None:
    client = frame.as_(Role.REVIEWER)
    place = client.get("/keys").text.split('href="/static/')[1].split("/")[0]
    kept = client.get(f"/static/{place}/console.css")
    assert "immutable" in kept.headers["cache-control"]
    for path in (
        f"/static/{place}/..%2Fpage.py",
        f"/static/{place}/page.py",
        "/static/0/console.css",
        f"/static/{place}/%2e%2e",
    ):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "stays"),
    [
        ("/own", True),
        ("/a?b=c", True),
        ("//evil.example", False),
        ("https://evil.example", False),
        ("/\\evil.example", False),
        ("/a\r\nSet-Cookie: x=1", False),
        ("javascript:alert(1)", False),
        ("", False),
    ],
)
def test_nobody_is_sent_to_another_site_or_header(frame: Standing, path: str, stays: bool) -> None:
    assert is_own(path) == stays
    answer = frame.as_(Role.REVIEWER).send_form("/elsewhere", {"to": path})
    assert answer.headers["location"] == (path if stays else "/")


def test_a_notice_is_shown_once_and_never_as_markup(frame: Standing) -> None:
    client = frame.as_(Role.REVIEWER)
    client.send_form("/elsewhere", {"to": "/keys"})
    shown = client.get("/keys").text
    assert "Done &lt;b&gt;once&lt;/b&gt;." in shown
    assert "once" not in client.get("/keys").text.split("<h1>")[0]


def test_a_notice_that_is_none_of_ours_is_nothing(frame: Standing) -> None:
    client = frame.as_(Role.REVIEWER)
    for value in ("%%%", "bm90IGpzb24=", "WzFd", 40_000 * "W1tb"):
        client.cookies.set("__Host-safehold-notice", value)
        assert client.get("/keys").status_code == 200


@pytest.mark.parametrize(
    ("how", "status"), [("missing", 404), ("overtaken", 409), ("foreign", 409), ("refused", 429), ("other", 500)]
)
def test_an_error_becomes_a_page_that_repeats_nothing(frame: Standing, how: str, status: int) -> None:
    answer = frame.as_(Role.REVIEWER).get(f"/fails?how={how}&name={CANARY}")
    assert answer.status_code == status
    assert CANARY not in answer.text
    assert CANARY not in str(answer.headers)
    assert CANARY not in frame.log.getvalue()
    assert "<h1>" in answer.text


def test_a_log_line_says_which_page_and_how_it_ended_and_nothing_of_the_request(frame: Standing) -> None:
    frame.as_(Role.REVIEWER).get(f"/fails?how=other&{CANARY}={CANARY}", headers={"user-agent": CANARY})
    frame.as_().get(f"/{CANARY}")
    lines = [json.loads(line) for line in frame.log.getvalue().splitlines()]
    assert {"page.answered", "page.failed"} <= {line["event"] for line in lines}
    assert lines[-1]["page"] == "none"
    assert CANARY not in frame.log.getvalue()
    assert "amira" not in frame.log.getvalue()


def test_what_is_not_found_is_a_page_and_what_can_not_be_done_too(frame: Standing) -> None:
    client = frame.as_(Role.REVIEWER)
    assert client.get("/nothing").status_code == 404
    assert client.get("/own/").status_code == 404
    assert client.get("/cases/a%2Fb").status_code == 404
    assert client.send_form("/keys").status_code == 405


def test_an_uploaded_file_stays_in_memory_and_its_name_is_read_by_nobody(
    frame: Standing, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))  # a file there would fail
    sent = {"file": ("../../<script>.svg", b"x" * (3 << 20))}
    answer = frame.as_(Role.REVIEWER).send_form("/upload", files=sent)
    assert answer.text == str(3 << 20)


def test_what_is_too_large_or_no_form_is_refused_before_it_is_read_through(frame: Standing) -> None:
    client = frame.as_(Role.REVIEWER)
    assert client.send_form("/own", {"word": "x" * 300_000}).status_code == 413
    assert client.send_form("/own", headers={"content-type": "text/plain"}).status_code == 415
    assert client.send_form("/own", headers={"content-type": "multipart/form-data"}).status_code == 400
    assert client.send_form("/open", {"word": "x" * 70_000}).status_code == 413
    many = {f"f{number}": "x" for number in range(5000)}
    assert client.send_form("/own", many).status_code == 400


@pytest.mark.parametrize("text", ["", "-1", "10", "1.5", "\u0663", "9" * 40])
def test_a_number_that_is_none_is_refused(frame: Standing, text: str) -> None:
    client = frame.as_(Role.REVIEWER)
    assert client.send_form("/number", {"version": text}).status_code == 400
    assert client.send_form("/number", {"version": "9"}).text == "9"


def test_how_pages_look_is_remembered_and_nothing_else_can_be(frame: Standing) -> None:
    client = frame.as_(Role.REVIEWER)
    client.send_form("/look", {"theme": "dark", "keys": "off", "back": "/keys"})
    shown = client.get("/keys").text
    assert 'data-theme="dark"' in shown
    assert "data-keys" not in shown
    client.send_form("/look", {"theme": '"><script>', "back": "/keys"})
    assert 'data-theme="dark"' in client.get("/keys").text


def test_navigation_leads_where_somebody_may_go_and_nowhere_else() -> None:
    pages = (*PAGES, Page("GET", "/users", _said, needs=Ability.MANAGE_USERS))
    made = standing(pages=pages)
    assert 'href="/users"' in made.as_(Role.ADMIN).get("/keys").text
    assert 'href="/users"' not in made.as_(Role.REVIEWER).get("/keys").text


def test_every_page_of_the_console_is_named_once() -> None:
    named = [(page.method, page.path) for page in ALL_PAGES]
    assert len(named) == len(set(named))


def test_only_the_way_in_and_assets_are_for_anybody() -> None:
    open_to_all = {page.path for page in ALL_PAGES if page.entry is Entry.ANYBODY}
    assert {path for path in open_to_all if not path.startswith(("/sign-in", "/static"))} == set()
