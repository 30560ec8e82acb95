"""Ray: the scan of shards in the slots of a Ray cluster on this machine, beside as many processes of our own pool.

    python -m benchmarks.ray [--json] [--size PIXELS] [--images N] [--workers N]

The clock of each side runs from its `--workers`-th part, when every worker is up and at its next shard, to its last.
The sides take turns, and must give the same bytes. Processor time is that of the supervisor and of all below it.
Beside the rates: how much longer the first parts took (`start_up_seconds`), and the bytes of a part for an image.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read once, when numpy is imported

from benchmarks.scan import SHARD_IMAGES, write_shards
from safehold.datasets.scan.engine import Engine, ProcessEngine
from safehold.datasets.scan.ray_cluster import RayEngine
from safehold.datasets.scan.settings import ScanSettings
from safehold.datasets.sources import Shard, SourceOptions, discover
from safehold.media import Limits
from safehold.vocabulary import PdqFlavour

ROUNDS = 3
SETTINGS = ScanSettings(Limits(), (PdqFlavour.FULL, PdqFlavour.NEAREST_512))
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Run:
    """One run: seconds to the first parts, then wall and processor seconds of the rest, and all parts in order."""

    first: float
    wall: float
    processor: float
    parts: tuple[bytes, ...]


def run(engine: Engine, shards: tuple[Shard, ...], workers: int) -> Run:
    """Scan the shards, with the clock running from when all workers are up."""
    begun = time.perf_counter()
    parts: dict[int, bytes] = {}
    first = wall = processor = 0.0
    for scan in engine.submit(shards, SETTINGS):
        parts[scan.shard.number] = scan.part
        if len(parts) == workers:
            first, processor = time.perf_counter(), processor_seconds(os.getpid())
        elif len(parts) == len(shards):
            processor = processor_seconds(os.getpid()) - processor
            wall = time.perf_counter() - first
    return Run(first - begun, wall, processor, tuple(parts[number] for number in sorted(parts)))


def processor_seconds(top: int) -> float:
    """Return the processor time of a process and of all that live below it."""
    below: dict[int, list[int]] = {}
    used: dict[int, float] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            below.setdefault(int(fields[1]), []).append(int(folder.name))
            used[int(folder.name)] = (int(fields[11]) + int(fields[12])) / _TICKS
    waiting, total = [top], 0.0
    while waiting:
        process = waiting.pop()
        total += used.get(process, 0.0)
        waiting += below.get(process, [])
    return total


def contest(folder: Path, arguments: argparse.Namespace) -> dict[str, object]:
    """Run both sides in turns and return the result."""
    workers = arguments.workers
    write_shards(folder, arguments.images, arguments.size)
    shards = discover((str(folder),), SourceOptions()).shards
    engines: dict[str, Engine] = {"ray": RayEngine(workers=workers), "pool": ProcessEngine(workers)}
    runs: dict[str, list[Run]] = {name: [] for name in engines}
    for _ in range(ROUNDS):
        for name, engine in engines.items():
            runs[name].append(run(engine, shards, workers))
    if len({one.parts for side in runs.values() for one in side}) != 1:
        raise SystemExit("the sides give different parts")
    return _result(arguments, runs["ray"], runs["pool"])


def _result(arguments: argparse.Namespace, ours: list[Run], other: list[Run]) -> dict[str, object]:
    images = arguments.images - arguments.workers * SHARD_IMAGES
    wall, pool_wall = (statistics.median(one.wall for one in side) for side in (ours, other))
    used, pool_used = (statistics.median(one.processor for one in side) for side in (ours, other))
    a_shard = wall * arguments.workers / (images / SHARD_IMAGES)
    return {
        "name": f"scan of shards on Ray, {arguments.size} px, {arguments.workers} workers, against the process pool",
        "ours": round(images / wall, 1),
        "other": round(images / pool_wall, 1),
        "ratio": round(statistics.median(b.wall / a.wall for a, b in zip(ours, other, strict=True)), 3),
        "unit": "images per second after start-up",
        "cores_obtained": round(used / wall, 2),
        "cores_obtained_other": round(pool_used / pool_wall, 2),
        "processor_ms_per_image": round(used / images * 1e3, 3),
        "processor_ms_per_image_other": round(pool_used / images * 1e3, 3),
        "ratio_of_processor_time": round(pool_used / used, 3),
        "start_up_seconds": round(statistics.median(one.first for one in ours) - a_shard, 2),
        "start_up_seconds_other": round(statistics.median(one.first for one in other) - a_shard, 2),
        "part_bytes_per_image": round(sum(map(len, ours[0].parts)) / arguments.images, 1),
        "images": arguments.images,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON; it always does, for the sake of one habit")
    parser.add_argument("--size", type=int, default=512, metavar="PIXELS", help="the longer side (512)")
    parser.add_argument("--images", type=int, default=12_000, help="how many, a multiple of 500 (12 000)")
    parser.add_argument("--workers", type=int, default=2, help="decoding children of either side (2)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="safehold-benchmark-") as folder:
        print(json.dumps(contest(Path(folder), arguments)))


if __name__ == "__main__":
    main()
