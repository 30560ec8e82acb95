"""The apply stage: write each output of the cleaned dataset, or link it whole, and commit that it was done.

What no part of the mix accounts for is taken away first: left by a killed process, or by an earlier scan or policy.
Then, for every output, in this order:

1. confirmed originals are sealed to the custodians, if there are any and the disposition keeps evidence;
2. the output is written under a temporary name, synced and renamed, or linked;
3. its commit record is written.

An output whose apply digest (scans, decisions, sides) is unchanged is not touched again.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from enum import Enum
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from safehold.datasets.apply.companions import Companions
from safehold.datasets.apply.seal import Sealer
from safehold.datasets.apply.sides import Side, sides_of
from safehold.datasets.apply.strangers import remove_strangers
from safehold.datasets.decide.decision import Decision, read_rows
from safehold.datasets.decide.stage import final_names, read_decisions
from safehold.datasets.errors import ChangedSourceError
from safehold.datasets.layout import Layout
from safehold.datasets.scan.part import content_of
from safehold.datasets.sources import (
    Format,
    Mix,
    Output,
    ShardError,
    content_sha256,
    is_kept_whole,
    leave_out,
    link_or_copy,
    rewrite,
)
from safehold.home import write_atomic
from safehold.home.files import shared_folder, shut
from safehold.screening import Separation
from safehold.vocabulary import Action, GapReason

_DECODED_AT_ONCE = frozenset({Format.PARQUET, Format.METADATA})
"""Formats of which nothing is written unless decoding children got through all of it: here, memory has no limit."""

Step = Callable[[str], None]
"""Is told the name of each commit step that was just done; tests end the process in it."""


class Method(Enum):
    """How an output came into the cleaned dataset."""

    LINKED = "linked"
    REWRITTEN = "rewritten"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True)
class AppliedSide:
    """What one side got of an output.

    Attributes:
        folder: the side's folder.
        method: how.
        sha256: the written file's digest, as hex; "" if the output is several files or was left out.
        kept: how many records it holds.
        stamp: what changes when somebody changes the written file, even if they set its time back: size, times, and
            which file it is; "" as for `sha256`. Of a hard link it also changes with the source, and with each link.
    """

    folder: str
    method: Method
    sha256: str
    kept: int
    stamp: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """The commit record of one output.

    Attributes:
        output: its name.
        digest: the apply digest.
        sides: what each side got.
        dropped: how many records are on no side.
        evidence: the vault ids of what was sealed, sorted.
    """

    output: str
    digest: str
    sides: tuple[AppliedSide, ...]
    dropped: int
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Fate:
    """What becomes of an output's records.

    Attributes:
        kept: keys to keep, by side folder.
        sealed: keys of the records whose originals are sealed first.
        records: how many there are.
        is_whole: whether every shard was read to its end.
        is_fresh: whether every shard was read by this very command.
        content: digests of the inputs, joined.
    """

    kept: dict[str, frozenset[str]]
    sealed: frozenset[str]
    records: int
    is_whole: bool
    is_fresh: bool
    content: str

    @property
    def size(self) -> int:
        """Return how many records there are; one more, that can't be kept, if the input was not read to its end."""
        return self.records if self.is_whole else self.records + 1


