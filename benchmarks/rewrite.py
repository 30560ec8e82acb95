"""Rewriting a tar without 1 % of its samples: ours beside webdataset's `TarWriter`, both with SHA-256 and fsync.

webdataset is used as its documentation shows for filtering: samples are read undecoded, written with `encoder=False`.
Both outputs are read with `tarfile` before anything is timed, and must hold the kept members byte for byte.
"""

import argparse
import hashlib
import io
import os
import random
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import webdataset

from benchmarks.measure import alternate, line
from safehold.datasets.sources import Output, discover, rewrite

SAMPLES = 2000
MEDIAN_BYTES = 60_000
DROPPED = 0.01
MTIME = 1_700_000_000.0


class HashingFile(io.RawIOBase):
    """What a user of `TarWriter` passes to get the digest that ours computes on the way."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Write and hash."""
        self.digest.update(data)
        return self._file.write(data)


def generate(path: Path, random_: random.Random) -> list[str]:
    """Write a shard of noise in the shape of pictures with captions and sidecars; return its keys."""
    keys = [f"{number:09d}" for number in range(SAMPLES)]
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for key in keys:
            picture = random_.randbytes(int(MEDIAN_BYTES * random_.lognormvariate(0, 0.5)))
            for extension, content in (
                ("jpg", picture),
                ("json", b'{"caption": "a red cube"}'),
                ("txt", b"a red cube"),
            ):
                info = tarfile.TarInfo(f"{key}.{extension}")
                info.size, info.mtime = len(content), int(MTIME)
                tar.addfile(info, io.BytesIO(content))
    return keys


def with_webdataset(source: Path, kept: frozenset[str], destination: Path) -> str:
    """Copy the kept samples as webdataset's documentation does, and return the output's digest."""
    temporary = destination.with_suffix(".tmp")
    samples = webdataset.WebDataset(str(source), shardshuffle=False)
    with temporary.open("wb") as file:
        hashing = HashingFile(file)
        with webdataset.TarWriter(hashing, encoder=False, mtime=MTIME) as writer:
            for sample in samples:
                if sample["__key__"] in kept:
                    writer.write(sample)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(destination)
    return hashing.digest.hexdigest()


def contents(path: Path) -> dict[str, str]:
    """Return the digest of every member by name."""
    with tarfile.open(path) as tar:
        return {one.name: hashlib.sha256(tar.extractfile(one).read()).hexdigest() for one in tar}


def require_same(source: Path, kept: frozenset[str], outputs: list[Path]) -> None:
    expected = {name: digest for name, digest in contents(source).items() if name.partition(".")[0] in kept}
    for output in outputs:
        if contents(output) != expected:
            raise SystemExit(f"{output.name}: kept members are not what they were")


def compare(folder: Path, seconds: float) -> str:
    source, ours, other = folder / "in" / "00000.tar", folder / "ours.tar", folder / "other.tar"
    source.parent.mkdir()
    random_ = random.Random(2)
    keys = generate(source, random_)
    kept = frozenset(keys) - frozenset(random_.sample(keys, int(SAMPLES * DROPPED)))
    output = discover([str(source)]).outputs[0]
    works = run_ours(output, kept, ours), lambda: with_webdataset(source, kept, other)
    for work in works:
        work()
    require_same(source, kept, [ours, other])
    timings = alternate(*works, seconds=seconds)
    rates = [source.stat().st_size / timing.seconds / 1e6 for timing in timings]
    return line(
        name="rewrite", unit="MB per processor second", ours=rates[0], other=rates[1], timings=timings,
        dropped=DROPPED, samples=SAMPLES, kept_members="byte-identical on both sides",
    )  # fmt: skip


def run_ours(output: Output, kept: frozenset[str], destination: Path) -> Callable[[], object]:
    return lambda: rewrite(output, kept.__contains__, destination)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object on one line (the only form there is)")
    parser.add_argument("--seconds", type=float, default=8.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(compare(Path(folder), options.seconds))


if __name__ == "__main__":
    main()
