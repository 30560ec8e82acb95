"""``safehold check``: single files as a dataset's, and texts and pictures as a generative service's."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from safehold.cli.answer import Answer, ExitCode, Table
from safehold.cli.command import EXISTING_FILE, Shell, command
from safehold.vocabulary import Finding, FindingKind, Gap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from safehold.datasets.single_files import Checked
    from safehold.gateway import Answer as Decision
    from safehold.gateway import Context, Item, ItemKind

_TEXTS = ("prompt", "negative_prompt", "caption", "file_name", "link", "account_text", "output_text")
_PICTURES = ("image", "output_image")


@click.group("check")
def check() -> None:
    """Check single things."""


@command(check, "file")
@click.argument("files", nargs=-1, required=True, type=EXISTING_FILE, metavar="FILE...")
@click.option("--policy", "policy_file", type=EXISTING_FILE, help="The policy to decide under.")
def check_file(shell: Shell, files: tuple[Path, ...], policy_file: Path | None) -> Answer:
    """Examine FILEs in a sandboxed child, look them up in every bank, and say what the policy makes of each."""
    from safehold.datasets.single_files import check_files

    with shell.workshop() as workshop:
        equipment = workshop.equipment(policy_file)
        checked = check_files(files, equipment)
        policy = equipment.policy.label
    table = Table(
        ("file", "verdict", "findings", "not examined"),
        [
            (
                str(one.path),
                one.decision.action.value,
                "; ".join([*map(describe_finding, one.decision.findings), *_more(one)]),
                "; ".join(map(describe_gap, one.decision.gaps)),
            )
            for one in checked
        ],
    )
    code = ExitCode.of(
        found=any(one.decision.found for one in checked), incomplete=any(one.decision.gaps for one in checked)
    )
    return Answer({"policy": policy, "files": [_facts(one) for one in checked]}, [table], code)


@command(check, "text")
@click.argument("texts", nargs=-1, required=True, metavar="TEXT...")
@click.option("--as", "kind", type=click.Choice(_TEXTS), default="prompt", show_default=True, help="What the text is.")
@click.option("--account", default="", help="Whose it is: refusals of one account add up.")
@click.option("--session", default="", help="Which conversation it belongs to: its turns are joined.")
def check_text(shell: Shell, texts: tuple[str, ...], *, kind: str, account: str, session: str) -> Answer:
    """Decide on TEXTs as the gateway does, and record the decision; "-" reads one from standard input."""
    from safehold.gateway import Context, Item, ItemKind

    said = [sys.stdin.read() if text == "-" else text for text in texts]
    items = tuple(Item(ItemKind(kind), id=f"text {number}", text=text) for number, text in enumerate(said, start=1))
    return _decide(shell, items, Context(account=account, session=session))


@command(check, "image")
@click.argument("files", nargs=-1, required=True, type=EXISTING_FILE, metavar="FILE...")
@click.option("--as", "kind", type=click.Choice(_PICTURES), default="image", show_default=True, help="What they are.")
@click.option("--prompt", default="", help="The prompt that belongs to them; decided on together.")
def check_image(shell: Shell, files: tuple[Path, ...], *, kind: str, prompt: str) -> Answer:
    """Decide on pictures as the gateway does, and record the decision."""
    from safehold.gateway import Context, Item, ItemKind

    spoken = (Item(ItemKind.PROMPT, id="prompt", text=prompt),) if prompt else ()
    return _decide(shell, (*spoken, *(_picture(path, ItemKind(kind)) for path in files)), Context())


@command(check, "edit")
@click.argument("file", type=EXISTING_FILE)
@click.argument("instruction")
def check_edit(shell: Shell, file: Path, instruction: str) -> Answer:
    """Decide as the gateway does whether the picture FILE may be changed by this INSTRUCTION, and record it."""
    from safehold.gateway import Context, Item, ItemKind

    spoken = Item(ItemKind.PROMPT, id="instruction", text=instruction)
    return _decide(shell, (_picture(file, ItemKind.SOURCE_IMAGE), spoken), Context())


def _picture(path: Path, kind: "ItemKind") -> "Item":
    from safehold.gateway import Item

    return Item(kind, id=str(path), data=path.read_bytes(), file_name=path.name)


def _decide(shell: Shell, items: "Sequence[Item]", context: "Context") -> Answer:
    """Ask the gateway as an operator, who is told everything."""
    from safehold.gateway import Caller, CheckRequest, Scope
    from safehold.gateway.outward import to_json
    from safehold.wiring.gateway import open_gateway

    with open_gateway(shell.home) as gateway:
        caller = Caller(gateway.workshop.actor, frozenset(Scope))
        decision = gateway.checks.check(CheckRequest(tuple(items), context), caller)
    table = Table(
        ("item", "verdict", "findings", "not examined"),
        [
            (
                item.id,
                item.action.value,
                "; ".join(map(describe_finding, item.findings)),
                "; ".join(map(describe_gap, item.gaps)),
            )
            for item in decision.items
        ],
    )
    would = [] if decision.would is None else [f"in shadow mode; would have been: {decision.would.value}"]
    return Answer(to_json(decision, caller), [table, *would], _code_of(decision))


def _code_of(decision: "Decision") -> ExitCode:
    from safehold.gateway import Refusal

    return ExitCode.of(
        found=decision.refusal not in {None, Refusal.UNEXAMINED},
        incomplete=any(item.gaps for item in decision.items),
    )


def describe_finding(finding: Finding) -> str:
    """Return a finding in a few words."""
    what = f"{finding.detector} {finding.subject} ({finding.reference})"
    if finding.distance:
        what += f" at {finding.distance} bits"
    if finding.kind is FindingKind.MATCH and (finding.value is not None or " frame " in finding.place):
        what += f" in {finding.place}"
    return f"{what}, confirmed" if finding.is_confirmed else what


def describe_gap(gap: Gap) -> str:
    """Return a gap in a few words."""
    return f"{gap.detector}: {gap.reason.value}" + (f" ({gap.place})" if gap.place else "")


def _more(one: "Checked") -> list[str]:
    return ["more hits than are stated: the nearest are"] if one.decision.capped else []


def _facts(one: "Checked") -> dict[str, object]:
    decision = one.decision
    return {
        "file": str(one.path),
        "action": decision.action.value,
        "confirmed": decision.confirmed,
        "capped": decision.capped,
        "rules": list(decision.rules),
        "findings": list(map(finding_facts, decision.findings)),
        "gaps": list(map(gap_facts, decision.gaps)),
    }


def finding_facts(finding: Finding) -> dict[str, object]:
    """Return a finding as JSON."""
    return {
        "kind": finding.kind.value,
        "detector": finding.detector,
        "subject": finding.subject,
        "reference": finding.reference,
        "tier": finding.tier.value if finding.tier else None,
        "distance": finding.distance,
        "value": finding.value,
        "place": finding.place,
        "confirmed": finding.is_confirmed,
    }


def gap_facts(gap: Gap) -> dict[str, object]:
    """Return a gap as JSON."""
    return {"detector": gap.detector, "reason": gap.reason.value, "place": gap.place}