def apply_outputs(
    layout: Layout,
    mix: Mix,
    separation: Separation,
    sealer: Sealer,
    *,
    fresh: Collection[int] = (),
    step: Step = lambda _: None,
) -> Iterator[Applied]:
    """Bring every output into the cleaned dataset and yield its commit record.

    Args:
        layout: the output folder.
        mix: what was scanned and decided on.
        separation: what leaves the mix beyond the records' own actions.
        sealer: where confirmed originals go.
        fresh: numbers of the shards that this very command scanned. Of the others the input is read once more before
            it is used: size and time alone don't say that its bytes are those that were examined.
        step: is told of each commit step.

    Raises:
        ChangedSourceError: an input is no longer what was scanned.
        OSError: the disk is full or failing; what was committed stays, and a re-run goes on from there.
    """
    sides = sides_of(separation)
    companions = Companions(mix.companions, sides)
    remove_strangers(layout.root, mix, sides)
    step("strangers removed")
    for number, output in enumerate(mix.outputs):
        fate = _fate_of(layout, output, separation, sides=sides, sealer=sealer, fresh=fresh)
        with _as_changed(output):
            applied = _apply(layout, number, output, fate, sealer=sealer, step=step)
            source = output.shards[0].source
            companions.after_output(layout.root, output.name, source=source, kept=fate.kept, records=fate.size)
        yield applied
    companions.after_all(layout.root)
    step("companions written")


@contextmanager
def _as_changed(output: Output) -> Iterator[None]:
    try:
        yield
    except ShardError as error:
        raise ChangedSourceError(
            f"{output.name} is no longer what was scanned",
            advice="Run `safehold dataset scan` again with the same sources and --out: it scans what has changed.",
        ) from error


def _apply(layout: Layout, number: int, output: Output, fate: _Fate, *, sealer: Sealer, step: Step) -> Applied:
    digest = _digest(output, fate, sealer)
    committed = _committed(layout, number, output, digest)
    if committed is not None:
        return committed
    if fate.is_whole and not fate.is_fresh:
        _require_examined(layout, output)
    evidence = sealer.seal(output, fate.sealed)
    step(f"sealed {number}")
    sides = [_write(layout, output, folder, fate) for folder in fate.kept]
    step(f"written {number}")
    written = tuple(replace(side, stamp=_stamp(layout, side.folder, output)) for side in sides)  # after the last link
    dropped = fate.records - sum(side.kept for side in written)
    applied = Applied(output.name, digest, written, dropped, evidence)
    write_atomic(layout.applied(number), json.dumps(_to_json(applied), sort_keys=True).encode())
    step(f"committed {number}")
    return applied


def _require_examined(layout: Layout, output: Output) -> None:
    """Refuse inputs whose bytes are not those that were scanned, and forget that scan.

    Raises:
        ShardError: they changed, though size and time did not.
    """
    contents: dict[tuple[str, tuple[str, ...]], str] = {}
    for shard in output.shards:
        place = (shard.location, shard.files)
        if place not in contents:
            contents[place] = content_sha256(shard)
        if content_of(layout.part(shard.number)) != contents[place]:
            layout.part(shard.number).unlink(missing_ok=True)
            raise ShardError(
                "the bytes of an input are not those that were scanned", reason=GapReason.CHANGED_SINCE_SCAN
            )


def _fate_of(
    layout: Layout,
    output: Output,
    separation: Separation,
    *,
    sides: tuple[Side, ...],
    sealer: Sealer,
    fresh: Collection[int],
) -> _Fate:
    kept: dict[str, set[str]] = {side.folder: set() for side in sides}
    sealed: set[str] = set()
    contents, records, is_whole = [], 0, True
    for shard in output.shards:
        decisions = read_decisions(layout, shard)
        contents.append(content_of(layout.part(shard.number)))
        is_whole = is_whole and contents[-1] != ""
        sealed |= {one.record for one in _confirmed(decisions) if sealer.takes(one.findings)}
        named = decisions.filter(pc.not_equal(decisions.column("record"), ""))
        records += named.num_rows
        staying = named.filter(pc.equal(final_names(named, separation), Action.ALLOW.value))
        for side in sides:
            kept[side.folder].update(_taken(staying, side))
    frozen = {side: frozenset(keys) for side, keys in kept.items()}
    is_fresh = all(shard.number in fresh for shard in output.shards)
    return _Fate(frozen, frozenset(sealed), records, is_whole, is_fresh, "".join(contents))


