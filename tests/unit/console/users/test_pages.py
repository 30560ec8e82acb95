"""The pages of signing in, of one's own account and of users, as a browser meets them and as an attacker does."""

import base64
import re
from typing import Any

from tests.unit.console.standing import ORIGIN, Asking, standing

from safehold.cases import Role
from safehold.console.cookies import SESSION_COOKIE
from safehold.console.pages import look, passkeys, security, signing_in
from safehold.console.pages import users as users_pages
from safehold.console.users import Stage, open_accounts

from .conftest import GOOD_PASSWORD, Staff

PAGES = (*look.PAGES, *signing_in.PAGES, *security.PAGES, *passkeys.PAGES, *users_pages.PAGES)
CANARY = "canary-7f3a"


class Browser:
    """Somebody's browser: it keeps cookies and sends what forms hold."""

    def __init__(self, staff: Staff, address: str = "192.0.2.1") -> None:
        accounts = open_accounts(_home(staff), staff.ledger, staff.rules)
        self.standing = standing(
            pages=PAGES, sessions=accounts.sessions, users=accounts, clock=staff.clock, casework=None
        )
        self.asking = Asking(
            self.standing.app,
            base_url=ORIGIN,
            raise_server_exceptions=False,
            follow_redirects=False,
            client=(address, 5000),
        )
        self.token = ""
        self.version = ""
        self.text = ""

    def get(self, path: str) -> Any:
        return self._kept(self.asking.get(path))

    def send(self, path: str, headers: dict[str, str] | None = None, **fields: Any) -> Any:
        told = {"origin": ORIGIN, "sec-fetch-site": "same-origin", **(headers or {})}
        known = {"csrf": self.token, "version": self.version}
        return self._kept(self.asking.post(path, data={**known, **fields}, headers=told))

    def wear(self, cookie: str) -> None:
        self.asking.cookies.set(SESSION_COOKIE, cookie, domain="console.test", path="/")

    @property
    def cookie(self) -> str:
        return self.asking.cookies.get(SESSION_COOKIE) or ""

    @property
    def log(self) -> str:
        return self.standing.log.getvalue()

    def _kept(self, answer: Any) -> Any:
        self.text = answer.text
        found = re.search(r'name="csrf" value="([0-9a-f]*)"', answer.text)
        self.token = found[1] if found else self.token
        seen = re.search(r'name="version" value="([0-9]+)"', answer.text)
        self.version = seen[1] if seen else self.version
        return answer


def _home(staff: Staff) -> Any:
    class Home:
        database, clock = staff.database, staff.clock

    return Home


def enter(staff: Staff, name: str, password: str, **fields: str) -> Browser:
    browser = Browser(staff)
    browser.get("/sign-in")
    browser.send("/sign-in", name=name, password=password, **fields)
    return browser


def seated(staff: Staff, *roles: Role, name: str = "boss") -> Browser:
    """Return the browser of somebody who has just signed in."""
    if not staff.users.has(name):
        staff.add(name, *roles)
    browser = Browser(staff)
    browser.wear(staff.sessions.start(name, stage=Stage.SIGNED_IN).cookie)
    return browser


def test_a_new_user_comes_in_step_by_step_to_where_they_wanted_to_go(staff: Staff) -> None:
    browser = Browser(staff)
    gone = browser.get("/me/security")
    assert gone.headers["location"] == "/sign-in?to=/me/security"
    password = staff.add("amira")
    browser.get(gone.headers["location"])
    assert 'name="to" value="/me/security"' in browser.text
    step = browser.send("/sign-in", name=" amira ", password=password, to="/me/security")
    assert step.headers["location"] == "/sign-in/password?to=/me/security"
    browser.get(step.headers["location"])
    step = browser.send("/sign-in/password", new=GOOD_PASSWORD, again=GOOD_PASSWORD, to="/me/security")
    assert step.headers["location"] == "/sign-in/app?to=/me/security"
    browser.get(step.headers["location"])
    assert "<svg" in browser.text
    letters = re.search(r'class="spelled">([A-Z2-7 ]+)<', browser.text)
    assert letters is not None
    code = staff.code(base64.b32decode(letters[1].replace(" ", "")))
    done = browser.send("/sign-in/app", code=code, to="/me/security")
    assert done.status_code == 200
    assert len(re.findall(r"<li><code>([2-9a-z]{5}-[2-9a-z]{5}-[2-9a-z]{5})</code></li>", done.text)) == 10
    assert 'href="/me/security"' in done.text
    assert "Authenticator app" in browser.get("/me/security").text


