"""``safehold dataset``: the main job, from sources to a cleaned dataset with its proof."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from safehold.cli.answer import Answer, ExitCode, Table
from safehold.cli.command import EXISTING_FILE, EXISTING_FOLDER, NEW_PATH, Shell, command
from safehold.cli.outcome import answer_of
from safehold.cli.show import Progress

if TYPE_CHECKING:
    from safehold.datasets.equipment import Equipment
    from safehold.datasets.orders import Sighting
    from safehold.datasets.sources import SourceOptions
    from safehold.wiring import Workshop

ROLES = ("media", "path", "caption", "url", "md5", "sha1", "sha256", "label")


@click.group("dataset")
def dataset() -> None:
    """Make a training dataset safe to train on, with proof."""


_POLICY_OF_RUN = click.option(
    "--policy",
    "policy_file",
    type=EXISTING_FILE,
    help="The policy to use; if not stated, the one that DIR was last decided under.",
)


class ScanOptions(TypedDict):
    """The options of a scan, as they were typed."""

    workers: int | None
    policy_file: Path | None
    dry_run: bool
    shard_index: int
    num_shards: int
    waived: tuple[str, ...]
    waive_reason: str | None
    columns: tuple[tuple[str, str], ...]


@command(dataset, "scan")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--out", type=NEW_PATH, required=True, help="A new folder, or that of an interrupted run to resume.")
@click.option("--workers", type=click.IntRange(1, 1024), help="Decoding processes; one for each core if not stated.")
@click.option(
    "--policy",
    "policy_file",
    type=EXISTING_FILE,
    help="The policy file; the settings' or the shipped one if not stated.",
)
@click.option("--dry-run", is_flag=True, help="Stop after decide: report, but write no cleaned dataset.")
@click.option(
    "--shard-index", type=click.IntRange(0), default=0, help="Scan only this slice, from 0; decide afterwards."
)
@click.option("--num-shards", type=click.IntRange(1), default=1, help="How many slices there are.")
@click.option("--waive", "waived", multiple=True, metavar="ENTRY", help="Go on despite this known-risk register entry.")
@click.option("--waive-reason", help="Why; recorded with your name.")
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
    from safehold.datasets.scan.stage import Slice

    if options["shard_index"] >= options["num_shards"]:
        raise click.UsageError("--shard-index must be below --num-shards", click.get_current_context())
    with shell.workshop() as workshop, shell.progress("scan") as shown:
        order = ScanOrder(
            sources=sources,
            out=out,
            workers=options["workers"] or workshop.workers(),
            dry_run=options["dry_run"],
            slice=Slice(options["shard_index"], options["num_shards"]),
            options=_source_options(options["columns"]),
            waivers=workshop.waivers(options["waived"], options["waive_reason"]),
        )
        outcome = safeguard(order, workshop.equipment(options["policy_file"]), watcher=ShownWatcher(shown))
    return answer_of(outcome, out)


@command(dataset, "decide")
@click.argument("folder", type=EXISTING_FOLDER, metavar="DIR")
@_POLICY_OF_RUN
def decide(shell: Shell, folder: Path, policy_file: Path | None) -> Answer:
    """Decide again, under another policy, newer lists or lexicons, without decoding anything again."""
    from safehold.datasets.safeguard import decide as decide_again

    with shell.workshop() as workshop, shell.progress("decide") as shown:
        outcome = decide_again(folder, _equipment(workshop, folder, policy_file), watcher=ShownWatcher(shown))
    return answer_of(outcome, folder)


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
    answer = answer_of(outcome, folder)
    return Answer({"released": count, **answer.data}, [f"{count} records released", *answer.shown], answer.code)


@command(dataset, "verify")
@click.argument("folder", type=EXISTING_FOLDER, metavar="DIR")
@click.option("--public-key", help="The installation's key, learnt another way: safehold-ed25519:…")
def verify(_shell: Shell, folder: Path, public_key: str | None) -> Answer:
    """Check an output folder against its certificate: offline, without our home, on any machine."""
    from safehold.datasets.proof.verify import Trust
    from safehold.datasets.proof.verify import verify as check

    found = check(folder, public_key=public_key)
    differences = [{"what": one.what, "name": one.name, "problem": one.problem} for one in found.differences]
    data = {
        "verified": not differences,
        "trust": found.trust.value,
        "public_key": found.public_key,
        "run": found.run,
        "issued_at": found.issued_at,
        "files": found.files,
        "differences": differences,
        "unchecked": list(found.unchecked),
    }
    unchecked = [f"not present, not checked: {', '.join(found.unchecked)}"] if found.unchecked else []
    if differences:
        table = Table(("what", "name", "problem"), [(one.what, one.name, one.problem) for one in found.differences])
        return Answer(data, ["The folder is not what the certificate says:", table, *unchecked], ExitCode.FOUND)
    said = [
        f"{found.files} files of the cleaned dataset and the proof are what the certificate of {found.issued_at} says"
    ]
    said += unchecked
    if found.trust is Trust.SELF_CONSISTENT_ONLY:
        said.append("Self-consistent only: to know who signed it, get the installation's key another way: --public-key")
    return Answer(data, said)


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
    data = {"files": done.outputs, "records": done.records, "reference": kind.value}
    return Answer(data, [f"{done.records} records taken out of {done.outputs} source files"])


@command(dataset, "removals")
@click.argument("folder", type=EXISTING_FOLDER, metavar="DIR")
@click.option("--out", "path", type=NEW_PATH, required=True, help="The file to write.")
def removals(_shell: Shell, folder: Path, path: Path) -> Answer:
    """List every record that is not in the cleaned dataset, mixed and without reasons, for holders of older copies.

    Refused where the list would point at the records that are confirmed by hash.
    """
    from safehold.datasets.proof.removals import write_removals

    count = write_removals(folder, path)
    return Answer({"records": count, "file": str(path)}, [f"{count} records listed in {path}"])


@command(dataset, "report-guidance")
@click.option("--policy", "policy_file", type=EXISTING_FILE, help="Whose jurisdiction to use.")
@click.option("--jurisdiction", help="us-provider, us, gb, eu, de or other; the policy's if not stated.")
def report_guidance(shell: Shell, policy_file: Path | None, jurisdiction: str | None) -> Answer:
    """Say how to report a confirmed match by hand; not legal advice."""
    from safehold.screening import guidance_for

    if jurisdiction is None:
        with shell.workshop() as workshop:
            jurisdiction = workshop.policy(policy_file).jurisdiction
    found = guidance_for(jurisdiction)
    steps = [f"{number}. {step}" for number, step in enumerate(found.steps, start=1)]
    data = {"jurisdiction": found.jurisdiction, "authority": found.authority, "steps": list(found.steps)}
    return Answer(data, [f"jurisdiction: {found.jurisdiction}; to: {found.authority}", *steps])


def _equipment(workshop: "Workshop", folder: Path, named: Path | None) -> "Equipment":
    """Return the equipment with the policy that is named, else the one that the folder was last decided under."""
    from safehold.datasets.safeguard import policy_of

    return workshop.equipment(named or policy_of(folder))


def _source_options(columns: Sequence[tuple[str, str]]) -> "SourceOptions":
    from dataclasses import replace

    from safehold.datasets.sources import Fields, SourceOptions

    named = {role: tuple(name for other, name in columns if other == role) for role, _ in columns}
    return SourceOptions(fields=replace(Fields(), **named))


class ShownWatcher:
    """Tells a progress display how far the work is."""

    def __init__(self, shown: Progress) -> None:
        self._shown = shown
        self._total = 0
        self._started = time.monotonic()

    def begin(self, stage: str, shards: int, _size_bytes: int) -> None:
        """Begin a stage."""
        self._shown.title(stage)
        self._total = shards
        self._started = time.monotonic()

    def see(self, sighting: "Sighting") -> None:
        """Show the totals so far."""
        seconds = max(time.monotonic() - self._started, 1e-9)
        rate = f"{sighting.records / seconds:.0f} records/s, {sighting.size_bytes / seconds / 1e6:.0f} MB/s"
        note = f"{rate}, found {sighting.found}, held {sighting.held}, gaps {sighting.gaps}"
        self._shown.update(sighting.shards, self._total, note if sighting.records else "")
