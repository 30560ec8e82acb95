"""Over HTTP: whatever a service does wrong, nothing passes; repeats say that they are; the key is kept."""

import asyncio
import json
import logging
import re
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest

from safehold.guard import (
    Action,
    AsyncGuard,
    Guard,
    GuardOptions,
    GuardSetupError,
    GuardTimedOutError,
    GuardUnavailableError,
    OnFailure,
    Refusal,
    RejectedRequestError,
    Surface,
)

KEY = "safehold_0123456789ab_" + 43 * "k"
URL = "http://127.0.0.1:1"
ALLOWED: dict[str, Any] = {
    "id": "c-1",
    "action": "allow",
    "refusal": None,
    "message_key": "",
    "case_id": None,
    "policy": "p@1 sha256:0",
    "detectors": {"text-rules": "1"},
    "items": [{"id": "0", "kind": "prompt", "action": "allow", "gaps": []}],
    "gaps": [],
}
Answering = Callable[[httpx.Request], httpx.Response]


def changed(**values: object) -> dict[str, Any]:
    return {**ALLOWED, **values}


def item(**values: object) -> list[dict[str, Any]]:
    return [{**ALLOWED["items"][0], **values}]


class Answers:
    """A service that answers in turn, and remembers what it was sent."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self._answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def guard(self, **options: Any) -> Guard:
        client = httpx.Client(transport=httpx.MockTransport(self))
        return Guard.over_http(URL, KEY, options=GuardOptions(**options), client=client)


def ok(told: object = ALLOWED) -> httpx.Response:
    return httpx.Response(200, json=told)


FAILURES: dict[str, httpx.Response | Exception] = {
    "nobody there": httpx.ConnectError("refused"),
    "cut off": httpx.RemoteProtocolError("closed"),
    "500": httpx.Response(500),
    "503": httpx.Response(503, json={"title": "not now"}),
    "redirect": httpx.Response(307, headers={"location": "https://elsewhere.example/"}),
    "later": httpx.Response(202, json={"id": "c-1", "state": "pending"}),
    "not JSON": httpx.Response(200, text="<html>"),
    "a list": ok([]),
    "no action": ok({name: value for name, value in ALLOWED.items() if name != "action"}),
    "an unknown action": ok(changed(action="perhaps")),
    "an unknown refusal": ok(changed(action="deny", refusal="because")),
    "allowed and refused at once": ok(changed(refusal="refused_by_policy")),
    "denied without refusal": ok(changed(action="deny")),
    "milder than its item": ok(changed(items=item(action="deny"))),
    "allowed with a gap": ok(changed(items=item(gaps=[{"reason": "timed_out"}]))),
    "fewer items than asked": ok(changed(items=[])),
    "more items than asked": ok(changed(items=2 * item())),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_service_that_does_not_answer_properly_lets_nothing_pass(name: str) -> None:
    result = Answers(FAILURES[name]).guard(attempts=1).check_prompt("a cone")
    assert (result.allowed, result.action, result.refusal) == (False, Action.DENY, Refusal.UNEXAMINED)
    assert result.message_key == "not_examined"
    with pytest.raises(GuardUnavailableError):
        Answers(FAILURES[name]).guard(attempts=1, on_failure=OnFailure.RAISE).check_prompt("a cone")
    openly = Answers(FAILURES[name]).guard(attempts=1, fail_open=frozenset({Surface.INPUT})).check_prompt("a cone")
    assert openly.action is Action.ALLOW_UNEXAMINED


TIMED_OUT: dict[str, httpx.Response | Exception] = {
    "no answer in time": httpx.ReadTimeout("slow"),
    "not taken in time": httpx.WriteTimeout("slow"),
    "its own word": httpx.Response(
        503, json={"code": "timed_out"}, headers={"content-type": "application/problem+json"}
    ),
}


@pytest.mark.parametrize("name", TIMED_OUT)
def test_content_that_takes_the_service_too_long_opens_nothing(name: str) -> None:
    result = Answers(TIMED_OUT[name]).guard(attempts=1, fail_open=frozenset(Surface)).check_prompt("a cone")
    assert (result.allowed, result.refusal) == (False, Refusal.UNEXAMINED)
    with pytest.raises(GuardTimedOutError):
        Answers(TIMED_OUT[name]).guard(attempts=1, on_failure=OnFailure.RAISE).check_prompt("a cone")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 415, 422])
def test_a_request_that_the_service_refuses_never_passes_and_is_not_sent_again(status: int) -> None:
    answers = Answers(httpx.Response(status, json={"title": "no"}))
    everywhere = frozenset(Surface)
    assert not answers.guard(fail_open=everywhere).check_prompt("a cone").allowed
    assert len(answers.requests) == 1
    with pytest.raises(RejectedRequestError):
        answers.guard(on_failure=OnFailure.RAISE, fail_open=everywhere).check_prompt("a cone")


def test_a_limit_is_a_refusal_of_its_own_and_opens_nothing() -> None:
    result = Answers(httpx.Response(429)).guard(fail_open=frozenset(Surface)).check_prompt("a cone")
    assert (result.allowed, result.refusal) == (False, Refusal.LIMITED)


def test_what_is_sent_again_carries_the_same_idempotency_key_and_other_requests_another() -> None:
    answers = Answers(httpx.ConnectError("refused"), httpx.Response(503), ok())
    guard = answers.guard()
    assert guard.check_prompt("a cone").allowed
    assert guard.check_prompt("a cone").allowed
    keys = [request.headers["idempotency-key"] for request in answers.requests]
    assert len(keys) == 4
    assert keys[0] == keys[1] == keys[2] != keys[3]
    bodies = {request.content for request in answers.requests}
    assert len(bodies) == 1


def test_attempts_end_in_number_and_in_time() -> None:
    answers = Answers(httpx.ConnectError("refused"))
    assert not answers.guard(attempts=3).check_prompt("a cone").allowed
    assert len(answers.requests) == 3
    short = Answers(httpx.ConnectError("refused"))
    assert not short.guard(attempts=10, timeout_seconds=0.06).check_prompt("a cone").allowed
    assert len(short.requests) < 4


def test_what_is_sent_once_needs_no_idempotency_key() -> None:
    answers = Answers(ok())
    answers.guard(attempts=1).check_prompt("a cone")
    assert "idempotency-key" not in answers.requests[0].headers
    assert json.loads(answers.requests[0].content) == {"items": [{"kind": "prompt", "id": "0", "text": "a cone"}]}


def test_the_event_loops_guard_fails_alike() -> None:
    async def asked(answers: Sequence[httpx.Response | Exception]) -> tuple[bool, int]:
        service = Answers(*answers)
        client = httpx.AsyncClient(transport=httpx.MockTransport(service))
        async with AsyncGuard.over_http(URL, KEY, client=client) as guard:
            result = await guard.check_prompt("a cone")
        return result.allowed, len(service.requests)

    assert asyncio.run(asked([httpx.ConnectError("refused"), httpx.Response(502), ok()])) == (True, 3)
    assert asyncio.run(asked([httpx.ReadTimeout("slow")])) == (False, 3)
    assert asyncio.run(asked([httpx.Response(403)])) == (False, 1)


@pytest.mark.parametrize(
    "url", ["", "safehold.internal", "ftp://a.example", "http://", "https://u:p@a.example", "https://a.example/?k=1"]
)
def test_an_address_that_is_none_or_holds_a_secret_is_refused(url: str) -> None:
    with pytest.raises(GuardSetupError) as raised:
        Guard.over_http(url, KEY)
    assert raised.value.advice
    assert "u:p" not in str(raised.value)


@pytest.mark.parametrize("key", ["", "two words", "line\nbreak", "\u00e9" * 20])
def test_a_key_that_could_not_be_sent_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(GuardSetupError) as raised:
        Guard.over_http(URL, key)
    assert not key or key not in f"{raised.value}{raised.value.advice}{raised.value!r}"


def test_the_key_is_in_no_error_log_line_or_repr(caplog: pytest.LogCaptureFixture) -> None:
    answers = Answers(httpx.ConnectError("refused"))
    guard = answers.guard(attempts=1, on_failure=OnFailure.RAISE)
    with caplog.at_level(logging.DEBUG), pytest.raises(GuardUnavailableError) as raised:
        guard.check_prompt("a cone")
    assert answers.requests[0].headers["authorization"] == f"Bearer {KEY}"
    shown = f"{guard!r} {vars(guard)!r} {raised.value!r} {raised.value.__cause__!r} {caplog.text}"
    transport = vars(guard)["_transport"]
    assert KEY not in shown + repr(transport) + repr(vars(transport))
    assert "cone" not in shown


@pytest.mark.parametrize("options", [{"timeout_seconds": 0}, {"attempts": 0}, {"attempts": 99}, {"max_connections": 0}])
def test_options_that_mean_nothing_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(GuardSetupError):
        GuardOptions(**options)


def test_environment_variables_send_content_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example:3128")
    with Guard.over_http("http://127.0.0.1:9", KEY, options=GuardOptions(attempts=1)) as guard:
        client = vars(vars(guard)["_transport"])["_client"]
        assert not client.trust_env
        assert not guard.check_prompt("a cone").allowed
    assert re.search("proxy", repr(vars(client).get("_mounts", {}))) is None