def test_a_session_planted_before_is_worth_nothing_after(staff: Staff) -> None:
    secret = staff.settle()
    planted = staff.sessions.start("amira", stage=Stage.SECOND_FACTOR).cookie
    browser = Browser(staff)
    seen = []
    for cookie in (planted, "a" * 43):
        browser.wear(cookie)
        browser.get("/sign-in")
        browser.send("/sign-in", name="amira", password=GOOD_PASSWORD)
        seen.append(browser.cookie)
        browser.get("/sign-in/factor")
        browser.send("/sign-in/factor", code=staff.code(secret))
        seen.append(browser.cookie)
        staff.later(minutes=1)
        browser.asking.cookies.clear()
    assert len({planted, "a" * 43, *seen}) == 6
    assert [staff.sessions.find(one) is not None for one in (planted, *seen)] == [False, False, True, False, True]


def test_each_cookie_is_for_this_host_over_tls_and_unseen_by_scripts(staff: Staff) -> None:
    browser = Browser(staff)
    browser.get("/sign-in")
    answer = browser.send("/sign-in", name="amira", password=staff.add("amira"))
    (told,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith(SESSION_COOKIE + "=")]
    assert re.fullmatch(
        r"__Host-safehold=[A-Za-z0-9_-]{43}; HttpOnly; Path=/; SameSite=lax; Secure", told, re.IGNORECASE
    )


def test_what_does_not_work_looks_the_same_whatever_it_was(staff: Staff) -> None:
    password = staff.add("amira")
    staff.users.create("gone", (Role.REVIEWER,), actor="root")
    staff.users.disable("gone", actor="root")
    answers = set()
    for name, typed in (
        ("amira", "wrong"), ("nobody", password), ("gone", "x"), ("", ""), ("é" * 40, "x"), ("a" * 5000, "b" * 5000)
    ):  # fmt: skip
        browser = Browser(staff, f"198.51.100.{len(name) % 40}")
        browser.get("/sign-in")
        for _ in range(7):  # into the wait and beyond
            answer = browser.send("/sign-in", name=name, password=typed)
            headers = {key: value for key, value in answer.headers.items() if key != "x-request-id"}
            answers.add((answer.status_code, answer.text, str(sorted(headers.items()))))
    assert len(answers) == 1
    assert {status for status, *_ in answers} == {403}


def test_nothing_that_is_typed_comes_back_or_gets_into_a_log(staff: Staff) -> None:
    staff.settle()
    said = ""
    for path, fields in (
        ("/sign-in", {"name": CANARY, "password": CANARY, "to": f"/{CANARY}<script>"}),
        ("/sign-in", {"name": "amira", "password": CANARY}),
        ("/sign-in", {"name": "amira", "password": GOOD_PASSWORD, "to": ""}),
        ("/sign-in/factor", {"code": CANARY}),
    ):
        browser = enter(staff, "amira", GOOD_PASSWORD)
        browser.get(path)
        answer = browser.send(path, **fields)
        said += answer.text + str(answer.headers) + browser.log
    assert CANARY not in said
    assert "amira" not in said
    assert "192.0.2.1" not in said


