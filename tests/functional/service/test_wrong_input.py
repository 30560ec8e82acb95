"""Wrong requests and faults: a clear problem, the right status, nothing lost, nothing let through, nothing repeated."""

import datetime as dt
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.functional.service.conftest import Served

from safehold.gateway import Scope
from safehold.gateway.sandbox import Fault
from safehold.home.errors import HomeUnusableError
from safehold.service.problem import MEDIA_TYPE
from safehold.settings import Settings

CANARY = "kanarienvogel"
CUBE = {"items": [{"kind": "prompt", "text": CANARY}]}
JSON = {"Content-Type": "application/json"}


def require_problem(answer: Any, status: int, code: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    told = answer.json()
    assert (told["status"], told["code"], told["type"]) == (status, code, f"urn:safehold:problem:{code}")
    assert CANARY not in answer.text
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b'{"items": [', f'{{"{CANARY}"'.encode(), b"[" * 100_000],
    ids=["empty", "cut", "not-unicode", "open", "secret", "deep"],
)
def test_what_is_no_json_is_malformed(served: Served, content: bytes) -> None:
    answer = served.client.post("/v1/checks", content=content, headers=served.headers() | JSON)
    require_problem(answer, 400, "malformed")


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"items": []},
        {"items": [{"kind": CANARY}]},
        {"items": [{"kind": "prompt", "text": 7}]},
        {"items": [{"kind": "prompt", "text": "x", CANARY: 1}]},
        {**CUBE, CANARY: CANARY},
        {**CUBE, "country": CANARY},
        {**CUBE, "account": CANARY * 100},
        {**CUBE, "mode": CANARY},
        {"items": [{"kind": "prompt", "text": "x"}] * 65},
        {"items": [{"kind": "messages", "turns": [{"role": CANARY, "text": "x"}]}]},
    ],
    ids=lambda body: str(body)[:30],
)
def test_what_has_not_the_right_shape_is_told_by_place_alone(served: Served, body: object) -> None:
    require_problem(served.post(body), 422, "invalid")
    assert served.checks.asked == []


def test_an_unknown_field_is_refused_without_its_name(served: Served) -> None:
    told = served.post({"items": [{"kind": "prompt", "text": "x", CANARY: 1}]}).json()
    assert told["errors"] == [{"at": "items.0.?", "problem": "extra_forbidden"}]


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ({"kind": "image", "data": CANARY + "!"}, "base64"),
        ({"kind": "image", "data": "AAAA", "url": "https://example.org/"}, "data_and_url"),
        ({"kind": "image", "url": f"https://example.org/{CANARY}"}, "url_off"),
    ],
)
def test_an_item_that_cant_be_is_refused(served: Served, item: dict[str, str], code: str) -> None:
    require_problem(served.post({"items": [item]}), 422, code)


def test_two_items_of_one_id_are_refused(served: Served) -> None:
    item = {"kind": "prompt", "id": CANARY, "text": "x"}
    require_problem(served.post({"items": [item, item]}), 422, "same_id")


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "", "application/x-www-form-urlencoded"])
def test_other_media_types_are_refused(served: Served, kind: str) -> None:
    answer = served.client.post("/v1/checks", content=b"x", headers=served.headers() | {"Content-Type": kind})
    require_problem(answer, 415, "media_type")


FORM = 'multipart/form-data; boundary="b"'


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("multipart/form-data", b"--b--\r\n"),
        (FORM, b""),
        (FORM, b"--b\r\nContent-Disposition: form-data; name=prompt\r\n\r\nx"),
        (FORM, b"--c\r\n"),
        (FORM, b'--b\r\nContent-Disposition: form-data; name="prompt"\r\n\r\n\xff\r\n--b--\r\n'),
        (FORM, b'--b\r\nContent-Disposition: form-data; name="messages"\r\n\r\n{\r\n--b--\r\n'),
    ],
    ids=["no-boundary", "empty", "cut", "another-boundary", "not-unicode", "no-json"],
)
def test_broken_forms_are_malformed(served: Served, kind: str, content: bytes) -> None:
    answer = served.client.post("/v1/checks", content=content, headers=served.headers() | {"Content-Type": kind})
    require_problem(answer, 400, "malformed")


@pytest.mark.parametrize("fields", [{CANARY: "x"}, {"prompt": "x", "mode": CANARY}, {"account": "a"}])
def test_forms_of_the_wrong_shape_are_refused(served: Served, fields: dict[str, str]) -> None:
    files = [(name, (None, value)) for name, value in fields.items()]
    require_problem(served.client.post("/v1/checks", files=files, headers=served.headers()), 422, "invalid")