def _taken(staying: pa.Table, side: Side) -> list[str]:
    """Return the keys of the records that stay and belong to a side."""
    claimed = staying.column("claims")
    if side.concept is None and not pc.sum(pc.list_value_length(claimed)).as_py():  # as nearly always
        return list(staying.column("record").to_pylist())
    rows = zip(staying.column("record").to_pylist(), claimed.to_pylist(), strict=True)
    return [key for key, own in rows if side.takes(own)]


def _confirmed(decisions: pa.Table) -> list[Decision]:
    return read_rows(decisions.filter(decisions.column("confirmed")))


def _digest(output: Output, fate: _Fate, sealer: Sealer) -> str:
    told = [
        output.name,
        [shard.fingerprint for shard in output.shards],
        fate.content,
        {side: sorted(keys) for side, keys in fate.kept.items()},
        sorted(fate.sealed),
        fate.is_whole,
        sealer.digest,
    ]
    return hashlib.sha256(json.dumps(told).encode("utf-8", "surrogateescape")).hexdigest()


def _write(layout: Layout, output: Output, folder: str, fate: _Fate) -> AppliedSide:
    root, kept = shared_folder(layout.root / folder), fate.kept[folder]
    shut(root)
    destination = root / output.name if output.format.is_one_file else root
    shared_folder(destination.parent)
    if fate.is_whole and len(kept) == fate.records and is_kept_whole(output, kept.__contains__):
        link_or_copy(output, destination)
        digest = fate.content if output.format.is_one_file and len(output.shards) == 1 else ""
        return AppliedSide(folder, Method.LINKED, digest, len(kept))
    if not fate.is_whole and (not kept or output.format in _DECODED_AT_ONCE):
        return _left_out(output, folder, destination)
    try:
        rewritten = rewrite(output, kept.__contains__, destination)
    except ShardError:
        if fate.is_whole:
            raise
        return _left_out(output, folder, destination)
    digest = rewritten.sha256 if output.format.is_one_file else ""
    return AppliedSide(folder, Method.REWRITTEN, digest, rewritten.kept)


def _stamp(layout: Layout, folder: str, output: Output) -> str:
    """Return the stamp of an output in a side's folder; "" unless it is one file."""
    path = layout.root / folder / output.name
    if not output.format.is_one_file or not path.is_file():
        return ""
    status = path.stat()
    return f"{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}:{status.st_ino}"


def _left_out(output: Output, folder: str, destination: Path) -> AppliedSide:
    leave_out(output, destination)
    return AppliedSide(folder, Method.LEFT_OUT, "", 0)


def _committed(layout: Layout, number: int, output: Output, digest: str) -> Applied | None:
    """Return the commit record if the output is still as it was committed.

    Only an output that is one file can tell, by its stamp; what is changed behind that, `verify` finds by the digest.
    Many files are placed again, or somebody's change to one of them would be certified.
    """
    if not output.format.is_one_file:
        return None
    try:
        fields = json.loads(layout.applied(number).read_text())
    except (OSError, ValueError):
        return None
    if fields["digest"] != digest:
        return None
    applied = Applied(
        output=fields["output"],
        digest=digest,
        sides=tuple(AppliedSide(**{**side, "method": Method(side["method"])}) for side in fields["sides"]),
        dropped=fields["dropped"],
        evidence=tuple(fields["evidence"]),
    )
    is_untouched = all(_stamp(layout, side.folder, output) == side.stamp for side in applied.sides)
    return applied if is_untouched else None


def evidence_of(layout: Layout, number: int) -> tuple[str, ...]:
    """Return the vault ids of what was sealed of an applied output; empty if nothing was, or it is not applied."""
    try:
        return tuple(json.loads(layout.applied(number).read_text())["evidence"])
    except (OSError, ValueError, KeyError):
        return ()


def _to_json(applied: Applied) -> dict[str, object]:
    sides = [{**asdict(side), "method": side.method.value} for side in applied.sides]
    return {**asdict(applied), "sides": sides, "evidence": list(applied.evidence)}