ELSEWHERE = (
    *("//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "/%0d%0aset-cookie:evil=b"),
    *("/evil\r\nb: c", "javascript:evil()", "/sign-out", "/sign-in", "/../..//evil.example", "/evil?b=c", "/\tevil"),
    *("évil", "/evil" + "a" * 5000, "/@evil.example", "/;evil", "//", "/step-up", "https:evil.example", " /evil"),
    *("///evil.example", "/.evil", "/evil/", "/evil//evil.example", "evil", "\0/evil", "/evil\u2028"),
)


def test_nobody_is_led_anywhere_else(staff: Staff) -> None:
    secret = staff.settle()
    assert {signing_in.carried(to) for to in ELSEWHERE} == {""}
    assert signing_in.carried("/ledger/events/3") == "/ledger/events/3"
    for to in ("//evil.example", "/evil\r\nset-cookie: a=b"):
        browser = enter(staff, "amira", GOOD_PASSWORD, to=to)
        browser.get("/sign-in/factor?to=/evil.example//")
        assert 'name="to" value=""' in browser.text
        answers = [browser.send("/sign-in/factor", code=staff.code(secret), to=to)]
        staff.later(minutes=1)
        browser.get("/step-up")
        answers.append(browser.send("/step-up", code=staff.code(secret), to=to))
        staff.later(minutes=1)
        assert [one.headers["location"] for one in answers] == ["/", "/"]
        assert "evil" not in str([one.headers for one in answers])


def test_a_form_of_another_site_changes_nothing(staff: Staff) -> None:
    secret = staff.settle()
    away = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    browser = Browser(staff)
    browser.get("/sign-in")
    assert browser.send("/sign-in", away, name="amira", password=GOOD_PASSWORD).status_code == 403
    assert browser.cookie == ""
    browser.send("/sign-in", name="amira", password=GOOD_PASSWORD)
    browser.get("/sign-in/factor")
    right = browser.token
    for headers, token in ((away, right), ({}, ""), ({}, "0" * 64), ({}, right[:-1])):
        browser.token = token
        assert browser.send("/sign-in/factor", headers, code=staff.code(secret)).status_code == 403
    browser.token = right
    assert browser.send("/sign-in/factor", code=staff.code(secret)).status_code == 303
    for path in ("/sign-out", "/step-up", "/me/security/password", "/me/security/sessions", "/sign-in"):
        for headers, token in ((away, browser.token), ({}, ""), ({}, right)):
            browser.token = token
            assert browser.send(path, headers).status_code == 403
    assert staff.sessions.find(browser.cookie) is not None


def test_who_is_on_the_way_in_may_use_no_other_page(staff: Staff) -> None:
    staff.settle()
    browser = enter(staff, "amira", GOOD_PASSWORD)
    for path in ("/me/security", "/me/security/app", "/users", "/step-up", "/keys"):
        assert browser.get(path).headers["location"].startswith("/sign-in")
    for path in ("/sign-in/password", "/sign-in/app"):
        assert browser.get(path).headers["location"] == "/sign-in"
    browser = enter(staff, "amira", GOOD_PASSWORD)
    for path, fields in (
        ("/sign-in/password", {"new": "another good sentence", "again": "another good sentence"}),
        ("/sign-in/app", {"code": "123456"}),
        ("/me/security/remove", {"factor": "x"}),
        ("/sign-out", {}),
    ):
        assert browser.send(path, **fields).headers.get("location", "/sign-in") == "/sign-in"
    assert staff.users.prove("amira", GOOD_PASSWORD) is not None


def test_a_code_that_was_seen_on_its_way_is_refused(staff: Staff) -> None:
    secret = staff.settle()
    code = staff.code(secret)
    first = enter(staff, "amira", GOOD_PASSWORD)
    first.get("/sign-in/factor")
    assert first.send("/sign-in/factor", code=code).status_code == 303
    second = enter(staff, "amira", GOOD_PASSWORD)
    second.get("/sign-in/factor")
    assert second.send("/sign-in/factor", code=code).status_code == 403


def test_a_password_is_chosen_twice_alike_and_not_easily_guessed(staff: Staff) -> None:
    browser = enter(staff, "amira", staff.add("amira"))
    browser.get("/sign-in/password")
    for new, again, said in (
        (GOOD_PASSWORD, GOOD_PASSWORD + "x", "not the same"),
        ("short", "short", "at least 12"),
        ("x" * 2000, "x" * 2000, "at most 128"),
    ):
        answer = browser.send("/sign-in/password", new=new, again=again)
        assert answer.status_code == 403
        assert said in answer.text
        assert new not in answer.text
    assert browser.send("/sign-in/password", new=GOOD_PASSWORD, again=GOOD_PASSWORD).status_code == 303


def test_signing_out_ends_the_session_and_its_cookie(staff: Staff) -> None:
    browser = seated(staff, Role.REVIEWER)
    cookie = browser.cookie
    browser.get("/me/security")
    answer = browser.send("/sign-out")
    assert answer.headers["location"] == "/sign-in"
    assert browser.cookie == ""
    assert staff.sessions.find(cookie) is None


def test_a_password_is_changed_by_who_knows_the_old_one_and_the_cookie_with_it(staff: Staff) -> None:
    staff.settle()
    elsewhere = staff.sessions.start("amira", stage=Stage.SIGNED_IN)
    browser = seated(staff, name="amira")
    before = browser.cookie
    browser.get("/me/security")
    new = "seven quiet lamps at sea"
    for old, again, said in (("wrong", new, "not your password"), (GOOD_PASSWORD, "x", "not the same")):
        answer = browser.send("/me/security/password", old=old, new=new, again=again)
        assert (answer.status_code, said in answer.text) == (403, True)
    assert browser.send("/me/security/password", old=GOOD_PASSWORD, new=new, again=new).status_code == 303
    assert staff.sessions.find(before) is None
    assert staff.sessions.find(elsewhere.cookie) is None
    assert staff.sessions.find(browser.cookie) is not None
    assert staff.users.prove("amira", new) is not None


def test_who_found_an_open_screen_can_not_guess_the_password_there(staff: Staff) -> None:
    staff.settle()
    browser = seated(staff, name="amira")
    cookie = browser.cookie
    browser.get("/me/security")
    for _ in range(5):
        browser.send("/me/security/password", old="wrong", new="x", again="x")
    answer = browser.send("/me/security/password", old=GOOD_PASSWORD, new="x", again="x")
    assert answer.headers["location"] == "/sign-in"
    assert staff.sessions.find(cookie) is None


def test_factors_and_recovery_codes_change_only_after_confirming_that_it_is_them(staff: Staff) -> None:
    secret = staff.settle()
    browser = seated(staff, name="amira")
    staff.later(minutes=6)
    browser.get("/me/security")
    factor = staff.factors.list("amira")[0].id
    assert browser.get("/me/security/app").headers["location"] == "/step-up?to=/me/security/app"
    for path in ("/me/security/app", "/me/security/remove", "/me/security/codes"):
        assert browser.send(path, factor=factor).status_code == 403
    browser.get("/step-up?to=/me/security")
    before = browser.cookie
    answer = browser.send("/step-up", code=staff.code(secret), to="/me/security")
    assert (answer.headers["location"], browser.cookie != before) == ("/me/security", True)
    browser.get("/me/security")
    assert len(re.findall(r"<li><code>", browser.send("/me/security/codes").text)) == 10
    browser.get("/me/security/app")
    letters = re.search(r'class="spelled">([A-Z2-7 ]+)<', browser.text)
    assert letters is not None
    assert browser.send("/me/security/app", code="000000").status_code == 403
    other = staff.code(base64.b32decode(letters[1].replace(" ", "")))
    assert browser.send("/me/security/app", code=other).headers["location"] == "/me/security"
    browser.get("/me/security")
    assert browser.send("/me/security/remove", factor=factor).status_code == 303
    assert [one.id for one in staff.factors.list("amira")] != [factor]
    assert "last second factor" in browser.send("/me/security/remove", factor=staff.factors.list("amira")[0].id).text


def test_nobody_reaches_somebody_elses_factors_or_sessions(staff: Staff) -> None:
    staff.settle("amira")
    staff.settle("bruno")
    theirs = staff.sessions.start("amira", stage=Stage.SIGNED_IN)
    browser = seated(staff, name="bruno")
    browser.get("/me/security")
    factor = staff.factors.list("amira")[0].id
    assert browser.send("/me/security/remove", factor=factor, user="amira", name="amira").status_code == 403
    assert browser.send("/me/security/sessions", user="amira", name="amira").status_code == 303
    assert staff.factors.list("amira")[0].id == factor
    assert staff.sessions.find(theirs.cookie) is not None


def test_who_manages_users_makes_changes_and_lets_in_no_more(staff: Staff) -> None:
    browser = seated(staff, Role.ADMIN)
    browser.get("/users/new")
    made = browser.send("/users", name="amira", role=["reviewer", "specialist", "king"])
    password = re.search(r'id="one-time">([2-9a-z-]+)<', made.text)
    assert password is not None
    assert staff.users.prove("amira", password[1]) is not None
    assert staff.users.show("amira").roles == {Role.REVIEWER, Role.SPECIALIST}
    browser.get("/users/amira")
    assert browser.send("/users/amira/roles", role=["auditor"]).status_code == 303
    assert staff.users.show("amira").roles == {Role.AUDITOR}
    assert "changed meanwhile" in browser.send("/users/amira/roles", role=["reviewer"]).text  # sent twice
    assert "at least one role" in browser.send("/users/amira/roles").text
    theirs = staff.sessions.start("amira", stage=Stage.SIGNED_IN)
    assert browser.send("/users/amira/disable").status_code == 303
    assert staff.sessions.find(theirs.cookie) is None
    assert "disabled" in browser.get("/users/amira").text
    assert browser.send("/users/amira/enable").status_code == 303
    browser.get("/users/amira")
    again = re.search(r'id="one-time">([2-9a-z-]+)<', browser.send("/users/amira/reset").text)
    assert again is not None
    assert "changed meanwhile" in browser.send("/users/amira/reset").text
    assert staff.users.prove("amira", again[1]) is not None
    assert "amira" in browser.get("/users").text
    assert {one.actor for one in staff.events() if one.details.get("user") == "amira"} == {"boss"}
    assert password[1] not in browser.log


def test_of_two_who_change_one_user_the_second_one_looks_again(staff: Staff) -> None:
    staff.add("amira")
    one, other = seated(staff, Role.ADMIN), seated(staff, Role.ADMIN, name="chief")
    one.get("/users/amira")
    other.get("/users/amira")
    assert one.send("/users/amira/roles", role="auditor").status_code == 303
    for act in ("roles", "disable", "reset"):
        refused = Browser(staff)
        refused.wear(other.cookie)
        refused.token, refused.version = other.token, other.version
        answer = refused.send(f"/users/amira/{act}", role="admin")
        assert (answer.status_code, "changed meanwhile" in answer.text) == (409, True)
    assert other.send("/users/amira/disable", version="x").status_code == 400
    assert staff.users.show("amira").roles == {Role.AUDITOR}
    assert staff.users.show("amira").is_active


def test_a_name_that_is_taken_or_hostile_is_refused_and_shown_harmlessly(staff: Staff) -> None:
    browser = seated(staff, Role.ADMIN)
    browser.get("/users/new")
    for name in ("boss", "<script>alert(1)</script>", '"><img src=x>', "../../etc", "a\r\nb"):
        answer = browser.send("/users", name=name, role="auditor")
        assert answer.status_code == 409
        assert "<script>alert" not in answer.text
        assert "<img src=x" not in answer.text
    for path in ("/users/nobody", "/users/%3Cscript%3E", "/users/..%2f..", "/users/" + "a" * 3000):
        answer = browser.get(path)
        assert answer.status_code == 404
        assert "script>" not in answer.text.replace("</script>", "").replace("<script src", "")


def test_nobody_changes_their_own_roles_or_who_they_are(staff: Staff) -> None:
    browser = seated(staff, Role.ADMIN)
    staff.add("other", Role.ADMIN)
    browser.get("/users/other")
    for act in ("roles", "disable", "enable", "reset"):
        assert browser.send(f"/users/boss/{act}", role=[one.value for one in Role]).status_code == 403
    assert staff.users.show("boss").roles == {Role.ADMIN}
    assert staff.users.show("boss").is_active


def test_changing_users_asks_for_the_second_factor_again(staff: Staff) -> None:
    browser = seated(staff, Role.ADMIN)
    staff.add("amira")
    staff.later(minutes=6)
    browser.get("/users/amira")
    assert "/step-up?to=/users/amira" in browser.text
    for act in ("roles", "disable", "enable", "reset"):
        assert browser.send(f"/users/amira/{act}", role="admin").status_code == 403
    assert browser.send("/users", name="carla", role="admin").status_code == 403
    assert staff.users.show("amira").roles == {Role.REVIEWER}


def test_every_page_is_kept_by_no_cache(staff: Staff) -> None:
    browser = seated(staff, Role.ADMIN)
    for path in ("/users", "/users/new", "/me/security", "/me/security/app", "/step-up"):
        answer = browser.get(path)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        assert "style=" not in answer.text
        assert "onclick" not in answer.text
