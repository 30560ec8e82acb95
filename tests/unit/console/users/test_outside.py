"""An identity provider that does not keep to the rules, and answers that are not for us: nobody gets in by them."""

import base64
import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from safehold.cases import Role
from safehold.console.users import Stage
from safehold.console.users.errors import (
    FactorError,
    OutsideAccountError,
    ProviderSilentError,
    RefusedError,
    TooManyTriesError,
)
from safehold.console.users.outside import Arrival, Entrance, Registration, open_entrance, registration_of
from safehold.console.users.outside.people import Identity
from safehold.console.users.outside.registration import require_safe
from safehold.console.users.proofs import Sealing
from safehold.settings import MalformedSettingsError, Settings

from .conftest import GOOD_PASSWORD, NOW, Staff

SECRET = "s" * 40
HERE = "192.0.2.1"


@dataclass
class Crooked:
    """A provider on loopback that says whatever a test wants."""

    issuer: str
    key: ECKey
    description: dict[str, Any] = field(default_factory=dict)
    keys: list[dict[str, Any]] = field(default_factory=list)
    answer: Any = None
    asked: list[tuple[dict[str, list[str]], str]] = field(default_factory=list)

    def claims(self, fitting: str, /, **changes: Any) -> dict[str, Any]:
        now = int(NOW.timestamp())
        told = {
            "iss": self.issuer,
            "aud": "console",
            "sub": "s-1",
            "nonce": fitting,
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
            "groups": ["reviewers"],
            "preferred_username": "Amira.B@org.example",
        }
        return {name: value for name, value in {**told, **changes}.items() if value is not None}

    def says(self, claims: dict[str, Any], key: Any = None, alg: str = "ES256") -> None:
        header = {"alg": alg, "kid": self.key.kid}
        written = jwt.encode(header, claims, key or self.key, algorithms=[alg])
        self.answer = {"access_token": "a", "token_type": "Bearer", "id_token": written}


@pytest.fixture(scope="module")
def crooked_server() -> Iterator[Crooked]:
    told: dict[str, Crooked] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            one = told["it"]
            self._send(one.description if "openid" in self.path else {"keys": one.keys})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            told["it"].asked.append((parse_qs(body), self.headers.get("authorization", "")))
            self._send(told["it"].answer)

        def _send(self, answer: Any) -> None:
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(200 if answer is not None else 500)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    key = ECKey.generate_key("P-256", auto_kid=True)
    told["it"] = Crooked(f"http://127.0.0.1:{server.server_port}", key)
    yield told["it"]
    server.shutdown()
    server.server_close()


@pytest.fixture
def crooked(crooked_server: Crooked) -> Crooked:
    one = crooked_server
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    one.description = {"issuer": one.issuer, **{name: f"{one.issuer}/{name}" for name in names}}
    one.keys, one.answer, one.asked = [one.key.as_dict(private=False)], None, []
    return one


@pytest.fixture
def entrance(crooked: Crooked, staff: Staff) -> Entrance:
    roles = {"reviewers": Role.REVIEWER, "auditors": Role.AUDITOR}
    registration = Registration(crooked.issuer, "console", SECRET, "https://console.test/back", "groups", roles)

    class Home:
        database, clock = staff.database, staff.clock

    return open_entrance(
        registration,
        Home,  # type: ignore[arg-type]
        staff.ledger,
        sessions=staff.sessions,
        tries=staff.tries,
        rules=staff.rules,
    )


@dataclass
class Going:
    """Somebody on the way: what the provider was sent, and what the browser keeps."""

    entrance: Entrance
    kept: str
    asked: dict[str, str]

    @classmethod
    def out(cls, entrance: Entrance, **told: Any) -> "Going":
        beginning = entrance.begin(to=told.pop("to", "/cases"), **told)
        query = parse_qs(urlsplit(beginning.address).query)
        return cls(entrance, beginning.kept, {name: values[0] for name, values in query.items()})

    def back(self, cookie: str = "", **changes: str) -> Any:
        query = {"code": "c-1", "state": self.asked["state"], **changes}
        return self.entrance.finish(query, self.kept, address=HERE, cookie=cookie)


