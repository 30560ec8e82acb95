"""What a scan of the benchmark wrote, compared with what the other side makes of the same pictures."""

import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pdqhash
import simplejpeg
from PIL import Image

from safehold.datasets.layout import Layout
from safehold.datasets.scan.part import read_part
from safehold.datasets.sources.places.blobs import sha256_of
from safehold.signals import Print, queries
from safehold.vocabulary import PdqFlavour

FAR_BITS = 10
"""A third of the usual threshold: pdqhash reads the colours of the same file, ours its luma."""
SAMPLE = 20

Prints = Callable[[bytes], Iterator[tuple[str, Print]]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a scan left: of every shard the digest of its part, and that of its tar in the cleaned dataset."""

    parts: tuple[str, ...]
    clean: tuple[str, ...]


def outcome(out: Path, shards: Sequence[Path]) -> Outcome:
    """Read the outcome of a finished scan; it stays what it is when `out` goes."""
    layout = Layout(out)
    parts = tuple(sha256_of(str(layout.part(number))) for number in range(len(shards)))
    return Outcome(parts, tuple(sha256_of(str(out / "clean" / shard.name)) for shard in shards))


def require_same_observations(out: Path, shards: Sequence[Path], picture: Callable[[int], bytes], made: Prints) -> int:
    """Refuse a scan that saw less or else than the other side; return how many pictures it saw.

    Args:
        out: of a finished scan.
        shards: what it scanned; their records are named by numbers from 0 on.
        picture: gives the file of a number.
        made: makes the prints that a picture has to have, with the names of variants.
    """
    seen = 0
    expected: dict[bytes, list[object]] = {}
    for number in range(len(shards)):
        for row in read_part(Layout(out).part(number))[0].to_pylist():
            data = picture(seen)
            if data not in expected:
                expected[data] = _expected(data, made)
            if int(row["record"]) != seen or row["gaps"] or [_told(one) for one in row["members"]] != [expected[data]]:
                raise SystemExit("the scan and the other side did not do the same work")
            seen += 1
    return seen


def _expected(data: bytes, made: Prints) -> list[object]:
    digests = [hashlib.sha256(data), hashlib.sha1(data), hashlib.md5(data)]  # noqa: S324 - what lists hold
    prints = sorted((name, one.flavour.value, one.value, one.quality) for name, one in made(data))
    return [len(data), [one.digest() for one in digests], prints]


def _told(member: dict[str, object]) -> list[object]:
    rows = [("", one) for one in member["prints"]] + [(one["variant"], one) for one in member["variants"]]
    prints = sorted((name, one["flavour"], one["value"], one["quality"]) for name, one in rows)
    return [member["bytes"], [member["sha256"], member["sha1"], member["md5"]], prints]


def by_our_kernels(flavours: Sequence[PdqFlavour], variants: Sequence[object]) -> Prints:
    """Return what makes the prints that the bare loop makes."""
    return lambda data: queries(simplejpeg.decode_jpeg(data, "GRAY")[:, :, 0], flavours, variants)


def bits_from_pdqhash(pictures: Sequence[bytes]) -> int:
    """Return the largest distance of our plain prints to those of the pool, over some pictures; refuse a far one."""
    farthest = 0
    for data in pictures[:SAMPLE]:
        theirs, _ = pdqhash.compute(np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))
        own = next(one for _, one in by_our_kernels([PdqFlavour.FULL], [])(data))
        differing = int.from_bytes(own.value) ^ int.from_bytes(np.packbits(theirs).tobytes())
        farthest = max(farthest, differing.bit_count())
    if farthest > FAR_BITS:
        raise SystemExit("the prints of the two sides differ")
    return farthest
