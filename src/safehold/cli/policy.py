"""``safehold policy``: read, check and compare policies. Needs no home."""

from collections import Counter
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import click

from safehold.cli.answer import Answer, ExitCode, Table
from safehold.cli.command import EXISTING_FILE, Shell, command

if TYPE_CHECKING:
    from safehold.screening import Policy


@click.group("policy")
def policy() -> None:
    """Show, check and compare policies: what is required, what counts, what follows."""


@command(policy, "show")
@click.argument("file", type=EXISTING_FILE, required=False)
@click.option("--source", is_flag=True, help="Print the shipped policy's text, to start an own one from.")
def show_policy(_shell: Shell, file: Path | None, source: bool) -> Answer:
    """Show a policy; without FILE the shipped one."""
    from safehold.screening import default_policy, load

    if source:
        text = file.read_text(encoding="utf-8") if file else _shipped_text()
        return Answer({"text": text}, [text.rstrip("\n")])
    read = load(file) if file else default_policy()
    return Answer(_facts(read), _pages(read))


@command(policy, "check")
@click.argument("file", type=EXISTING_FILE)
def check_policy(_shell: Shell, file: Path) -> Answer:
    """Check that a policy file can be used; an unknown key or impossible value is named with its line."""
    from safehold.classification.text import builtin_lexicons
    from safehold.screening import load, unclaimed_concepts

    read = load(file)
    draft = "; a draft: nobody is named as its reviewer" if read.is_draft else ""
    own = unclaimed_concepts(read, {lexicon.concept for lexicon in builtin_lexicons()})
    needed = [
        f"the settings must name a lexicon or classifier for {concept}: nothing shipped claims it" for concept in own
    ]
    unknown = _unknown_detectors(read)
    needed += [f"{name}: no detector of this name is installed, so what requires it is held" for name in unknown]
    data = {**_facts(read), "valid": True, "unclaimed_concepts": list(own), "unknown_detectors": unknown}
    return Answer(data, [f"{read.label} is a valid policy{draft}", *needed])


@command(policy, "diff")
@click.argument("old", type=EXISTING_FILE)
@click.argument("new", type=EXISTING_FILE, required=False)
def diff_policies(_shell: Shell, old: Path, new: Path | None) -> Answer:
    """Say what changed from OLD to NEW, and whether it is stricter or milder.

    With one file: from the shipped policy to that one.
    """
    from safehold.screening import default_policy, diff, load

    before, after = (load(old), load(new)) if new else (default_policy(), load(old))
    changes = diff(before, after)
    rows = [
        (change.direction.value, change.part, change.before or "(absent)", change.after or "(absent)")
        for change in changes
    ]
    counts = Counter(change.direction.value for change in changes)
    data = {
        "before": before.label,
        "after": after.label,
        "changes": [
            {"direction": change.direction.value, "part": change.part, "before": change.before, "after": change.after}
            for change in changes
        ],
        "counts": dict(counts),
    }
    table = Table(("effect", "part", "before", "after"), rows, empty="The policies say the same.")
    return Answer(data, [f"{before.label} → {after.label}", table], ExitCode.CLEAR)


def _unknown_detectors(read: "Policy") -> list[str]:
    """Return the required detectors that are neither ours nor a classifier that is installed here."""
    from importlib.metadata import entry_points

    from safehold.classification.plugins import GROUP
    from safehold.screening import COLUMN_DETECTOR
    from safehold.vocabulary import Algorithm

    ours = {*(algorithm.value for algorithm in Algorithm), "caption-rules", COLUMN_DETECTOR}
    known = ours.union(entry.name for entry in entry_points(group=GROUP))
    return sorted(read.required_of_pointers.union(*read.required.values()) - known)


def _shipped_text() -> str:
    file = resources.files("safehold.screening").joinpath("policies", "default-dataset.yaml")
    return file.read_text(encoding="utf-8")


def _facts(read: "Policy") -> dict[str, object]:
    return {
        "name": read.name,
        "version": read.version,
        "digest": read.digest,
        "draft": read.is_draft,
        "reviewed_by": list(read.reviewed_by),
        "pdq_threshold": int(read.thresholds.pdq),
        "pdq_variants": _variants(read),
        "required": {kind.value: sorted(names) for kind, names in read.required.items()},
        "rules": [{"id": rule.id, "kind": rule.kind.value, "action": rule.action.value} for rule in read.rules],
        "jurisdiction": read.jurisdiction,
        "disposition": read.disposition.value,
        "sealed": sorted(read.sealed_subjects),
    }


def _variants(read: "Policy") -> list[str]:
    return sorted(variant.value for variant in read.variants)


def _pages(read: "Policy") -> list[str | Table]:
    rules = Table(
        ("rule", "of", "about", "action", "why"),
        [
            (rule.id, rule.kind.value, ", ".join(sorted(rule.subjects)) or "any", rule.action.value, rule.reason)
            for rule in read.rules
        ],
        title="Rules (the most severe one that applies decides; what no rule names is held)",
    )
    required = Table(
        ("kind", "detectors"),
        [(kind.value, ", ".join(sorted(names))) for kind, names in read.required.items()],
        title="Required: what has not been examined by these is a gap, never clean",
    )
    apart = Table(
        ("concepts", "within one record", "across the mix"),
        [
            (" + ".join(pair.between), pair.action.value, _across(read, pair.between))
            for pair in read.separation.within_record
        ],
        title="Kept apart",
    )
    reviewed = ", ".join(read.reviewed_by) or "nobody yet: a draft"
    return [
        read.label,
        f"reviewed by: {reviewed}",
        f"PDQ matches up to {int(read.thresholds.pdq)} of 256 bits",
        f"forms of a picture asked beside its own: {', '.join(_variants(read)) or 'none'}",
        f"disposition: {read.disposition.value} (jurisdiction: {read.jurisdiction})",
        rules,
        required,
        apart,
    ]


def _across(read: "Policy", between: tuple[str, str]) -> str:
    for pair in read.separation.across_mix:
        if set(pair.between) == set(between):
            return f"{pair.removed} removed" if pair.removed else pair.remove.value
    return "nothing"
