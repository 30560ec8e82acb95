"""The apply stage: write each output of the cleaned dataset, or link it whole, and commit that it was done.

What no part of the mix accounts for is taken away first: left by a killed process, or by an earlier scan or policy.
Then, for every output, in this order:

1. confirmed originals are sealed to the custodians, if there are any and the disposition keeps evidence;
2. the output is written under a temporary name, synced and renamed, or linked;
3. its commit record is written.

Several tars are written at a time, by threads: copying, digesting and syncing need no interpreter.
An output whose apply digest (scans, decisions, sides) is unchanged is not touched again.
"""

import hashlib
import json
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from safehold.datasets.apply.companions import Companions
from safehold.datasets.apply.seal import Sealer
from safehold.datasets.apply.sides import Side, sides_of
from safehold.datasets.apply.strangers import remove_strangers
from safehold.datasets.apply.writing import AppliedSide, Fate, Method, write_sides
from safehold.datasets.decide.decision import Decision, read_rows
from safehold.datasets.decide.stage import final_names, read_decisions
from safehold.datasets.errors import ChangedSourceError
from safehold.datasets.layout import Layout
from safehold.datasets.scan.part import content_of
from safehold.datasets.sources import Format, Mix, Output, ShardError, content_sha256, is_remote
from safehold.home import write_atomic
from safehold.screening import Separation
from safehold.vocabulary import Action, GapReason

Step = Callable[[str], None]
"""Is told the name of each commit step that was just done; tests end the process in it."""


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
class Pace:
    """How the stage goes on.

    Attributes:
        fresh: numbers of the shards that this very command scanned. Of the others the input is read once more before
            it is used: size and time alone don't say that its bytes are those that were examined.
        writers: how many local tars are written at a time; what is held in memory meanwhile waits its turn.
    """

    fresh: Collection[int] = ()
    writers: int = 1


@dataclass(frozen=True, slots=True)
class _Begun:
    """An output that is on its way.

    Attributes:
        number: its place in the mix.
        output: which.
        fate: what becomes of its records.
        digest: the apply digest.
        outcome: its commit record, if there is nothing to do; else what each side gets, once it is written.
        evidence: vault ids of what was sealed.
    """

    number: int
    output: Output
    fate: Fate
    digest: str
    outcome: Applied | Future[list[AppliedSide]]
    evidence: tuple[str, ...] = ()


def apply_outputs(
    layout: Layout,
    mix: Mix,
    separation: Separation,
    sealer: Sealer,
    *,
    pace: Pace,
    step: Step = lambda _: None,
) -> Iterator[Applied]:
    """Bring every output into the cleaned dataset and yield its commit record, in the order of the mix.

    Args:
        layout: the output folder.
        mix: what was scanned and decided on.
        separation: what leaves the mix beyond the records' own actions.
        sealer: where confirmed originals go.
        pace: what needn't be read again, and how much is written at a time.
        step: is told of each commit step.

    Raises:
        ChangedSourceError: an input is no longer what was scanned.
        OSError: the disk is full or failing; what was committed stays, and a re-run goes on from there.
    """
    sides = sides_of(separation)
    companions = Companions(mix.companions, sides)
    remove_strangers(layout.root, mix, sides)
    step("strangers removed")
    work = _Work(layout, separation, sealer, pace, step)
    with ThreadPoolExecutor(pace.writers) as pool:
        for begun in _in_turn(work, mix.outputs, pool):
            output, fate = begun.output, begun.fate
            with _as_changed(output):
                applied = work.end(begun)
                source = output.shards[0].source
                companions.after_output(layout.root, output.name, source=source, kept=fate.kept, records=fate.size)
            yield applied
    companions.after_all(layout.root)
    step("companions written")


def _in_turn(work: "_Work", outputs: Sequence[Output], pool: Executor) -> Iterator[_Begun]:
    """Yield the outputs in order, each begun before; while one is written, the next tars are begun."""
    waiting: deque[_Begun] = deque()
    for number, output in enumerate(outputs):
        with _as_changed(output):
            waiting.append(work.begin(number, output, pool))
        is_streamed = output.format is Format.TAR and not is_remote(output.shards[0].location)
        while len(waiting) >= (work.pace.writers if is_streamed else 1):
            yield waiting.popleft()
    yield from waiting


