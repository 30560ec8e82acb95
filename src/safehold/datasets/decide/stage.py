"""The decide stage: judge every shard, then keep concepts apart over the whole mix. Cheap, versioned, repeatable.

1. Every scan part must be there, made under the same settings.
2. Each shard is judged by itself; a decision part whose digest is unchanged is kept.
3. Claims that would remain are counted over the mix, and what separation takes away is written last, as the record
   that the stage is complete.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from safehold.datasets.decide.basis import Basis
from safehold.datasets.decide.decision import decode, encode
from safehold.datasets.decide.judgement import is_text_only, judge, judged_again
from safehold.datasets.errors import DamagedStateError, IncompleteScanError
from safehold.datasets.layout import Layout
from safehold.datasets.scan.part import PartNote, decode_part, note_of, scan_digest
from safehold.datasets.sources import Shard
from safehold.home import write_atomic
from safehold.screening import Policy, Separation, separate
from safehold.vocabulary import Action, Finding

_ACTIONS = {action.value: action for action in Action}


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
    data = layout.part(shard.number).read_bytes()
    digest = _shard_digest(basis.digest, data, source_findings)
    kept = _kept_decisions(layout, shard, digest)
    if kept is not None:
        return kept
    part, _ = decode_part(data)
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
    policy = _policy_of_mix(layout, shards, basis.policy)
    remaining: Counter[str] = Counter()
    state = hashlib.sha256(basis.digest.encode())
    for shard in shards:
        data = layout.decision(shard.number).read_bytes()
        state.update(hashlib.sha256(data).digest())
        remaining.update(_remaining_claims(decode(data)[0]))
    decided = Decided(state.hexdigest(), separate(remaining, policy))
    fields = {
        "digest": decided.digest,
        "removed": sorted(decided.separation.removed),
        "outputs": decided.separation.outputs,
        "tolerated": decided.separation.tolerated,
    }
    write_atomic(layout.decided, json.dumps(fields, sort_keys=True).encode())
    return decided


def read_conclusion(layout: Layout) -> Decided:
    """Return what `conclude` committed last.

    Raises:
        DamagedStateError: there is none that can be read.
    """
    try:
        fields = json.loads(layout.decided.read_bytes())
        return Decided(
            fields["digest"],
            Separation(
                removed=frozenset(fields["removed"]),
                outputs=tuple((first, second) for first, second in fields["outputs"]),
                tolerated=tuple((first, second) for first, second in fields["tolerated"]),
            ),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedStateError("the dataset is not decided", advice="Run `safehold dataset decide` first.") from error


def _policy_of_mix(layout: Layout, shards: Sequence[Shard], policy: Policy) -> Policy:
    """Return the policy as it applies to the whole mix: what it says of text holds only if there is nothing else.

    Whether there is something else is known only now: shards of text are judged again if that makes a difference.
    """
    texts = [shard for shard in shards if is_text_only(read_decisions(layout, shard), shard)]
    of_mix = policy.as_text_only() if len(texts) == len(shards) else policy
    if policy.separation.within_record != policy.text_separation.within_record:
        for shard in texts:
            decisions, digest = decode(layout.decision(shard.number).read_bytes())
            write_atomic(layout.decision(shard.number), encode(judged_again(decisions, of_mix), digest))
    return of_mix


def final_actions(decisions: pa.Table, separation: Separation) -> Iterator[Action]:
    """Yield each record's action after separation over the mix, in order; see `final_names`."""
    yield from map(_ACTIONS.__getitem__, final_names(decisions, separation).to_pylist())


def final_names(decisions: pa.Table, separation: Separation) -> pa.StringArray:
    """Return the name of each record's action after separation over the mix, in order.

    Separation takes from what would stay. A held record stays held: with both concepts in it, a person must look at
    it; should they free it, its concept leaves the mix all the same.
    """
    actions = decisions.column("action").combine_chunks()
    leaves = _leaving(decisions.column("claims").combine_chunks(), separation) & _equal(actions, Action.ALLOW.value)
    return pc.if_else(pa.array(leaves), Action.DENY.value, actions) if leaves.any() else actions


def _leaving(claims: pa.ListArray, separation: Separation) -> NDArray[np.bool_]:
    """Return which records claim a concept that leaves the mix, or concepts that belong into different outputs."""
    has = {concept: _claiming(claims, concept) for concept in _concepts_of(separation)}
    leaves: NDArray[np.bool_] = np.zeros(len(claims), np.bool_)
    for concept in separation.removed:
        leaves |= has[concept]
    for first, second in separation.outputs:
        leaves |= has[first] & has[second]
    for one, other in combinations(sorted({second for _, second in separation.outputs}), 2):
        leaves |= has[one] & has[other]
    return leaves


def _concepts_of(separation: Separation) -> frozenset[str]:
    return separation.removed.union(*separation.outputs)


def _claiming(claims: pa.ListArray, concept: str) -> NDArray[np.bool_]:
    claiming: NDArray[np.bool_] = np.zeros(len(claims), np.bool_)
    claiming[claims.value_parent_indices().to_numpy()[_equal(claims.flatten(), concept)]] = True
    return claiming


def _equal(values: pa.StringArray, word: str) -> NDArray[np.bool_]:
    equal: NDArray[np.bool_] = pc.equal(values, word).to_numpy(zero_copy_only=False)
    return equal


def _shard_digest(basis: str, part: bytes, source_findings: tuple[Finding, ...]) -> str:
    """Return the decide digest of a shard; over the part's own bytes, since a shard that fails may fail elsewhere."""
    told = [basis, hashlib.sha256(part).hexdigest(), [finding.reference for finding in source_findings]]
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
