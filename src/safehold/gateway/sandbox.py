"""Checks in memory, for tests and demonstrations: they decide by a table, and misbehave on demand.

    checks = SandboxChecks({"red cube": Action.DENY, b"...": Action.HOLD})
    checks.check(CheckRequest((Item(ItemKind.PROMPT, text="a red cube"),)), Caller("test")).action     # DENY
    checks.misbehave(Fault.UNREACHABLE)

Nothing here examines anything: never put it where people's content is decided on.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import Enum
from threading import Lock

from safehold.gateway.answer import Answer, ItemAnswer, Refusal
from safehold.gateway.caller import Caller
from safehold.gateway.errors import ChecksUnavailableError, EmptyRequestError
from safehold.gateway.item import CheckRequest, Item
from safehold.vocabulary import Action, Finding, FindingKind, Gap, GapReason

_POLICY = f"sandbox@1 sha256:{'0' * 64}"
_DETECTORS = {"sandbox-table": "1"}
_SLOW_SECONDS = 0.2


class Fault(Enum):
    """How sandbox checks can misbehave."""

    UNREACHABLE = "unreachable"
    SLOW = "slow"
    EXAMINES_NOTHING = "examines_nothing"
    FAILS_OPEN = "fails_open"
    LIMITED = "limited"
    SHADOW = "shadow"


class SandboxChecks:
    """Decide by a table.

    Args:
        table: what leads to which action: a text that occurs in an item's texts, or bytes that are all of its bytes.
        slow_seconds: how long `Fault.SLOW` takes.
    """

    def __init__(
        self, table: Mapping[str | bytes, Action] | None = None, *, slow_seconds: float = _SLOW_SECONDS
    ) -> None:
        self._table = dict(table or {})
        self._slow_seconds = slow_seconds
        self._faults: frozenset[Fault] = frozenset()
        self._lock = Lock()
        self.asked: list[tuple[CheckRequest, Caller]] = []

    def misbehave(self, *faults: Fault) -> None:
        """Show these faults from now on, and no others."""
        self._faults = frozenset(faults)

    def check(self, request: CheckRequest, caller: Caller) -> Answer:
        """Decide by the table; remember who asked what in `asked`.

        Raises:
            EmptyRequestError: the request holds nothing.
            ChecksUnavailableError: told to be unreachable.
        """
        if not request.items:
            raise EmptyRequestError("a check without items", advice="Send at least one item.")
        if Fault.SLOW in self._faults:
            time.sleep(self._slow_seconds)
        if Fault.UNREACHABLE in self._faults:
            raise ChecksUnavailableError("the sandbox was told to be unreachable", advice="Try again later.")
        with self._lock:
            self.asked.append((request, caller))
            number = len(self.asked)
        return self._answer(tuple(map(self._decide, request.items)), number)

    def _decide(self, item: Item) -> ItemAnswer:
        if self._faults & {Fault.EXAMINES_NOTHING, Fault.FAILS_OPEN}:
            action = Action.ALLOW_UNEXAMINED if Fault.FAILS_OPEN in self._faults else Action.HOLD
            gap = Gap("sandbox-table", GapReason.DETECTOR_FAILED)
            return ItemAnswer(item.id, item.kind.value, action, gaps=(gap,), rules=("gap",))
        actions = [action for key, action in self._table.items() if _holds(item, key)]
        action = max(actions, default=Action.ALLOW)
        found = (Finding(FindingKind.RULE, "sandbox-table", "listed", "sandbox@1"),) if actions else ()
        return ItemAnswer(item.id, item.kind.value, action, findings=found, rules=("listed",) if actions else ())

    def _answer(self, items: tuple[ItemAnswer, ...], number: int) -> Answer:
        action = max(item.action for item in items)
        would = None
        if Fault.SHADOW in self._faults:
            items, would = tuple(map(_let_through, items)), action
            action = max(item.action for item in items)
        refusal = _refusal(action, items)
        if Fault.LIMITED in self._faults:
            action, refusal = Action.DENY, Refusal.LIMITED
        return Answer(
            id=f"check-{number:08d}",
            action=action,
            items=items,
            policy=_POLICY,
            detectors=_DETECTORS,
            refusal=refusal,
            message_key="" if refusal is None else f"{refusal.value}.input",
            case_id=None if refusal in {None, Refusal.LIMITED} else f"case-{number:08d}",
            would=would,
        )


def _let_through(item: ItemAnswer) -> ItemAnswer:
    return replace(item, action=Action.ALLOW_UNEXAMINED if item.gaps else Action.ALLOW)


def _holds(item: Item, key: str | bytes) -> bool:
    if isinstance(key, bytes):
        return item.data == key
    return any(key in text for text in _texts(item))


def _texts(item: Item) -> Iterator[str]:
    yield item.text
    yield item.file_name
    yield from (turn.text for turn in item.turns)


def _refusal(action: Action, items: tuple[ItemAnswer, ...]) -> Refusal | None:
    if action is Action.DENY:
        return Refusal.POLICY
    if action is Action.HOLD:
        return Refusal.UNEXAMINED if all(not item.findings for item in items) else Refusal.REVIEW
    return None
