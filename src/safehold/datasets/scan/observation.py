"""Observations: what a scan records of each record, as one immutable Arrow table a shard.

Rows are records in the order of the shard. A record whose shard could not be read to its end has a last row with
the key "" that carries the shard's gap. The table's metadata holds the scan digest, the content digest of the
shard's input and the number of bytes examined, so that a re-run can tell what it may skip.

Only fingerprints, scores, gaps and the text that rules must see again under a newer lexicon are kept; never media.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import pyarrow as pa

from safehold.examination import ObservedMember, ObservedScore
from safehold.vocabulary import Gap, MediaKind, Signal

_PLACED_GAP = pa.struct([("detector", pa.string()), ("reason", pa.string()), ("place", pa.string())])
_PRINT = pa.struct(
    [("flavour", pa.string()), ("value", pa.binary(32)), ("quality", pa.int16()), ("place", pa.string())]
)
_VARIANT = pa.struct([*_PRINT, ("variant", pa.string())])
_MEMBER = pa.struct(
    [
        ("name", pa.string()),
        ("kind", pa.string()),
        ("bytes", pa.int64()),
        ("sha256", pa.binary(32)),
        ("sha1", pa.binary(20)),
        ("md5", pa.binary(16)),
        ("prints", pa.list_(_PRINT)),
        ("variants", pa.list_(_VARIANT)),
    ]
)
_LISTED = pa.struct([("algorithm", pa.string()), ("value", pa.binary()), ("place", pa.string())])
_TEXT = pa.struct([("place", pa.string()), ("text", pa.string())])
_LABEL = pa.struct([("name", pa.string()), ("value", pa.float64())])
_SCORE = pa.struct(
    [
        ("concept", pa.string()),
        ("value", pa.float64()),
        ("detector", pa.string()),
        ("version", pa.string()),
        ("place", pa.string()),
    ]
)

SCHEMA = pa.schema(
    [
        pa.field("record", pa.string(), nullable=False),
        # "KIND,KIND|DETECTOR,DETECTOR": few distinct values, so that what a policy requires is judged once a profile
        pa.field("profile", pa.string(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("texts", pa.list_(_TEXT)),
        pa.field("labels", pa.list_(_LABEL)),
        pa.field("scores", pa.list_(_SCORE)),
        pa.field("listed", pa.list_(_LISTED)),
        pa.field("members", pa.list_(_MEMBER)),
        pa.field("gaps", pa.list_(_PLACED_GAP)),
    ]
)


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything a scan saw of one record."""

    record: str
    kinds: frozenset[MediaKind] = frozenset()
    examined: frozenset[str] = frozenset()
    url: str | None = None
    texts: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, float], ...] = ()
    scores: tuple[ObservedScore, ...] = ()
    listed: tuple[Signal, ...] = ()
    members: tuple[ObservedMember, ...] = ()
    gaps: tuple[Gap, ...] = field(default=())


@lru_cache(maxsize=1024)
def profile_of(kinds: frozenset[MediaKind], examined: frozenset[str]) -> str:
    """Name what a record holds and which detectors examined it, in one stable string."""
    return f"{','.join(sorted(kind.value for kind in kinds))}|{','.join(sorted(examined))}"


def parse_profile(profile: str) -> tuple[frozenset[MediaKind], frozenset[str]]:
    """Return the media kinds and detectors that a profile names."""
    kinds, _, examined = profile.partition("|")
    return (
        frozenset(MediaKind(kind) for kind in kinds.split(",") if kind),
        frozenset(detector for detector in examined.split(",") if detector),
    )


def tabulate(observations: Sequence[Observation]) -> pa.Table:
    """Write observations as one table of SCHEMA, in order."""
    columns = [
        [seen.record for seen in observations],
        [profile_of(seen.kinds, seen.examined) for seen in observations],
        [seen.url for seen in observations],
        [seen.texts for seen in observations],
        [seen.labels for seen in observations],
        [
            [(score.concept, score.value, score.detector, score.version, score.place) for score in seen.scores]
            for seen in observations
        ],
        [[(signal.algorithm.value, signal.value, signal.place) for signal in seen.listed] for seen in observations],
        [[_member_row(member) for member in seen.members] for seen in observations],
        [[(gap.detector, gap.reason.value, gap.place) for gap in seen.gaps] for seen in observations],
    ]
    arrays = [pa.array(column, schema_field.type) for column, schema_field in zip(columns, SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def _member_row(member: ObservedMember) -> tuple[object, ...]:
    prints = [_print_row(signal) for signal in member.prints]
    variants = [(*_print_row(signal), variant) for variant, signal in member.variants]
    return (member.name, member.kind.value, member.size_bytes, member.sha256, member.sha1, member.md5, prints, variants)


def _print_row(signal: Signal) -> tuple[object, ...]:
    return (signal.flavour.value if signal.flavour else "", signal.value, signal.quality, signal.place)