@contextmanager
def _as_changed(output: Output) -> Iterator[None]:
    try:
        yield
    except ShardError as error:
        raise ChangedSourceError(
            f"{output.name} is no longer what was scanned",
            advice="Run `safehold dataset scan` again with the same sources and --out: it scans what has changed.",
        ) from error


@dataclass(frozen=True, slots=True)
class _Work:
    """One command at work on the outputs."""

    layout: Layout
    separation: Separation
    sealer: Sealer
    pace: Pace
    step: Step

    def begin(self, number: int, output: Output, pool: Executor) -> _Begun:
        """Seal what is to be sealed of an output, and let it be written; nothing, if it is still as committed."""
        fate = self._fate_of(output)
        digest = _digest(output, fate, self.sealer)
        committed = _committed(self.layout, number, output, digest)
        if committed is not None:
            return _Begun(number, output, fate, digest, committed)
        if fate.is_whole and not fate.is_fresh:
            _require_examined(self.layout, output)
        evidence = self.sealer.seal(output, fate.sealed)
        self.step(f"sealed {number}")
        written = pool.submit(write_sides, self.layout, output, fate)
        return _Begun(number, output, fate, digest, written, evidence)

    def end(self, begun: _Begun) -> Applied:
        """Wait until an output is written, and commit it."""
        if isinstance(begun.outcome, Applied):
            return begun.outcome
        sides = begun.outcome.result()
        self.step(f"written {begun.number}")
        stamped = tuple(replace(one, stamp=_stamp(self.layout, one.folder, begun.output)) for one in sides)  # at last
        dropped = begun.fate.records - sum(side.kept for side in stamped)
        applied = Applied(begun.output.name, begun.digest, stamped, dropped, begun.evidence)
        content = json.dumps(_to_json(applied), sort_keys=True).encode()
        write_atomic(self.layout.applied(begun.number), content)
        self.step(f"committed {begun.number}")
        return applied

    def _fate_of(self, output: Output) -> Fate:
        sides = sides_of(self.separation)
        kept: dict[str, set[str]] = {side.folder: set() for side in sides}
        sealed: set[str] = set()
        contents, records, is_whole = [], 0, True
        for shard in output.shards:
            decisions = read_decisions(self.layout, shard)
            contents.append(content_of(self.layout.part(shard.number)))
            is_whole = is_whole and contents[-1] != ""
            sealed |= {one.record for one in _confirmed(decisions) if self.sealer.takes(one.findings)}
            named = decisions.filter(pc.not_equal(decisions.column("record"), ""))
            records += named.num_rows
            staying = named.filter(pc.equal(final_names(named, self.separation), Action.ALLOW.value))
            for side in sides:
                kept[side.folder].update(_taken(staying, side))
        frozen = {side: frozenset(keys) for side, keys in kept.items()}
        is_fresh = all(shard.number in self.pace.fresh for shard in output.shards)
        return Fate(frozen, frozenset(sealed), records, is_whole, is_fresh, "".join(contents))


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


def _taken(staying: pa.Table, side: Side) -> list[str]:
    """Return the keys of the records that stay and belong to a side."""
    claimed = staying.column("claims")
    if side.concept is None and not pc.sum(pc.list_value_length(claimed)).as_py():  # as nearly always
        return list(staying.column("record").to_pylist())
    rows = zip(staying.column("record").to_pylist(), claimed.to_pylist(), strict=True)
    return [key for key, own in rows if side.takes(own)]


def _confirmed(decisions: pa.Table) -> list[Decision]:
    return read_rows(decisions.filter(decisions.column("confirmed")))


def _digest(output: Output, fate: Fate, sealer: Sealer) -> str:
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


def _stamp(layout: Layout, folder: str, output: Output) -> str:
    """Return the stamp of an output in a side's folder; "" unless it is one file."""
    path = layout.root / folder / output.name
    if not output.format.is_one_file or not path.is_file():
        return ""
    status = path.stat()
    return f"{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}:{status.st_ino}"


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
