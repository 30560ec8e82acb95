"""Purge a source: take the records that are confirmed by hash out of the original files, and only then.

The one command that alters source data. In this order, for safety:

1. the output folder verifies, so that what stays is proven;
2. a receipt of the authority or counsel's reference is given: the duty to report comes before any destruction;
3. what the disposition preserves is in the vault;
4. each file is written anew beside the original and takes its place in one step: tars, Parquet, manifests, and the
   metadata of folders; single media files go, with the sidecars that belong to nothing else;
5. what stands beside a tar (img2dataset's rows, an index) is written anew without them, since its rows have addresses.

Held records stay where they are: nobody has decided on them. Repeating is safe.
"""

import glob
import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from safehold.datasets.apply.stage import evidence_of
from safehold.datasets.decide.decision import read_rows
from safehold.datasets.decide.stage import read_decisions
from safehold.datasets.equipment import Equipment
from safehold.datasets.errors import DamagedStateError, ReceiptMissingError
from safehold.datasets.layout import Layout
from safehold.datasets.proof.checksums import sha256_of
from safehold.datasets.proof.verify import verify
from safehold.datasets.run import load_mix, load_run, locked
from safehold.datasets.scan.part import read_part
from safehold.datasets.sources import Format, Mix, Output, Rewritten, is_remote, local_path, rewrite, strike
from safehold.datasets.sources.folders.folder import dropped_files
from safehold.datasets.sources.folders.metadata_rows import is_about, metadata_rows
from safehold.datasets.sources.places.location import join
from safehold.datasets.sources.records.media_file import leads_outside
from safehold.datasets.sources.rewriting import rewrite_lines_of, rewrite_rows_of
from safehold.home import fsync_folder, write_atomic
from safehold.screening import Disposition
from safehold.vault import Reference, ReferenceKind
from safehold.vocabulary import Event, UsageError


class RemoteSourceError(UsageError):
    """A source that is not on this machine can't be purged from here."""


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge came to.

    Attributes:
        outputs: files (or folder slices) of the source that no longer hold confirmed records.
        records: confirmed records that are gone from the source.
        earlier: how many of them an earlier purge had taken out already.
        left: files beside the source, in a form that is not known, that may still tell of those records.
    """

    outputs: int
    records: int
    left: tuple[str, ...] = ()
    earlier: int = 0


def purge_source(out: Path, *, reference: Reference, equipment: Equipment) -> Purged:
    """Remove confirmed records from the source files of an output folder.

    Args:
        out: the output folder.
        reference: the authority's receipt, or counsel's reference.
        equipment: the policy with its disposition, the ledger, and who it is.

    Raises:
        DamagedStateError: the output folder does not verify.
        ReceiptMissingError: the disposition keeps evidence and it is not in the vault.
        RemoteSourceError: a source is remote; nothing was altered.
    """
    layout = Layout(out)
    run = load_run(layout)
    _require_verified(out)
    with locked(layout):
        mix = load_mix(layout)
        affected = [
            (number, output, keys) for number, output in enumerate(mix.outputs) if (keys := _confirmed(layout, output))
        ]
        _require_local(affected)
        _require_preserved(layout, affected, reference, equipment)
        digest = hashlib.sha256(reference.text.encode()).hexdigest()
        details = {"run": run.id, "reference": digest, "grounds": reference.kind.value, "outputs": len(affected)}
        equipment.ledger.append_once(Event("source.purge_begun", equipment.actor, equipment.policy.label, details))
        if affected:
            write_atomic(layout.purge_record, json.dumps({"at": equipment.clock.now().isoformat()}).encode())
        earlier = sum(len(keys) for number, output, keys in affected if not _purge(layout, number, output, keys))
        left = tuple(name for _, output, keys in affected for name in _purge_companions(mix, output, keys))
        _purge_rows(layout, mix.outputs, affected)
        equipment.ledger.append_once(Event("source.purged", equipment.actor, equipment.policy.label, details))
    return Purged(len(affected), sum(len(keys) for _, _, keys in affected), left, earlier)


_Affected = tuple[int, Output, frozenset[str]]


def _require_verified(out: Path) -> None:
    verification = verify(out)
    if verification.unchecked:
        raise DamagedStateError(
            f"{verification.unchecked[0]} is not there",
            advice="Run `safehold dataset decide` to write the output again, then purge.",
        )
    if verification.differences:
        first = verification.differences[0]
        raise DamagedStateError(
            f"{len(verification.differences)} things differ from the certificate, first {first.name}: {first.problem}",
            advice="Run `safehold dataset verify`, then `safehold dataset decide` to write the output again.",
        )


def _confirmed(layout: Layout, output: Output) -> frozenset[str]:
    decisions = [read_decisions(layout, shard) for shard in output.shards]
    rows = [row for table in decisions for row in read_rows(table.filter(table.column("confirmed")))]
    return frozenset(row.record for row in rows)


def _require_local(affected: Sequence[_Affected]) -> None:
    if any(is_remote(shard.location) for _, output, _ in affected for shard in output.shards):
        raise RemoteSourceError(
            "a source with confirmed records is not on this machine",
            advice="Remove them with the storage's own tools, from the record ids in manifest.parquet.",
        )


def _require_preserved(
    layout: Layout, affected: Sequence[_Affected], reference: Reference, equipment: Equipment
) -> None:
    disposition = equipment.policy.disposition
    if disposition is Disposition.HOLD_FOR_COUNSEL and reference.kind is not ReferenceKind.COUNSEL:
        raise ReceiptMissingError(
            "the disposition is hold_for_counsel, and no counsel's reference is given",
            advice="Ask counsel, then name their reference with --counsel.",
        )
    if disposition is Disposition.REPORT_AND_PRESERVE:
        unsealed = [output for number, output, _ in affected if not evidence_of(layout, number)]
        if unsealed:
            raise ReceiptMissingError(
                f"the disposition keeps evidence, and that of {len(unsealed)} files is not in the vault",
                advice="Register custodians with `safehold vault keygen`, run `safehold dataset decide`, then purge.",
            )


def _purge(layout: Layout, number: int, output: Output, keys: frozenset[str]) -> bool:
    """Take confirmed records out of one output's files, and return whether any was still there."""
    match output.format:
        case Format.FOLDER:
            return _remove_files(output, keys)
        case Format.TABLE:
            location = local_path(output.shards[0].location)
            names = _media_of(layout, output, keys)  # from the scan: once the lines are gone, no manifest tells
            is_new = _replace(
                layout, number, location, lambda draft: rewrite_lines_of(output, lambda key: key not in keys, draft)
            )
            return _remove(local_path(output.shards[0].root), names) or is_new
        case _:
            location = local_path(output.shards[0].location)
            return _replace(layout, number, location, lambda draft: rewrite(output, lambda key: key not in keys, draft))


