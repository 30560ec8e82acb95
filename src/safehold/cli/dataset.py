"""``safehold dataset``: the main job, from sources to a cleaned dataset with its proof."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from safehold.cli.answer import Answer
from safehold.cli.command import EXISTING_FILE, EXISTING_FOLDER, NEW_PATH, Shell, command
from safehold.cli.outcome import answer_of
from safehold.cli.proof import held, removals, report_guidance, verify
from safehold.cli.watcher import ShownWatcher
from safehold.cli.wording import counted

if TYPE_CHECKING:
    from safehold.datasets.equipment import Equipment
    from safehold.datasets.scan.stage import Slice
    from safehold.datasets.sources import SourceOptions
    from safehold.wiring import Workshop

ROLES = ("media", "path", "caption", "url", "md5", "sha1", "sha256", "label")


@click.group("dataset")
def dataset() -> None:
    """Make a training dataset safe to train on, with proof."""


for _declared in (verify, held, removals, report_guidance):
    dataset.add_command(_declared)

_POLICY_OF_RUN = click.option(
    "--policy",
    "policy_file",
    type=EXISTING_FILE,
    help="The policy to use; if not stated, the one that DIR was last decided under.",
)


class ScanOptions(TypedDict):
    """The options of a scan, as they were typed."""

    workers: int | None
    engine: str
    ray_address: str | None
    policy_file: Path | None
    dry_run: bool
    shard_index: int | None
    num_shards: int | None
    waived: tuple[str, ...]
    waive_reason: str | None
    waive_name: str | None
    columns: tuple[tuple[str, str], ...]


@command(dataset, "scan")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--out", type=NEW_PATH, required=True, help="A new folder, or that of an interrupted run to resume.")
@click.option("--workers", type=click.IntRange(1, 1024), help="Decoding processes; one for each core if not stated.")
@click.option(
    "--engine",
    type=click.Choice(("process", "ray")),
    default="process",
    show_default=True,
    help="Where decoding processes run: on this machine, or in a Ray cluster.",
)
@click.option("--ray-address", metavar="HOST:PORT", help="The cluster's head; a Ray of our own here if not stated.")
@click.option(
    "--policy",
    "policy_file",
    type=EXISTING_FILE,
    help="The policy file; the settings' or the shipped one if not stated.",
)
@click.option("--dry-run", is_flag=True, help="Stop after decide: report, but write no cleaned dataset.")
@click.option("--shard-index", type=click.IntRange(0), help="Scan only this slice, from 0; decide afterwards.")
@click.option("--num-shards", type=click.IntRange(1), help="How many slices there are.")
@click.option("--waive", "waived", multiple=True, metavar="ENTRY", help="Go on despite this known-risk register entry.")
@click.option("--waive-reason", help="Why; recorded with the name.")
@click.option("--waive-name", help="Who decided it, if it wasn't you.")
@click.option(
    "--column",
    "columns",
    type=(click.Choice(ROLES), str),
    multiple=True,
    metavar="ROLE NAME",
    help=f"Which column or field holds what, instead of the usual names; roles: {', '.join(ROLES)}.",
)
def scan(shell: Shell, sources: tuple[str, ...], out: Path, **options: Unpack[ScanOptions]) -> Answer:
    """Scan SOURCEs, which together are one training mix, and write the cleaned dataset with its proof to --out.

    A SOURCE is a tar shard, a Parquet file, a manifest (JSONL, CSV), a folder of them or of pictures; a glob, a
    {000..123} range, or an fsspec URL. Repeat the same command to resume.
    """
    from safehold.datasets.orders import ScanOrder
    from safehold.datasets.safeguard import scan as safeguard

    part = _slice(options["shard_index"], options["num_shards"])
    address = options["ray_address"]
    if address is not None and options["engine"] != "ray":
        raise click.UsageError("--ray-address goes with --engine ray", click.get_current_context())
    with shell.workshop() as workshop, shell.progress("scan") as shown:
        order = ScanOrder(
            sources=sources,
            out=out,
            workers=options["workers"] or workshop.workers(),
            dry_run=options["dry_run"],
            slice=part,
            options=_source_options(options["columns"]),
            waivers=workshop.waivers(options["waived"], options["waive_reason"], name=options["waive_name"]),
        )
        is_on_ray = options["engine"] == "ray"
        engine = workshop.ray_engine(address=address, workers=options["workers"]) if is_on_ray else None
        equipment = workshop.equipment(options["policy_file"])
        outcome = safeguard(order, equipment, watcher=ShownWatcher(shown), engine=engine)
    return answer_of(outcome, out, has_custodians=equipment.vault is not None)


def _slice(index: int | None, total: int | None) -> "Slice":
    """Return which of the shards to scan; both numbers or neither."""
    from safehold.datasets.scan.stage import Slice

    if (index is None) != (total is None):
        raise click.UsageError("--shard-index and --num-shards go together", click.get_current_context())
    if index is None or total is None:
        return Slice()
    if index >= total:
        raise click.UsageError("--shard-index must be below --num-shards", click.get_current_context())
    return Slice(index, total)


@command(dataset, "decide")
@click.argument("folder", type=EXISTING_FOLDER, metavar="DIR")
@_POLICY_OF_RUN
def decide(shell: Shell, folder: Path, policy_file: Path | None) -> Answer:
    """Decide again, under another policy, newer lists or lexicons, without decoding anything again."""
    from safehold.datasets.safeguard import decide as decide_again

    with shell.workshop() as workshop, shell.progress("decide") as shown:
        equipment = _equipment(workshop, folder, policy_file)
        outcome = decide_again(folder, equipment, watcher=ShownWatcher(shown))
    return answer_of(outcome, folder, has_custodians=equipment.vault is not None)


@command(dataset, "release")
@click.argument("folder", type=EXISTING_FOLDER, metavar="DIR")
@click.argument("records", nargs=-1, required=True, metavar="RECORD...")
@click.option("--reason", required=True, help="Why it may be used; kept in DIR.")
@_POLICY_OF_RUN
def release(shell: Shell, folder: Path, records: tuple[str, ...], reason: str, policy_file: Path | None) -> Answer:
    """Free held records, named as in manifest.parquet, and write the cleaned dataset and its proof anew."""
    from safehold.datasets.freeing import release as free
    from safehold.datasets.safeguard import decide as decide_again

    with shell.workshop() as workshop, shell.progress("decide") as shown:
        equipment = _equipment(workshop, folder, policy_file)
        count = free(folder, records, reason=reason, equipment=equipment)
        outcome = decide_again(folder, equipment, watcher=ShownWatcher(shown))
    answer = answer_of(outcome, folder, has_custodians=equipment.vault is not None)
    return Answer(
        {"released": count, **answer.data}, [f"{counted(count, 'record')} released", *answer.shown], answer.code
    )


@command(dataset, "purge-source")
@click.argument("folder", type=EXISTING_FOLDER, metavar="DIR")
@click.option("--receipt", help="The authority's receipt for the report.")
@click.option("--counsel", help="Counsel's reference, where no report is owed.")
@_POLICY_OF_RUN
def purge(shell: Shell, folder: Path, receipt: str | None, counsel: str | None, policy_file: Path | None) -> Answer:
    """Take records that are confirmed by hash out of the SOURCE files: after verification, with a receipt or reference.

    This is the one command that alters source data.
    """
    from safehold.datasets.purge import purge_source
    from safehold.vault import Reference, ReferenceKind

    if (receipt is None) == (counsel is None):
        raise click.UsageError("give either --receipt or --counsel", click.get_current_context())
    kind = ReferenceKind.COUNSEL if receipt is None else ReferenceKind.RECEIPT
    with shell.workshop() as workshop:
        equipment = _equipment(workshop, folder, policy_file)
        done = purge_source(folder, reference=Reference(kind, receipt or counsel or ""), equipment=equipment)
    data = {
        "files": done.outputs,
        "records": done.records - done.earlier,
        "earlier": done.earlier,
        "reference": kind.value,
        "left": list(done.left),
    }
    gone = f"{counted(done.records - done.earlier, 'record')} taken out; {counted(done.outputs, 'file')} of the source "
    said = gone + ("was affected" if done.outputs == 1 else "were affected")
    said += f"; {counted(done.earlier, 'record')} taken out earlier" if done.earlier else ""
    left = [f"{name} may still tell of them: its form is not known; remove it by hand" for name in done.left]
    return Answer(data, [said, *left])


def _equipment(workshop: "Workshop", folder: Path, named: Path | None) -> "Equipment":
    """Return the equipment with the policy that is named, else the one that the folder was last decided under."""
    from safehold.datasets.safeguard import policy_of

    return workshop.equipment(named or policy_of(folder))


def _source_options(columns: Sequence[tuple[str, str]]) -> "SourceOptions":
    from dataclasses import replace

    from safehold.datasets.sources import Fields, SourceOptions

    named = {role: tuple(name for other, name in columns if other == role) for role, _ in columns}
    return SourceOptions(fields=replace(Fields(), **named))
