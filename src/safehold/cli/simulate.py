"""``safehold gateway simulate``: run requests of a file through the real checks, and keep nothing."""

import base64
import binascii
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from safehold.cli.answer import Answer, ExitCode, Table
from safehold.cli.command import EXISTING_FILE, Shell, command
from safehold.vocabulary import Action, UsageError

if TYPE_CHECKING:
    from safehold.gateway import Answer as Checked
    from safehold.gateway import Caller, CheckRequest, Item
    from safehold.service.checking.wire import CheckSent, ItemSent


class MalformedLineError(UsageError):
    """A line of a file of requests is none."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One line.

    Attributes:
        line: its number, from 1.
        request: what it asks.
        expect: the action that it expects; None for none.
    """

    line: int
    request: "CheckRequest"
    expect: Action | None


@dataclass(frozen=True, slots=True)
class Simulated:
    """What came of one line.

    Attributes:
        asked: the line.
        answer: what the checks said.
    """

    asked: Asked
    answer: "Checked"

    @property
    def differs(self) -> bool:
        """Return whether something else was expected."""
        return self.asked.expect is not None and self.answer.action is not self.asked.expect

    @property
    def is_found(self) -> bool:
        """Return whether it speaks for exit code 1: not as expected; or, where nothing was, acted on for a finding."""
        has_findings = any(item.findings and item.action >= Action.HOLD for item in self.answer.items)
        return self.differs or (self.asked.expect is None and has_findings)

    @property
    def is_incomplete(self) -> bool:
        """Return whether something was not examined, and nobody expected what came of it."""
        return self.asked.expect is None and any(item.gaps for item in self.answer.items)


@command(None, "simulate")
@click.argument("file", type=EXISTING_FILE)
@click.option("--policy", "policy_file", type=EXISTING_FILE, help="Try this policy; by default the one in force.")
def simulate(shell: Shell, file: Path, policy_file: Path | None) -> Answer:
    """Run each line of FILE, a request as of POST /v1/checks, through the real checks, and keep nothing.

    A line may also hold "expect", an action. Lines of one session are joined as in a conversation. Exits 1 if an action
    is not the expected one (or, where none is expected, if something found is held or denied), 4 if something was not
    examined.
    """
    from safehold.gateway import Caller, Scope
    from safehold.gateway.policy_file import load_gateway_policy
    from safehold.wiring.trial import open_trial

    policy = None if policy_file is None else load_gateway_policy(policy_file)
    operator = Caller("simulation", frozenset({Scope.CHECK, Scope.OPERATOR}))
    with open_trial(shell.home, policy=policy) as trial:
        done = [Simulated(asked, trial.checks.check(asked.request, operator)) for asked in read_lines(file)]
        label = trial.policy.label
    return _answer(done, label, operator)


def read_lines(file: Path) -> Iterator[Asked]:
    """Yield the requests of a file, one a line; empty lines are passed over.

    Raises:
        MalformedLineError: a line is no request; its number is named, and never what it holds.
    """
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield _asked(number, line)


def _asked(number: int, line: bytes) -> Asked:
    from pydantic import ValidationError

    from safehold.service.checking.wire import CheckSent

    class LineSent(CheckSent):
        """A request, and what is expected of it."""

        expect: Action | None = None

    try:
        sent = LineSent.model_validate_json(line)
        return Asked(number, _request(number, sent), sent.expect)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the line"
        raise _malformed(number, f"{where}: {first['msg']}") from None
    except (binascii.Error, ValueError):
        raise _malformed(number, "an item's data is no base64") from None


def _request(number: int, sent: "CheckSent") -> "CheckRequest":
    from safehold.gateway import CheckRequest
    from safehold.service.checking.translation import context_of

    if any(item.url is not None for item in sent.items):
        raise _malformed(number, "an item is an address, which is not fetched here")
    items = tuple(_item(item, place) for place, item in enumerate(sent.items))
    return CheckRequest(items, context_of(sent))


def _item(sent: "ItemSent", place: int) -> "Item":
    from safehold.gateway import Item, Turn

    return Item(
        sent.kind,
        sent.id or str(place),
        text=sent.text or "",
        turns=tuple(Turn(turn.role, turn.text) for turn in sent.turns or ()),
        data=base64.b64decode(sent.data or "", validate=True),
        file_name=sent.file_name,
    )


def _malformed(number: int, why: str) -> MalformedLineError:
    return MalformedLineError(
        f"line {number}: {why}", advice="Each line is one JSON object as of POST /v1/checks, without addresses."
    )


def _answer(done: list[Simulated], label: str, operator: "Caller") -> Answer:
    from safehold.gateway.outward import to_json

    counts = Counter(one.answer.action.value for one in done)
    differing = [one for one in done if one.differs]
    data = {
        "policy": label,
        "requests": len(done),
        "actions": dict(counts),
        "expected": sum(one.asked.expect is not None for one in done),
        "different": [one.asked.line for one in differing],
        "answers": [
            {"line": one.asked.line, "expect": one.asked.expect and one.asked.expect.value}
            | to_json(one.answer, operator)
            for one in done
        ],
    }
    table = Table(("line", "items", "action", "expected", "why"), [_row(one) for one in done], empty="No requests.")
    told = ", ".join(f"{count:,} {action}" for action, count in sorted(counts.items())) or "nothing"
    verdict = f"{len(differing):,} not as expected" if differing else "all as far as anything was expected"
    code = ExitCode.of(found=any(one.is_found for one in done), incomplete=any(one.is_incomplete for one in done))
    return Answer(data, [f"under {label}, keeping nothing", table, f"{told}; {verdict}"], code)


def _row(one: Simulated) -> tuple[str, str, str, str, str]:
    answer, expect = one.answer, one.asked.expect
    expected = "" if expect is None else f"{expect.value}{' ≠' if one.differs else ''}"
    rules = dict.fromkeys(rule for item in answer.items if item.action >= Action.HOLD for rule in item.rules)
    kinds = ", ".join(dict.fromkeys(item.kind for item in answer.items))
    return str(one.asked.line), kinds, answer.action.value, expected, ", ".join(rules)
