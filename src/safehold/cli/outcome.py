"""How the outcome of a run over a dataset is told."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safehold.cli.answer import Answer, ExitCode, Table

if TYPE_CHECKING:
    from safehold.datasets.orders import Outcome


def answer_of(outcome: "Outcome", out: Path) -> Answer:
    """Return the answer to a scan, a decision or a release."""
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
            data, [f"this slice is scanned ({done} shards); when all are: safehold dataset decide {out}"], code
        )
    return Answer(data, [*_pages(outcome.summary), *_paths(files), *_next_steps(outcome.summary)], code)


def _pages(summary: Mapping[str, Any]) -> list[str | Table]:
    records = summary["records"]
    pages: list[str | Table] = [
        Table(
            ("records", ""),
            [
                ("examined", f"{records['total']:,}"),
                ("kept", f"{records['allow']:,}"),
                ("held for people", f"{records['hold']:,}"),
                ("removed", f"{records['deny']:,}"),
            ],
        )
    ]
    pages += _listed("found", summary["findings"], ("detector", "subject", "tier", "confirmed", "records"))
    pages += _listed("not examined", summary["gaps"], ("detector", "reason", "records"))
    pages += _listed("concepts", summary["concepts"], ("concept", "before", "after"))
    pages.append(f"separation over the mix: {summary['separation']['mode']}")
    if lapsed := summary["releases_lapsed"]:
        pages.append(f"released earlier and kept out again, since other grounds speak against them now: {lapsed:,}")
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


def _next_steps(summary: Mapping[str, Any]) -> list[str | Table]:
    """Say what people have to do now; nothing does it for them."""
    steps: list[str | Table] = []
    if _has_reportable(summary):
        steps.append(
            "Confirmed by hash: don't open, copy or delete anything. How to report: safehold dataset report-guidance"
        )
    if summary["records"]["hold"]:
        steps.append("Held records stay out until a person frees them: safehold dataset release DIR RECORD --reason R")
    return steps


def _has_reportable(summary: Mapping[str, Any]) -> bool:
    return any(row["confirmed"] and row["subject"] != "test" for row in summary["findings"])
