"""The decide stage: judge every shard, then keep concepts apart over the whole mix. Cheap, versioned, repeatable.

1. Every scan part must be there, made under the same settings.
2. Each shard is judged by itself; a decision part whose digest is unchanged is kept.
3. Claims that would remain are counted over the mix, and what separation takes away is written last, as the record
   that the stage is complete.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from safehold.datasets.decide.basis import Basis
from safehold.datasets.decide.decision import decode, encode
from safehold.datasets.decide.judgement import judge
from safehold.datasets.errors import DamagedStateError, IncompleteScanError
from safehold.datasets.run import Layout
from safehold.datasets.scan.part import PartNote, note_of, read_part, scan_digest
from safehold.datasets.sources import Shard
from safehold.home import write_atomic
from safehold.screening import Separation, separate
from safehold.vocabulary import Action, Finding

SourceFindings = Callable[[Shard], tuple[Finding, ...]]


@dataclass(frozen=True, slots=True)
class Decided:
    """What the decide stage concluded for the whole mix.

    Attributes:
        digest: the decide digest: basis and scans.
        separation: what leaves the mix beyond the records' own actions.
    """

    digest: str
    separation: Separation


def check_complete(layout: Layout, shards: Sequence[Shard]) -> list[PartNote]:
    """Return what each shard's scan part says of itself.

    Raises:
        IncompleteScanError: a part is missing, is one of another shard or of an earlier version of it, or was made
            under other settings than the rest.
    """
    notes = [(shard, note_of(layout.part(shard.number))) for shard in shards]
    present = [note for shard, note in notes if note is not None and note.scan == scan_digest(shard, note.settings)]
    if len(present) < len(shards):
        raise IncompleteScanError(
            f"{len(shards) - len(present)} of {len(shards)} shards are not scanned yet",
            advice="Run `safehold dataset scan` for every slice with the same --out, then decide.",
        )
    if len({note.settings.digest for note in present}) > 1:
        raise IncompleteScanError(
            "the slices were not scanned under the same settings",
            advice="Run `safehold dataset scan` again with one policy and one set of banks: it redoes what differs.",
        )
    return present


def judge_shard(layout: Layout, shard: Shard, basis: Basis, *, source_findings: tuple[Finding, ...]) -> pa.Table:
    """Return a shard's decisions, from its committed decision part if that is still true, else judged and committed.

    Raises:
        DamagedStateError: the scan part can't be read.
    """
    part, note = read_part(layout.part(shard.number))
    digest = _shard_digest(basis.digest, note, source_findings)
    kept = _kept_decisions(layout, shard, digest)
    if kept is not None:
        return kept
    decisions = judge(part, shard, basis, source_findings=source_findings)
    write_atomic(layout.decision(shard.number), encode(decisions, digest))
    return decisions


def read_decisions(layout: Layout, shard: Shard) -> pa.Table:
    """Return a shard's committed decisions.

    Raises:
        DamagedStateError: there are none that can be read.
    """
    try:
        return decode(layout.decision(shard.number).read_bytes())[0]
    except OSError as error:
        raise DamagedStateError("a decision part is missing", advice="Run `safehold dataset decide` again.") from error


def conclude(layout: Layout, shards: Sequence[Shard], basis: Basis) -> Decided:
    """Count what would remain, separate it, and commit the conclusion."""
    remaining: Counter[str] = Counter()
    state = hashlib.sha256(basis.digest.encode())
    for shard in shards:
        data = layout.decision(shard.number).read_bytes()
        state.update(hashlib.sha256(data).digest())
        remaining.update(_remaining_claims(decode(data)[0]))
    decided = Decided(state.hexdigest(), separate(remaining, basis.policy))
    fields = {
        "digest": decided.digest,
        "removed": sorted(decided.separation.removed),
        "outputs": decided.separation.outputs,
        "tolerated": decided.separation.tolerated,
    }
    write_atomic(layout.decided, json.dumps(fields, sort_keys=True).encode())
    return decided


def final_actions(decisions: pa.Table, separation: Separation) -> Iterator[Action]:
    """Yield each record's action after separation over the mix, in order.

    Separation takes from what would stay. A held record stays held: with both concepts in it, a person must look at
    it; should they free it, its concept leaves the mix all the same.
    """
    for action, claimed in zip(
        decisions.column("action").to_pylist(), decisions.column("claims").to_pylist(), strict=True
    ):
        leaves = bool(claimed) and not separation.removed.isdisjoint(claimed)
        yield Action.DENY if leaves and action == Action.ALLOW.value else Action(action)


def _shard_digest(basis: str, note: PartNote, source_findings: tuple[Finding, ...]) -> str:
    told = [basis, note.scan, note.content, [finding.reference for finding in source_findings]]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _kept_decisions(layout: Layout, shard: Shard, digest: str) -> pa.Table | None:
    path = layout.decision(shard.number)
    if not path.exists():
        return None
    try:
        table, made_under = decode(path.read_bytes())
    except DamagedStateError:
        return None
    return table if made_under == digest else None


def _remaining_claims(decisions: pa.Table) -> Counter[str]:
    allowed = decisions.filter(pc.equal(decisions.column("action"), Action.ALLOW.value))
    counted = pc.value_counts(pc.list_flatten(allowed.column("claims"))).to_pylist()
    return Counter({row["values"]: row["counts"] for row in counted})