def test_what_fits_lets_in_and_the_code_is_redeemed_with_our_secret_and_the_verifier(
    crooked: Crooked, entrance: Entrance, staff: Staff
) -> None:
    going = Going.out(entrance)
    crooked.says(crooked.claims(going.asked["nonce"]))
    started, to = going.back()
    assert (started.session.person.name, to) == ("amira-b", "/cases")
    assert staff.sessions.find(started.cookie) is not None
    ((body, authorization),) = crooked.asked
    assert base64.b64decode(authorization.removeprefix("Basic ")).decode() == f"console:{SECRET}"
    assert len(body["code_verifier"][0]) == 43
    assert body["redirect_uri"] == ["https://console.test/back"]


NOT_FOR_US: tuple[dict[str, Any], ...] = (
    {"iss": "http://127.0.0.1:1"}, {"iss": None}, {"aud": "another"}, {"aud": ["another"]}, {"aud": None},
    {"aud": ["console", "another"]}, {"azp": "another"}, {"nonce": "another"}, {"nonce": None}, {"nonce": 7},
    {"sub": None}, {"sub": ""}, {"sub": 7}, {"exp": int(NOW.timestamp()) - 61}, {"exp": None}, {"exp": "soon"},
    {"iat": int(NOW.timestamp()) + 3600}, {"nbf": int(NOW.timestamp()) + 3600}, {"at_hash": "wrong"},
    {"groups": []}, {"groups": None}, {"groups": "strangers"}, {"groups": {"reviewers": True}},
    {"groups": [["reviewers"]]},
)  # fmt: skip


def test_what_is_not_for_us_or_this_arrival_lets_nobody_in(crooked: Crooked, entrance: Entrance, staff: Staff) -> None:
    for changes in NOT_FOR_US:
        staff.tries.clear(staff.tries.address_mark(HERE))
        going = Going.out(entrance)
        crooked.says(crooked.claims(going.asked["nonce"], **changes))
        with pytest.raises(RefusedError) as caught:
            going.back()
        assert not isinstance(caught.value, TooManyTriesError)
    assert staff.users.list() == ()
    assert staff.events() == []


def test_what_another_key_or_our_own_secret_or_nobody_signed_lets_nobody_in(
    crooked: Crooked, entrance: Entrance
) -> None:
    def other_key(claims: dict[str, Any]) -> None:
        crooked.says(claims, ECKey.generate_key("P-256"))

    def our_secret(claims: dict[str, Any]) -> None:
        crooked.says(claims, OctKey.import_key(SECRET), "HS256")

    def public_key_as_secret(claims: dict[str, Any]) -> None:
        crooked.says(claims, OctKey.import_key(json.dumps(crooked.keys[0]).ljust(40)), "HS256")

    def unsigned(claims: dict[str, Any]) -> None:
        parts = ({"alg": "none"}, claims)
        written = ".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts)
        crooked.answer = {"access_token": "a", "id_token": written + "."}

    def altered(claims: dict[str, Any]) -> None:
        crooked.says(claims)
        head, body, signature = crooked.answer["id_token"].split(".")
        crooked.answer["id_token"] = f"{head}.{body[:-2]}AA.{signature}"

    def nothing(_: dict[str, Any]) -> None:
        crooked.answer = {"access_token": "a"}

    def an_error(_: dict[str, Any]) -> None:
        crooked.answer = {"error": "invalid_grant"}

    def garbage(_: dict[str, Any]) -> None:
        crooked.answer = {"id_token": ["x"], "access_token": 7}

    acts: list[Callable[[dict[str, Any]], None]] = [
        *(other_key, our_secret, public_key_as_secret, unsigned, altered, nothing, an_error, garbage)
    ]
    for act in acts:
        going = Going.out(entrance)
        act(crooked.claims(going.asked["nonce"]))
        with pytest.raises(RefusedError):
            going.back()


def test_an_answer_fits_one_arrival_in_time_from_the_provider_that_was_asked(
    crooked: Crooked, entrance: Entrance, staff: Staff
) -> None:
    going, other = Going.out(entrance), Going.out(entrance)
    crooked.says(crooked.claims(going.asked["nonce"]))
    for changes in (
        {"state": other.asked["state"]}, {"state": ""}, {"state": "é\ud800"}, {"code": ""}, {"code": "c" * 3000},
        {"iss": "https://another.example"}, {"code": "", "error": "access_denied"},
    ):  # fmt: skip
        with pytest.raises(RefusedError):
            going.back(**changes)
    for kept in ("", "x", other.kept, going.kept[:-4], "é", "A" * 5000):
        with pytest.raises(RefusedError):
            Going(entrance, kept, going.asked).back()
    assert crooked.asked == []
    staff.later(seconds=601)
    with pytest.raises(RefusedError):
        going.back()


