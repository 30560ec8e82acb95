"""What every implementation of the checks keeps, the sandbox as well as the real ones."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.unit.gateway.made_up import OPERATOR, SERVICE, open_desk

from safehold.gateway import CheckRequest, Checks, Item, ItemKind, Refusal
from safehold.gateway.errors import ChecksUnavailableError, EmptyRequestError
from safehold.gateway.outward import to_json
from safehold.gateway.sandbox import Fault, SandboxChecks
from safehold.vocabulary import Action

BOTH = "a red cube and a blue ball"


@pytest.fixture(params=["sandbox", "gateway"])
def checks(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Checks]:
    if request.param == "sandbox":
        yield SandboxChecks({BOTH: Action.DENY})
        return
    with open_desk(tmp_path) as desk:
        yield desk.checks


def test_items_are_answered_in_their_order_and_the_severest_counts(checks: Checks) -> None:
    answer = checks.check(
        CheckRequest((Item(ItemKind.PROMPT, id="a", text="a tree"), Item(ItemKind.CAPTION, id="b", text=BOTH))), SERVICE
    )
    assert [(item.id, item.kind, item.action) for item in answer.items] == [
        ("a", "prompt", Action.ALLOW),
        ("b", "caption", Action.DENY),
    ]
    assert (answer.action, answer.refusal) == (Action.DENY, Refusal.POLICY)
    assert answer.case_id
    assert answer.message_key


def test_what_passes_carries_no_refusal_no_message_and_no_case(checks: Checks) -> None:
    answer = checks.check(CheckRequest((Item(ItemKind.PROMPT, text="a tree"),)), SERVICE)
    assert (answer.action, answer.refusal, answer.message_key, answer.case_id) == (Action.ALLOW, None, "", None)
    assert answer.detectors
    assert " sha256:" in answer.policy


def test_every_check_has_an_id_of_its_own_and_threads_may_share(checks: Checks) -> None:
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: checks.check(CheckRequest((Item(ItemKind.PROMPT),)), SERVICE), range(24)))
    assert len({answer.id for answer in answers}) == 24


def test_a_request_without_items_is_refused(checks: Checks) -> None:
    with pytest.raises(EmptyRequestError):
        checks.check(CheckRequest(()), SERVICE)


def test_only_an_operator_is_told_what_was_found(checks: Checks) -> None:
    answer = checks.check(CheckRequest((Item(ItemKind.PROMPT, text=BOTH),)), SERVICE)
    assert "findings" not in to_json(answer, SERVICE)["items"][0]
    assert to_json(answer, OPERATOR)["items"][0]["findings"]


@pytest.mark.parametrize(
    ("fault", "action"),
    [
        (Fault.EXAMINES_NOTHING, Action.HOLD),
        (Fault.FAILS_OPEN, Action.ALLOW_UNEXAMINED),
        (Fault.LIMITED, Action.DENY),
        (Fault.SHADOW, Action.ALLOW),
        (Fault.SLOW, Action.ALLOW),
    ],
)
def test_the_sandbox_misbehaves_as_it_is_told(fault: Fault, action: Action) -> None:
    checks = SandboxChecks(slow_seconds=0.01)
    checks.misbehave(fault)
    answer = checks.check(CheckRequest((Item(ItemKind.PROMPT, text="a tree"),)), SERVICE)
    assert answer.action is action
    assert (answer.would is not None) is (fault is Fault.SHADOW)
    checks.misbehave(Fault.UNREACHABLE)
    with pytest.raises(ChecksUnavailableError):
        checks.check(CheckRequest((Item(ItemKind.PROMPT, text="a tree"),)), SERVICE)
