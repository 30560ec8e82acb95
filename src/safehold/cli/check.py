"""``safehold check``: examine single files through the same path as a dataset."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from safehold.cli.answer import Answer, ExitCode, Table
from safehold.cli.command import EXISTING_FILE, Shell, command
from safehold.vocabulary import Finding, FindingKind, Gap

if TYPE_CHECKING:
    from safehold.datasets.single_files import Checked


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