def test_a_confirmation_needs_a_fresh_sign_in_of_the_same_person(
    crooked: Crooked, entrance: Entrance, staff: Staff
) -> None:
    going = Going.out(entrance)
    crooked.says(crooked.claims(going.asked["nonce"]))
    started, _ = going.back()
    for changes in (
        {"auth_time": int(NOW.timestamp()) - 3600},
        {"auth_time": None},
        {"auth_time": "now"},
        {"sub": "s-2"},
    ):
        going = Going.out(entrance, session=started.session)
        crooked.says(crooked.claims(going.asked["nonce"], **changes))
        with pytest.raises(RefusedError):
            going.back(started.cookie)
    going = Going.out(entrance, session=started.session)
    assert (going.asked["prompt"], going.asked["max_age"]) == ("login", "0")
    crooked.says(crooked.claims(going.asked["nonce"]))
    up, _ = going.back(started.cookie)
    assert up.session.stepped_up_until is not None
    assert staff.sessions.find(started.cookie) is None


def test_roles_follow_the_groups_with_every_arrival(crooked: Crooked, entrance: Entrance, staff: Staff) -> None:
    for groups, roles in (
        (["reviewers"], {Role.REVIEWER}),
        ("auditors", {Role.AUDITOR}),
        (["auditors"], {Role.AUDITOR}),
    ):
        going = Going.out(entrance)
        crooked.says(crooked.claims(going.asked["nonce"], groups=groups))
        assert going.back()[0].session.person.roles == roles
    assert [one.kind for one in staff.events() if one.actor == "provider"] == ["user.created", "user.roles_changed"]
    going = Going.out(entrance)
    crooked.says(crooked.claims(going.asked["nonce"], groups=[]))
    with pytest.raises(RefusedError):
        going.back()


def test_whoever_calls_themselves_like_a_user_of_ours_gets_another_name(
    crooked: Crooked, entrance: Entrance, staff: Staff
) -> None:
    staff.add("amira-b", Role.SPECIALIST)
    going = Going.out(entrance)
    crooked.says(crooked.claims(going.asked["nonce"]))
    person = going.back()[0].session.person
    assert (person.name[:8], len(person.name), person.roles) == ("amira-b-", 16, {Role.REVIEWER})


def test_a_password_never_gets_somebody_in_whom_the_provider_proves(
    crooked: Crooked, entrance: Entrance, staff: Staff
) -> None:
    going = Going.out(entrance)
    crooked.says(crooked.claims(going.asked["nonce"]))
    name = going.back()[0].session.person.name
    for password in ("", "None", "x"):
        with pytest.raises(RefusedError):
            staff.signing_in.enter(name, password, address=HERE)
    session = staff.sessions.start(name, stage=Stage.SIGNED_IN).session
    acts: list[Callable[[], object]] = [
        lambda: staff.users.reset(name, actor="root"),
        lambda: staff.users.choose_password(session, GOOD_PASSWORD),
        lambda: staff.factors.begin_app(session),
    ]
    for act in acts:
        with pytest.raises((OutsideAccountError, FactorError)):
            act()


def test_who_is_disabled_here_stays_out_whatever_the_provider_says(
    crooked: Crooked, entrance: Entrance, staff: Staff
) -> None:
    for is_there in (True, False):
        going = Going.out(entrance)
        crooked.says(crooked.claims(going.asked["nonce"]))
        if is_there:
            staff.users.disable(going.back()[0].session.person.name, actor="root")
        else:
            with pytest.raises(RefusedError):
                going.back()


def test_a_provider_may_change_its_keys_between_two_arrivals(
    crooked: Crooked, entrance: Entrance, staff: Staff
) -> None:
    old = crooked.key
    for key in (old, ECKey.generate_key("P-256", auto_kid=True)):
        going = Going.out(entrance)
        crooked.key, crooked.keys = key, [key.as_dict(private=False)]
        crooked.says(crooked.claims(going.asked["nonce"]))
        assert staff.sessions.find(going.back()[0].cookie) is not None
    crooked.key = old
    going = Going.out(entrance)
    crooked.says(crooked.claims(going.asked["nonce"]))  # by a key that is the provider's no more
    with pytest.raises(RefusedError):
        going.back()


