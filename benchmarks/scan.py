"""Scan: a whole `dataset scan` of JPEG WebDataset shards beside the bare work that it can't avoid, or a naive pool.

    python -m benchmarks.scan [--json] [--size PIXELS] [--images N] [--workers N] [--against bare|one|pool|ceiling]
                              [--listed N] [--dense] [--synced]

bare    one loop over bytes in memory-mapped shards: SHA-256, SHA-1, MD5, grey decode, and PDQ in the flavours and
        variants that a scan computes by default, with our kernels
ceiling the same loop in `--workers` processes that are up already, each of which also writes its shards again without
        three listed pictures; ours has to find those three by their digests, and leaves them out as well. Ours also
        digests what it writes and waits until the disk has it; with --synced, the ceiling waits for the disk too
one     ours with one worker, beside ours with `--workers`; over 20 000 pictures if nothing is said, since of fewer
        the last shards, on which the workers don't end together, weigh too much
pool    `--workers` processes that decode with Pillow, hash with `pdqhash` and compute the same digests

Ours is everything a user waits for once children are up: scan, lookups against `--listed` made-up entries and the
built-in bank, decisions, the cleaned dataset, manifest, card and certificate. Its own start-up is measured and
printed beside it.

All scans must leave the same parts and cleaned tars, with the digests and prints that the bare loop makes of every
picture; the cleaned tars must be what the ceiling wrote, or the source where nothing is listed. Of the pool the prints
of some pictures are compared: `bits_from_pdqhash` is the largest distance. Anything else ends this with an error.
"""

import argparse
import hashlib
import io
import json
import mmap
import multiprocessing
import os
import resource
import shutil
import statistics
import tarfile
import tempfile
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read once, when numpy is imported

import numpy as np
import pdqhash
import simplejpeg
from PIL import Image

from benchmarks._scan_compared import (
    Outcome,
    bits_from_pdqhash,
    by_our_kernels,
    outcome,
    require_same_observations,
)
from benchmarks.pictures import DENSE, jpeg
from safehold.classification.text import CaptionRules, builtin_lexicons
from safehold.datasets.equipment import Equipment
from safehold.datasets.orders import ScanOrder
from safehold.datasets.register import load_register
from safehold.datasets.safeguard import scan
from safehold.datasets.sources.places.blobs import sha256_of
from safehold.ledger import SigningKey
from safehold.matching import BankTraits
from safehold.signals import Variant, digest, queries
from safehold.vocabulary import HarmClass, PdqFlavour, SystemClock
from safehold.wiring import Workshop, open_workshop

DISTINCT = 200
IMAGES, IMAGES_AGAINST_ONE = 6_000, 20_000
SHARD_IMAGES = 500
ROUNDS = 3
FLAVOURS = (PdqFlavour.FULL, PdqFlavour.NEAREST_512)
VARIANTS = (Variant.UNLETTERBOXED, Variant.MIRRORED)
"""What a scan computes by default, and so what the bare loop has to."""


@dataclass(frozen=True, slots=True)
class Run:
    """One timed run: wall seconds, and processor seconds of it and its children."""

    wall: float
    processor: float


def timed(work: Callable[[], object]) -> Run:
    """Time a run with all the processes that it ends."""
    wall, before = time.perf_counter(), _processor()
    work()
    return Run(time.perf_counter() - wall, _processor() - before)