def _replace(layout: Layout, number: int, location: Path, write: Callable[[Path], Rewritten]) -> bool:
    """Write one file of the source anew, and return False where an earlier purge had done so.

    What it will be is noted before it takes the original's place, so that a killed purge knows what it had done.
    """
    note, draft = layout.purged(number), _draft_of(location)
    if note.exists() and note.read_text() == sha256_of(location):
        draft.unlink(missing_ok=True)
        return False
    rewritten = write(draft)
    write_atomic(note, rewritten.sha256.encode())
    _take_place(draft, location)
    return True


def _draft_of(location: Path) -> Path:
    """Return the name that a file's new content has until it takes its place; what a kill left of it is removed."""
    draft = location.with_name(f".{location.name}.purge")
    for left in location.parent.glob(f"{glob.escape(f'.{draft.name}.')}*.tmp"):
        left.unlink()
    return draft


def _take_place(draft: Path, location: Path) -> None:
    draft.chmod(location.stat().st_mode & 0o777)
    draft.replace(location)
    fsync_folder(location.parent)


def _purge_companions(mix: Mix, output: Output, keys: Collection[str]) -> Iterator[str]:
    """Strike confirmed records out of what stands beside an output, and yield what they can't be struck out of."""
    for companion in mix.companions:
        location = local_path(companion.location)
        if companion.output != output.name or not location.is_file():
            continue
        draft = _draft_of(location)
        draft.unlink(missing_ok=True)
        is_clean = strike(companion, keys, draft, output=local_path(output.shards[0].location))
        if draft.exists() and sha256_of(draft) != sha256_of(location):
            _take_place(draft, location)
        draft.unlink(missing_ok=True)
        if not is_clean:
            yield companion.location


def _remove_files(output: Output, keys: frozenset[str]) -> bool:
    """Remove the files of confirmed records from a folder, with the sidecars that no other record has."""
    removed = [
        _remove(local_path(shard.location), dropped_files(shard, lambda key: key not in keys))
        for shard in output.shards
    ]
    return any(removed)


def _remove(root: Path, names: Iterable[str]) -> bool:
    """Remove files, and return whether any of them was there."""
    was_there = False
    for path in [root / name for name in names if not leads_outside(str(root), name)]:
        was_there |= os.path.lexists(path)
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            fsync_folder(path.parent)
    return was_there


def _media_of(layout: Layout, output: Output, keys: frozenset[str]) -> list[str]:
    """Return the media files of confirmed lines that no other line names."""
    going, staying = set[str](), set[str]()
    for shard in output.shards:
        for row in read_part(layout.part(shard.number))[0].select(["record", "members"]).to_pylist():
            (going if row["record"] in keys else staying).update(member["name"] for member in row["members"])
    return sorted(going - staying)


def _purge_rows(layout: Layout, outputs: Sequence[Output], affected: Sequence[_Affected]) -> None:
    """Take the rows about removed files out of the metadata of folders."""
    gone: dict[int, set[str]] = defaultdict(set)
    for _, output, keys in affected:
        if output.format is Format.FOLDER:
            gone[output.shards[0].source] |= keys
    for number, output in enumerate(outputs):
        keys = frozenset(gone.get(output.shards[0].source, ()))
        if output.format is Format.FOLDER and keys and not output.shards[0].files:
            _purge_metadata(layout, number, output, keys)


def _purge_metadata(layout: Layout, number: int, output: Output, keys: frozenset[str]) -> None:
    (table,) = output.shards[0].tables
    location = join(output.shards[0].location, table)
    if layout.purged(number).exists() or any(is_about(row, table, keys) for row in metadata_rows(location, table)):
        _replace(layout, number, local_path(location), lambda draft: rewrite_rows_of(output, keys, draft))
