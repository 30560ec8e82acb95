"""How the outcome of a run over a dataset is told."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safehold.cli.answer import Answer, ExitCode, Table
from safehold.cli.wording import counted

if TYPE_CHECKING:
    from safehold.datasets.orders import Outcome


def answer_of(outcome: "Outcome", out: Path, *, has_custodians: bool) -> Answer:
    """Return the answer to a scan, a decision or a release.

    Args:
        outcome: what it came to.
        out: the output folder.
        has_custodians: whether there was anybody to seal evidence to.
    """
    files = {name: str(path) for name, path in outcome.files.items()}
    code = ExitCode.of(found=outcome.found, incomplete=outcome.incomplete)
    data = {
        "out": str(out),
        "found": outcome.found,
        "incomplete": outcome.incomplete,
        "files": files,
        **outcome.summary,
    }
    if "records" not in outcome.summary:
        done = outcome.summary["slice"]["shards"]
        return Answer(
            data,
            [f"this slice is scanned ({counted(done, 'shard')}); when all are: safehold dataset decide {out}"],
            code,
        )
    if _has_reportable(outcome.summary):
        data["report"] = _report(outcome.summary)
    if outcome.handed is not None:
        data["case"] = {"id": outcome.handed.case, "waiting": outcome.handed.waiting, "left": outcome.handed.left}
    steps = [*_sealing(outcome, out, has_custodians=has_custodians), *_next_steps(outcome, out)]
    return Answer(data, [*_pages(outcome.summary), *_paths(files), *steps], code)


def _pages(summary: Mapping[str, Any]) -> list[str | Table]:
    records, left_out = summary["records"], summary["left_out"]["files"]
    pages: list[str | Table] = [
        Table(
            ("records", ""),
            [
                ("in all", f"{records['total']:,}"),
                ("kept", f"{records['allow']:,}"),
                ("held for people", f"{records['hold']:,}"),
                ("removed", f"{records['deny']:,}"),
                *([("files that are no record, left out", f"{left_out:,}")] if left_out else []),
            ],
        )
    ]
    pages += _listed("found", summary["findings"], ("detector", "subject", "tier", "confirmed", "records"))
    pages += _listed("not examined", summary["gaps"], ("detector", "reason", "records"))
    pages += _listed("concepts", summary["concepts"], ("concept", "before", "after"))
    pages.append(f"separation over the mix: {summary['separation']['mode']}")
    if lapsed := summary["releases_lapsed"]:
        pages.append(f"released earlier and kept out again, since other grounds speak against them now: {lapsed:,}")
    pages += [f"waived: {one['entry']}, by {one['name']}: {one['reason']}" for one in summary["waivers"]]
    pages += [f"not covered: {sentence}" for sentence in summary["not_covered"]]
    return pages


def _listed(title: str, rows: Sequence[Mapping[str, Any]], columns: tuple[str, ...]) -> list[str | Table]:
    if not rows:
        return []
    return [Table(columns, [tuple(_cell(row[column]) for column in columns) for row in rows], title=title)]


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case _:
            return str(value)


def _paths(files: Mapping[str, str]) -> list[str | Table]:
    if not files:
        return ["dry run: no cleaned dataset was written"]
    return [f"{name:<12} {path}" for name, path in files.items()]


_ONE_KEY = (
    "One custodian is registered: one person's key opens this alone. Register a second (safehold vault keygen), then "
    "seal anew: safehold dataset decide"
)


def _sealing(outcome: "Outcome", out: Path, *, has_custodians: bool) -> list[str | Table]:
    """Say what became of the originals of confirmed matches."""
    disposition = outcome.summary["disposition"]
    if not _has_reportable(outcome.summary):
        return []
    if sealed := disposition["sealed"]:
        told = f"sealed to the custodians: {counted(sealed, 'piece of evidence')}; see: safehold vault list"
        return [told, _ONE_KEY] if disposition["sealed_to_one"] else [told]
    if not outcome.files:
        return ["not sealed: a dry run seals nothing"]
    if not has_custodians:
        make, seal = "safehold vault keygen NAME --out FILE", f"safehold dataset decide {out}"
        return [f"not sealed: there are no custodians' keys. Make them with: {make}; then seal with: {seal}"]
    return [f"not sealed: the policy asks for none of it (disposition: {disposition['choice']})"]


def _next_steps(outcome: "Outcome", out: Path) -> list[str | Table]:
    """Say what people have to do now; nothing does it for them."""
    summary = outcome.summary
    steps: list[str | Table] = []
    if _has_reportable(summary):
        report = _report(summary)
        steps.append(
            "Confirmed by hash: don't open, copy or delete anything. "
            f"To report to ({report['jurisdiction']}): {report['authority']}. How: {report['command']}"
        )
    if summary["records"]["hold"]:
        steps.append(
            f"Held records stay out until a person frees them. See them: safehold dataset held {out}; "
            f"free one: safehold dataset release {out} RECORD --reason R"
        )
    return [*steps, *_waiting(outcome, out)]


def _waiting(outcome: "Outcome", out: Path) -> list[str | Table]:
    """Say in which case records wait for people, and how what they decide comes back."""
    handed = outcome.handed
    if handed is None or handed.case is None:
        return []
    more = f"; {handed.left:,} more follow as these are decided" if handed.left else ""
    told = f"{counted(handed.waiting, 'record')} in case {handed.case}{more}. "
    return [f"{told}What people decide there comes back with: safehold dataset decide {out}"]


def _report(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return how to report under the jurisdiction that the policy names."""
    from safehold.screening import UnknownJurisdictionError, guidance_for, known_jurisdiction

    found = guidance_for(summary["disposition"]["jurisdiction"])
    try:
        asked = known_jurisdiction(found.jurisdiction)
    except UnknownJurisdictionError:
        asked = "other"
    return {
        "jurisdiction": found.jurisdiction,
        "authority": found.authority,
        "steps": list(found.steps),
        "command": f"safehold dataset report-guidance --jurisdiction {asked}",
    }


def _has_reportable(summary: Mapping[str, Any]) -> bool:
    return any(row["confirmed"] and row["subject"] != "test" for row in summary["findings"])
