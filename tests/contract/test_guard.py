"""A guard answers the same in process and over HTTP, awaited or not: every case runs on all four."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from tests.functional.guard.serving import Running, service_over

from safehold.gateway.answer import Answer
from safehold.gateway.caller import Caller
from safehold.gateway.item import CheckRequest
from safehold.gateway.sandbox import Fault, SandboxChecks
from safehold.guard import (
    Action,
    AsyncGuard,
    Context,
    Guard,
    GuardOptions,
    GuardUnavailableError,
    Item,
    ItemKind,
    OnFailure,
    Refusal,
    RefusedError,
    RejectedRequestError,
    Surface,
    Turn,
)

TABLE: dict[str | bytes, Action] = {"red cube": Action.DENY, "blue ball": Action.HOLD, b"listed": Action.DENY}
WAYS = ["in process", "over HTTP"]


@dataclass
class Current:
    """Checks that a test can exchange while a server goes on."""

    checks: SandboxChecks

    def check(self, request: CheckRequest, caller: Caller) -> Answer:
        return self.checks.check(request, caller)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with service_over(Current(SandboxChecks()), tmp_path_factory.mktemp("home") / "home") as service:
        yield service


@pytest.fixture(scope="module")
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as portal:
        yield portal


class Waiting:
    """An `AsyncGuard` whose methods can be called without awaiting."""

    def __init__(self, guard: AsyncGuard, portal: BlockingPortal) -> None:
        self._guard = guard
        self._portal = portal

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._guard, name)
        if not callable(value):
            return value
        return lambda *args, **kwargs: self._portal.call(lambda: value(*args, **kwargs))


@dataclass
class Bench:
    """One way to ask, and what was asked.

    Attributes:
        guard: makes a guard with options.
        checks: what decides.
    """

    guard: Callable[..., Any]
    checks: SandboxChecks


@pytest.fixture(params=[f"{way}{how}" for way in WAYS for how in ("", ", awaited")])
def bench(request: pytest.FixtureRequest, running: Running, portal: BlockingPortal) -> Iterator[Bench]:
    checks = SandboxChecks(TABLE)
    current = running.checks
    assert isinstance(current, Current)
    current.checks = checks
    with ExitStack() as stack:

        def made(options: GuardOptions | None = None) -> Any:
            if "awaited" not in request.param:
                near = Guard.around(checks, options=options)
                guard = (
                    near if "process" in request.param else Guard.over_http(running.url, running.key, options=options)
                )
                return stack.enter_context(guard)
            close = AsyncGuard.around(checks, options=options)
            far = (
                close if "process" in request.param else AsyncGuard.over_http(running.url, running.key, options=options)
            )
            stack.callback(lambda: portal.call(far.close))
            return Waiting(far, portal)

        yield Bench(made, checks)


CALLS: dict[str, tuple[Callable[[Any], Any], list[ItemKind]]] = {
    "prompt": (lambda guard: guard.check_prompt("a green cone"), [ItemKind.PROMPT]),
    "negative prompt": (
        lambda guard: guard.check_prompt("a cone", negative_prompt="blur"),
        [ItemKind.PROMPT, ItemKind.NEGATIVE_PROMPT],
    ),
    "messages": (lambda guard: guard.check_messages([Turn("user", "a cone")]), [ItemKind.MESSAGES]),
    "image": (lambda guard: guard.check_image(b"picture"), [ItemKind.IMAGE]),
    "edit": (lambda guard: guard.check_edit(b"picture", "bluer"), [ItemKind.SOURCE_IMAGE, ItemKind.PROMPT]),
    "output text": (lambda guard: guard.check_output_text("a cone"), [ItemKind.OUTPUT_TEXT]),
    "output image": (lambda guard: guard.check_output_image(b"picture"), [ItemKind.OUTPUT_IMAGE]),
    "output video": (lambda guard: guard.check_output_video(b"clip"), [ItemKind.OUTPUT_VIDEO]),
    "items": (lambda guard: guard.check([Item(ItemKind.LINK, text="https://a.example")]), [ItemKind.LINK]),
}


@pytest.mark.parametrize("name", CALLS)
def test_every_call_sends_the_kinds_that_it_names_and_gives_back_what_was_decided(bench: Bench, name: str) -> None:
    call, kinds = CALLS[name]
    result = call(bench.guard())
    ((request, _),) = bench.checks.asked
    assert [item.kind for item in request.items] == kinds
    assert (result.allowed, result.action, result.refusal, result.message_key) == (True, Action.ALLOW, None, "")
    assert [(item.id, item.kind) for item in result.items] == [(str(n), kind.value) for n, kind in enumerate(kinds)]
    assert result.id
    result.raise_for_refusal()


@pytest.mark.parametrize(
    ("text", "action", "refusal"),
    [("a red cube", Action.DENY, Refusal.POLICY), ("a blue ball", Action.HOLD, Refusal.REVIEW)],
)
def test_what_is_refused_says_how_and_raises_if_asked(
    bench: Bench, text: str, action: Action, refusal: Refusal
) -> None:
    result = bench.guard().check_prompt(text)
    assert (result.allowed, result.action, result.refusal) == (False, action, refusal)
    assert result.message_key == f"{refusal.value}.input"
    assert result.case_id
    with pytest.raises(RefusedError) as raised:
        result.raise_for_refusal()
    assert raised.value.result is result
    assert text not in f"{raised.value} {raised.value.advice}"


def test_a_chat_is_sent_with_its_pictures_and_what_tools_are_asked(bench: Bench) -> None:
    chat = [
        {"role": "developer", "content": "be brief"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "what is this?"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,bGlzdGVk"}},
            ],
        },
        {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "draw", "arguments": "{}"}}]},
    ]
    assert bench.guard().check_messages(chat).action is Action.DENY
    ((request, _),) = bench.checks.asked
    turns, picture = request.items
    assert [(turn.role, turn.text) for turn in turns.turns] == [
        ("system", "be brief"),
        ("user", "what is this?"),
        ("assistant", "{}"),
    ]
    assert (picture.kind, picture.data) == (ItemKind.IMAGE, b"listed")


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": "https://pictures.example/1.png"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,***"}},
        {"type": "input_audio", "input_audio": {"data": "AAAA"}},
        {"type": "text"},
        17,
    ],
)
def test_a_chat_with_a_part_that_nobody_can_examine_is_not_allowed(bench: Bench, part: object) -> None:
    result = bench.guard().check_messages([{"role": "user", "content": [{"type": "text", "text": "a cone"}, part]}])
    assert (result.allowed, result.refusal) == (False, Refusal.UNEXAMINED)
    assert len(bench.checks.asked) == 1, "what can be examined is"


def test_context_and_idempotency_reach_whatever_decides(bench: Bench) -> None:
    context = Context(account="a-17", session="s-1", model="m", locale="de-AT", country="AT")
    bench.guard().check_prompt("a cone", context=context)
    ((request, caller),) = bench.checks.asked
    assert request.context == context
    assert not caller.is_operator


@pytest.mark.parametrize(
    ("fault", "action", "refusal"),
    [
        (Fault.UNREACHABLE, Action.DENY, Refusal.UNEXAMINED),
        (Fault.EXAMINES_NOTHING, Action.HOLD, Refusal.UNEXAMINED),
        (Fault.FAILS_OPEN, Action.ALLOW_UNEXAMINED, None),
        (Fault.LIMITED, Action.DENY, Refusal.LIMITED),
    ],
)
def test_a_gateway_that_misbehaves_is_answered_alike(
    bench: Bench, fault: Fault, action: Action, refusal: Refusal | None
) -> None:
    bench.checks.misbehave(fault)
    guard = bench.guard()
    result = guard.check_prompt("a green cone")
    assert (result.action, result.refusal, result.allowed) == (action, refusal, refusal is None)
    assert guard.counts.checked == 1
    assert guard.counts.refused == (refusal is not None)
    assert guard.counts.failed == (fault is Fault.UNREACHABLE)
    assert guard.counts.let_through_unexamined == (fault is Fault.FAILS_OPEN)


def test_shadow_mode_lets_pass_and_says_what_would_have_been(bench: Bench) -> None:
    bench.checks.misbehave(Fault.SHADOW)
    result = bench.guard().check_prompt("a red cube")
    assert (result.allowed, result.would) == (True, Action.DENY)


def test_a_failure_raises_by_choice(bench: Bench) -> None:
    bench.checks.misbehave(Fault.UNREACHABLE)
    with pytest.raises(GuardUnavailableError) as raised:
        bench.guard(GuardOptions(on_failure=OnFailure.RAISE)).check_prompt("a green cone")
    assert raised.value.advice
    assert "cone" not in str(raised.value)


def test_what_can_not_be_used_is_never_let_through_however_open_a_surface_is(bench: Bench) -> None:
    everywhere = frozenset(Surface)
    result = bench.guard(GuardOptions(fail_open=everywhere)).check([])
    assert (result.allowed, result.refusal) == (False, Refusal.UNEXAMINED)
    nothing_in_it = bench.guard(GuardOptions(fail_open=everywhere)).check_messages([])
    assert not nothing_in_it.allowed
    with pytest.raises(RejectedRequestError):
        bench.guard(GuardOptions(on_failure=OnFailure.RAISE)).check([])


def test_an_open_surface_lets_pass_unexamined_and_says_so(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.checks.misbehave(Fault.UNREACHABLE)
    guard = bench.guard(GuardOptions(fail_open=frozenset({Surface.INPUT}), attempts=1))
    with caplog.at_level(logging.WARNING, "safehold.guard"):
        result = guard.check_prompt("a green cone")
        assert (result.allowed, result.action) == (True, Action.ALLOW_UNEXAMINED)
        assert not guard.check_output_text("a green cone").allowed
        assert not guard.check_edit(b"picture", "a green cone").allowed, "one surface of two is not enough"
    assert guard.counts.let_through_unexamined == 1
    assert [record.message for record in caplog.records] == ["allowed_unexamined", "check_failed", "check_failed"]
    assert "cone" not in caplog.text