class TestLimits:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(largest_request_mib=1, bytes_in_flight_mib=1, requests_per_second=2, request_seconds=1)

    def test_a_large_request_is_refused_by_what_it_announces(self, served: Served) -> None:
        headers = served.headers() | JSON
        require_problem(served.client.post("/v1/checks", content=b"x" * (1 << 21), headers=headers), 413, "too_large")

    def test_a_large_request_is_refused_while_it_arrives(self, served: Served) -> None:
        stream = (b"x" * (1 << 18) for _ in range(8))
        answer = served.client.post("/v1/checks", content=stream, headers=served.headers() | JSON)
        require_problem(answer, 413, "too_large")
        assert served.service.load.held_bytes == 0

    def test_more_than_a_process_may_hold_is_told_to_wait(self, served: Served) -> None:
        assert served.service.load.take(1 << 20)
        require_problem(served.post(CUBE), 503, "busy")

    def test_who_asks_too_often_is_told_when_to_come_back(self, served: Served) -> None:
        served.service.allowances._monotonic = lambda: 0.0  # however slow this machine is
        answers = [served.post(CUBE) for _ in range(8)]
        assert answers[0].status_code == 200
        require_problem(answers[-1], 429, "too_many")
        assert int(answers[-1].headers["retry-after"]) >= 1

    def test_a_check_that_takes_too_long_lets_nothing_pass(self, served: Served) -> None:
        gate = threading.Event()
        served.checks.check, plain = (lambda *_: gate.wait(10)), served.checks.check  # type: ignore[method-assign]
        try:
            require_problem(served.post(CUBE), 503, "timed_out")
        finally:
            gate.set()
            served.checks.check = plain  # type: ignore[method-assign]


@pytest.mark.parametrize(
    "shown", ["", "Bearer", "Bearer nonsense", f"Bearer safehold_0123456789ab_{'A' * 43}", "Basic eDp5"]
)
def test_without_a_valid_key_nothing_is_answered(served: Served, shown: str) -> None:
    answer = served.client.post("/v1/checks", json=CUBE, headers={"Authorization": shown} if shown else {})
    require_problem(answer, 401, "key_refused")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert served.checks.asked == []


def test_a_key_with_another_secret_is_refused(served: Served) -> None:
    last = "A" if served.key[-2] != "A" else "B"
    require_problem(
        served.client.post(
            "/v1/checks", json=CUBE, headers=served.headers(key=served.key[:-2] + last + served.key[-1])
        ),
        401,
        "key_refused",
    )


def test_a_key_of_another_scope_is_refused(served: Served) -> None:
    answer = served.client.post("/v1/checks", json=CUBE, headers=served.headers(Scope.METRICS, Scope.OPERATOR))
    require_problem(answer, 403, "scope")


def test_expired_and_revoked_keys_are_refused(served: Served) -> None:
    past = served.service.clock.now() - dt.timedelta(seconds=1)
    _, expired = served.service.keys.create("old", (Scope.CHECK,), expires_at=past)
    _, revoked = served.service.keys.create("gone", (Scope.CHECK,))
    headers = served.headers(key=revoked.written)
    assert served.client.post("/v1/checks", json=CUBE, headers=headers).status_code == 200
    served.service.keys.revoke("gone")
    for token in (expired, revoked):
        answer = served.client.post("/v1/checks", json=CUBE, headers=served.headers(key=token.written))
        require_problem(answer, 401, "key_refused")


def test_the_key_may_come_as_litellm_sends_it(served: Served) -> None:
    assert served.client.post("/v1/checks", json=CUBE, headers={"X-Api-Key": served.key}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/v1/checks", 405), ("GET", "/nothing", 404), ("POST", "/v1/checks/", 404)]
)
def test_other_places_and_methods_are_problems_too(served: Served, method: str, path: str, status: int) -> None:
    answer = served.client.request(method, path, headers=served.headers())
    require_problem(answer, status, {404: "missing", 405: "method"}[status])


def test_where_nothing_can_be_decided_nothing_passes(served: Served) -> None:
    served.checks.misbehave(Fault.UNREACHABLE)
    for path, body in (
        ("/v1/checks", CUBE),
        ("/v1/moderations", {"input": CANARY}),
        ("/beta/litellm_basic_guardrail_api", {"input_type": "request", "texts": [CANARY], "request_data": {}}),
    ):
        require_problem(served.post(body, path), 503, "unavailable")


def test_an_unexpected_error_says_nothing_of_itself(served: Served) -> None:
    def broken(*_: object) -> None:
        raise ValueError(CANARY)

    served.checks.check = broken  # type: ignore[method-assign, assignment]
    require_problem(served.post(CUBE), 500, "unexpected")
    failed = next(line for line in served.lines() if line["event"] == "request.failed")
    assert failed["kind"] == "ValueError"
    assert CANARY not in served.log.getvalue()


def test_an_unreachable_database_accepts_no_key(served: Served, tmp_path: Path) -> None:
    served.post(CUBE)
    served.service.keys._fresh_until = 0.0
    for path in (tmp_path / "home").glob("safehold.db*"):
        path.unlink()
    served.service.keys._database.close()
    (tmp_path / "home" / "safehold.db").mkdir()
    require_problem(served.post(CUBE), 503, "unavailable")
    told = served.client.get("/health/ready")
    assert (told.status_code, told.json()["failures"]) == (503, ["database"])
    assert served.client.get("/health/live").status_code == 200


def test_without_an_index_it_is_not_ready_but_lives(served: Served) -> None:
    served.index.failure = HomeUnusableError("the segment", advice="nothing")
    assert served.client.get("/health/ready").json() == {"ready": False, "failures": ["index"]}
    assert served.client.get("/health/live").status_code == 200