def test_a_provider_that_is_another_one_or_says_unsafe_places_is_not_asked(
    crooked: Crooked, entrance: Entrance
) -> None:
    right = dict(crooked.description)
    for changes in (
        {"issuer": "https://another.example"}, {"token_endpoint": "http://another.example/token"},
        {"authorization_endpoint": "javascript:alert(1)"}, {"jwks_uri": None}, {"jwks_uri": "file:///etc/passwd"},
    ):  # fmt: skip
        crooked.description = {**right, **changes}
        with pytest.raises(ProviderSilentError):
            entrance.begin(to="/")
    for answer in (b"no json", b"[]", b"{" + b" " * (1 << 20) + b"}"):
        crooked.description = answer  # type: ignore[assignment]
        with pytest.raises(ProviderSilentError):
            entrance.begin(to="/")
    crooked.description = right
    assert entrance.begin(to="/").address.startswith(crooked.issuer)


def test_answers_that_fit_nothing_make_an_address_wait(entrance: Entrance) -> None:
    going = Going.out(entrance)
    for _ in range(30):
        with pytest.raises(RefusedError):
            going.back(state="wrong")
    with pytest.raises(TooManyTriesError):
        going.back()


def test_what_the_browser_keeps_shows_nothing_and_can_not_be_made() -> None:
    sealing = Sealing(b"k" * 32)
    arrival = Arrival.begun(NOW, to="/cases", person="amira")
    kept = arrival.sealed(sealing)
    assert Arrival.read(kept, sealing, NOW) == arrival
    assert b"amira" not in base64.urlsafe_b64decode(kept)
    for moment in (NOW - dt.timedelta(seconds=60), NOW + dt.timedelta(seconds=602)):
        with pytest.raises(RefusedError):
            Arrival.read(kept, sealing, moment)
    for other in (
        Sealing(b"l" * 32).seal(b"{}", "arrival"),
        sealing.seal(b"{}", "app_1"),
        sealing.seal(b"[]", "arrival"),
    ):
        with pytest.raises(RefusedError):
            Arrival.read(base64.urlsafe_b64encode(other).decode(), sealing, NOW)


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("Amira.B@org.example", "amira-b"), ("amira", "amira"), ("system", ""), ("", ""), (None, ""), (7, ""),
        ("<script>", "script"), ("é" * 400, ""), ("a" * 400, "a" * 32), ("../../x", ""), ("admin\0", ""),
    ],
)  # fmt: skip
def test_a_name_is_made_of_what_the_ledger_takes(told: Any, name: str) -> None:
    registration = Registration("https://p.example", "c", "", "https://c.example", "groups", {"g": Role.AUDITOR})
    assert Identity.of({"sub": "s", "preferred_username": told}, registration).name == name


@pytest.mark.parametrize(
    "address",
    [
        *("http://login.example", "ftp://127.0.0.1", "https://", "//login.example", "login.example", ""),
        *("https://user@login.example", "http://127.0.0.1.example", "http://localhost.example"),
    ],
)
def test_a_provider_is_asked_over_tls_or_on_this_machine_alone(address: str) -> None:
    with pytest.raises(MalformedSettingsError):
        require_safe(address)


def test_settings_say_all_of_a_provider_or_nothing(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("shh\n")
    whole: dict[str, Any] = {
        "oidc_issuer": "https://login.example",
        "oidc_client_id": "console",
        "oidc_client_secret_file": tmp_path / "secret",
        "console_address": "https://review.example",
        "oidc_roles": ("a=b=reviewer",),
        "oidc_scopes": ("profile", "openid", "groups"),
    }
    read = registration_of(Settings(**whole))
    assert (read.client_secret, read.scope, dict(read.roles)) == (
        "shh", "openid profile groups", {"a=b": Role.REVIEWER}
    )  # fmt: skip
    assert read.redirect_uri == "https://review.example/sign-in/provider/back"
    assert "shh" not in repr(read)
    for changes in (
        {"oidc_client_id": None}, {"console_address": None}, {"oidc_roles": ()}, {"oidc_roles": ("a=king",)},
        {"oidc_roles": ("reviewer",)}, {"oidc_issuer": "http://login.example"},
        {"oidc_client_secret_file": tmp_path / "nothing"},
    ):  # fmt: skip
        with pytest.raises(MalformedSettingsError):
            registration_of(Settings(**{**whole, **changes}))