def _processor() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def write_shards(folder: Path, images: int, size: int, *, steepness: float | None = None) -> list[Path]:
    """Write shards of JPEGs with captions; names differ, pictures repeat after DISTINCT."""
    count = min(images, DISTINCT)
    pictures = [jpeg(size * 3 // 4, size, seed=seed, steepness=steepness) for seed in range(count)]
    shards = []
    for first in range(0, images, SHARD_IMAGES):
        shards.append(folder / f"{len(shards):05d}.tar")
        with tarfile.open(shards[-1], "w", format=tarfile.USTAR_FORMAT) as tar:
            for number in range(first, min(first + SHARD_IMAGES, images)):
                members = {"jpg": pictures[number % DISTINCT], "txt": f"a red cube beside wall {number}".encode()}
                for extension, data in members.items():
                    entry = tarfile.TarInfo(f"{number:07d}.{extension}")
                    entry.size = len(data)
                    tar.addfile(entry, io.BytesIO(data))
    return shards


def ranges(shard: Path) -> list[tuple[int, int]]:
    """Return where the JPEGs of a shard lie: known beforehand, so that the bare loop pays nothing for it."""
    with tarfile.open(shard) as tar:
        return [(entry.offset_data, entry.size) for entry in tar if entry.name.endswith(".jpg")]


def bare(shards: list[Path], places: list[list[tuple[int, int]]]) -> None:
    """Do what no scanner can avoid."""
    for shard, members in zip(shards, places, strict=True):
        with shard.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            view = memoryview(mapped)
            for start, size in members:
                data = view[start : start + size]
                digest(data)
                list(queries(simplejpeg.decode_jpeg(data, "GRAY")[:, :, 0], FLAVOURS, VARIANTS))
                data.release()
            view.release()


@dataclass(frozen=True, slots=True)
class Task:
    """One shard of the ceiling: where its JPEGs lie, which bytes go, and where the rest is written."""

    shard: Path
    members: list[tuple[int, int]]
    cuts: list[tuple[int, int]]
    out: Path
    is_synced: bool


def ceiling_shard(task: Task) -> None:
    """Do what no scanner can avoid, and write the shard again without what goes."""
    bare([task.shard], [task.members])
    position = 0
    with (
        task.shard.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
        memoryview(mapped) as view,
        task.out.open("wb") as out,
    ):
        for start, stop in [*task.cuts, (len(view), len(view))]:
            with view[position:start] as kept:
                out.write(kept)
            position = stop
        if task.is_synced:
            out.flush()
            os.fsync(out.fileno())


def cuts(shard: Path, numbers: Collection[int]) -> list[tuple[int, int]]:
    """Return which bytes of a shard belong to the records with some numbers."""
    with tarfile.open(shard) as tar:
        entries = tar.getmembers()
    starts = [entry.offset for entry in entries] + [shard.stat().st_size]
    return [(starts[place], starts[place + 1]) for place, entry in enumerate(entries) if int(entry.name[:7]) in numbers]


def naive_shard(task: Task) -> int:
    """Do the same work with Pillow and pdqhash, as one would write it first."""
    images = 0
    with tarfile.open(task.shard) as tar:
        for entry in tar:
            file = tar.extractfile(entry)
            if file is None or not entry.name.endswith(".jpg"):
                continue
            data = file.read()
            for algorithm in (hashlib.sha256, hashlib.sha1, hashlib.md5):
                algorithm(data).digest()
            pdqhash.compute(np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))
            images += 1
    return images


class Processes:
    """Worker processes that are up before the clock starts, as ours are."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._pool = multiprocessing.get_context("spawn").Pool(workers)
        self._pool.map(_warm, range(8 * workers), chunksize=1)

    def timed(self, work: Callable[[Task], object], tasks: list[Task]) -> Run:
        """Time work spread over the processes, with the processor time that it took them."""
        wall = time.perf_counter()
        processor = sum(self._pool.imap_unordered(partial(_measured, work), tasks, chunksize=1))
        return Run(time.perf_counter() - wall, processor)

    def close(self) -> None:
        """End the processes."""
        self._pool.terminate()


def _warm(_: int) -> None:
    time.sleep(0.05)


def _measured(work: Callable[[Task], object], task: Task) -> float:
    before = time.process_time()
    work(task)
    return time.process_time() - before


def equipment_of(workshop: Workshop) -> Equipment:
    """Return what `dataset scan` works with on this home."""
    lexicons = builtin_lexicons()
    return Equipment(
        index=workshop.index(),
        policy=workshop.policy(),
        captions=CaptionRules(lexicons),
        lexicons=lexicons,
        register=load_register(),
        classifiers=(),
        ledger=workshop.ledger,
        key=SigningKey.load_or_create(workshop.home.keys, "installation"),
        vault=None,
        clock=SystemClock(),
        actor="benchmark",
    )


def list_made_up(workshop: Workshop, folder: Path, entries: int) -> None:
    """Import a bank of made-up PDQ values."""
    if not entries:
        return
    rows = np.random.default_rng(7).integers(0, 256, (entries, 32), dtype=np.uint8)
    listing = folder / "made-up.csv"
    listing.write_text("algorithm,value\n" + "".join(f"pdq,{row.tobytes().hex()}\n" for row in rows))
    traits = BankTraits(harm_class=HarmClass.CSAM, legal_basis="made-up values", pdq_flavour=PdqFlavour.FULL)
    workshop.banks.import_file("made-up", listing, traits)


def list_picture(workshop: Workshop, folder: Path, picture: bytes) -> None:
    """Import a bank that lists one of the benchmark's own pictures by its digest."""
    listing = folder / "picture.csv"
    listing.write_text(f"algorithm,value\nsha256,{hashlib.sha256(picture).hexdigest()}\n")
    workshop.banks.import_file("picture", listing, BankTraits(harm_class=HarmClass.CSAM, legal_basis="made-up list"))


class Contest:
    """Ours and the other side over the same shards."""

    def __init__(self, folder: Path, arguments: argparse.Namespace) -> None:
        self._folder, self._against, self._workers = folder, arguments.against, arguments.workers
        self._images = arguments.images
        steepness = DENSE if arguments.dense else None
        self.shards = write_shards(folder, arguments.images, arguments.size, steepness=steepness)
        self._few = write_shards(_made(folder / "few"), 2, arguments.size, steepness=steepness)
        rewritten, listed = _made(folder / "ceiling"), range(0, arguments.images, DISTINCT)
        self._tasks = [
            Task(shard, ranges(shard), cuts(shard, listed), rewritten / shard.name, arguments.synced)
            for shard in self.shards
        ]
        self._processes = Processes(self._workers) if self._against in PROCESSES else None
        self._outs = 0
        self._outcome: Outcome | None = None

    def first_picture(self) -> bytes:
        """Return the picture that comes again after DISTINCT, from the shards themselves."""
        start, size = self._tasks[0].members[0]
        return self.shards[0].read_bytes()[start : start + size]

    def ours(self, equipment: Equipment, shards: list[Path], workers: int) -> Run:
        """Time a whole scan."""
        self._outs += 1
        out = self._folder / f"out{self._outs}"
        run = timed(lambda: scan(ScanOrder(tuple(map(str, shards)), out, workers=workers), equipment))
        if shards is self.shards:
            self._compare(out)
        shutil.rmtree(out)
        return run

    def _compare(self, out: Path) -> None:
        """Refuse a scan that did other work than the other side, or than the scan before."""
        found = outcome(out, self.shards)
        if self._outcome is None:
            made = by_our_kernels(FLAVOURS, VARIANTS)
            if require_same_observations(out, self.shards, self._pictures().__getitem__, made) != self._images:
                raise SystemExit("the scan did not see every picture")
            self._outcome = found
        if found != self._outcome:
            raise SystemExit("two scans of the same shards differ")

    def _pictures(self) -> list[bytes]:
        """Return the pictures of all shards in order; those that repeat are there once."""
        once: dict[bytes, bytes] = {}
        files = ((shard.read_bytes(), task) for shard, task in zip(self.shards, self._tasks, strict=True))
        found = (file[start : start + size] for file, task in files for start, size in task.members)
        return [once.setdefault(data, data) for data in found]

    def compared(self) -> dict[str, object]:
        """Compare what both sides left at the end, and return what is worth telling."""
        written = [task.out for task in self._tasks] if self._against == "ceiling" else self.shards
        if self._outcome is None or self._outcome.clean != tuple(sha256_of(str(file)) for file in written):
            raise SystemExit("the cleaned dataset is not what it should be")
        return {"bits_from_pdqhash": bits_from_pdqhash(self._pictures())} if self._against == "pool" else {}

    def start_up(self, equipment: Equipment, workers: int) -> Run:
        """Time a scan of two pictures: everything that does not grow."""
        return self.ours(equipment, self._few, workers)

    def other(self, equipment: Equipment) -> Run:
        """Time the other side."""
        if self._processes:
            return self._processes.timed(PROCESSES[self._against], self._tasks)
        if self._against == "one":
            return self.ours(equipment, self.shards, 1)
        return timed(lambda: bare(self.shards, [task.members for task in self._tasks]))

    def close(self) -> None:
        """End the other side's processes, if it has some."""
        if self._processes:
            self._processes.close()


PROCESSES: dict[str, Callable[[Task], object]] = {"pool": naive_shard, "ceiling": ceiling_shard}


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def contest(folder: Path, arguments: argparse.Namespace) -> dict[str, object]:
    """Run both sides in turns and return the result."""
    told = Contest(folder, arguments)
    with open_workshop(folder / "home", environment={"SAFEHOLD_ACTOR": "benchmark"}) as workshop:
        list_made_up(workshop, folder, arguments.listed)
        if arguments.against == "ceiling":
            list_picture(workshop, folder, told.first_picture())
        equipment = equipment_of(workshop)
        runs = []
        for _ in range(ROUNDS):
            ours = told.ours(equipment, told.shards, arguments.workers)
            runs.append((ours, told.start_up(equipment, arguments.workers), told.other(equipment)))
        one = told.start_up(equipment, 1) if arguments.against == "one" else None
    told.close()
    compared = told.compared()
    return _result(arguments, runs, one, sum(shard.stat().st_size for shard in told.shards)) | compared


def _result(
    arguments: argparse.Namespace, runs: list[tuple[Run, Run, Run]], one: Run | None, shard_bytes: int
) -> dict[str, object]:
    start = statistics.median(run.wall for _, run, _ in runs)
    other_start = one.wall if one else 0.0
    if any(min(ours.wall - few.wall, other.wall - other_start) <= 0 for ours, few, other in runs):
        raise SystemExit("too few pictures: a scan of them takes no longer than its start-up; say more with --images")
    ours = arguments.images / (statistics.median(run.wall for run, _, _ in runs) - start)
    other = arguments.images / (statistics.median(run.wall for _, _, run in runs) - other_start)
    return {
        "name": f"dataset scan, {arguments.size} px, {arguments.workers} workers, against {arguments.against}",
        "ours": round(ours, 1),
        "other": round(other, 1),
        "ratio": round(statistics.median((b.wall - other_start) / (a.wall - s.wall) for a, s, b in runs), 3),
        "unit": "images per second after start-up",
        "cores_obtained": round(statistics.median(run.processor / run.wall for run, _, _ in runs), 2),
        "cores_obtained_other": round(statistics.median(run.processor / run.wall for _, _, run in runs), 2),
        "processor_ms_per_image": round(
            statistics.median(a.processor - s.processor for a, s, _ in runs) / arguments.images * 1e3, 3
        ),
        "processor_ms_per_image_other": round(
            statistics.median(b.processor for _, _, b in runs) / arguments.images * 1e3, 3
        ),
        "start_up_seconds": round(start, 2),
        "images": arguments.images,
        "kilobytes_per_image": round(shard_bytes / arguments.images / 1000, 1),
        "listed": arguments.listed,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON; it always does, for the sake of one habit")
    parser.add_argument("--size", type=int, default=512, metavar="PIXELS", help="the longer side (512)")
    parser.add_argument("--images", type=int, help=f"how many ({IMAGES}; {IMAGES_AGAINST_ONE} against one)")
    parser.add_argument("--workers", type=int, default=1, help="decoding children of ours, processes of the pool (1)")
    parser.add_argument("--against", choices=("bare", "one", "pool", "ceiling"), default="bare")
    parser.add_argument("--listed", type=int, default=1_000_000, help="made-up PDQ entries in the bank (1 000 000)")
    parser.add_argument("--dense", action="store_true", help="pictures of twice a photograph's bits a pixel")
    parser.add_argument("--synced", action="store_true", help="the ceiling waits for the disk, as ours does")
    arguments = parser.parse_args()
    arguments.images = arguments.images or (IMAGES_AGAINST_ONE if arguments.against == "one" else IMAGES)
    with tempfile.TemporaryDirectory(prefix="safehold-benchmark-") as folder:
        print(json.dumps(contest(Path(folder), arguments)))


if __name__ == "__main__":
    main()
