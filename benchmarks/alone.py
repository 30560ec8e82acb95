"""Hashing and matching alone, as a program uses them without a home: recall, speed and memory in both engines.

    python -m benchmarks.alone [--json] [--sizes ENTRIES ...]

Each engine runs in a process of its own. Half of the queries are random, half are entries with 0 to 31 bits changed;
``recall`` is the share of the pairs within 31 bits, as linear search gives them, that the index finds, on a sample, and
the index must find no others. Memory is what the process holds more after the index was made than before. The figures
of docs/python-api.md are this line: ``python docs/figures.py --measure``.
"""

import argparse
import json
import os
import subprocess
import sys
from importlib.util import find_spec

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read once, when numpy is imported

import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.listed import Values, random_values
from benchmarks.match import LinearPeer, queries
from benchmarks.measure import Timing, alternate, line
from benchmarks.pictures import jpeg, luma
from safehold.matching import Index, bank_of, linear_search
from safehold.media import Limits, open_image
from safehold.native import Engine, in_use
from safehold.signals import pdq
from safehold.vocabulary import Algorithm, Bits, HarmClass, PdqFlavour

THRESHOLD = Bits(31)
BATCH = 2048
SINGLES = 64
SAMPLE = 64
SIZES = (10_000, 100_000, 1_000_000)
PICTURES = 6
SIDES = (512, 1024)
FULL = (PdqFlavour.FULL,)
LIMITS = Limits()


def of_engine(sizes: list[int]) -> dict[str, Any]:
    """Return everything that is measured with the engine of this process."""
    matched = {str(size): matching(size) for size in sizes}
    return {"engine": in_use(), "matching": matched, "hashing": {str(side): hashing(side) for side in SIDES}}


def matching(size: int) -> dict[str, Any]:
    listed = random_values(size, 32, seed=1)
    asked = queries(listed, 2 * BATCH)
    before, started = resident_bytes(), time.process_time()
    index = Index.over([bank_of("mine", listed, harm_class=HarmClass.TEST)])
    built, grown = time.process_time() - started, resident_bytes() - before
    linear, few = LinearPeer(listed), max(2, min(SAMPLE, 10_000_000 // size))

    def batched() -> None:
        for first in range(0, len(asked), BATCH):
            index.lookup(Algorithm.PDQ, asked[first : first + BATCH], threshold=THRESHOLD)

    def singly() -> None:
        for place in range(SINGLES):
            index.lookup(Algorithm.PDQ, asked[place : place + 1], threshold=THRESHOLD)

    timings = alternate(batched, singly, lambda: linear.search(asked[:few]), seconds=4)
    return {
        "batched": round(len(asked) / timings[0].seconds),
        "singly": round(SINGLES / timings[1].seconds),
        "linear": round(few / timings[2].seconds, 1),
        "build_seconds": round(built, 2),
        "bytes_an_entry": round(grown / size),
        "recall": recall(index, listed, asked[:SAMPLE]),
        **told(timings),
    }


def recall(index: Index, listed: Values, asked: Values) -> float:
    """Return the share of the true pairs that the index finds; refuse any pair that is not true."""
    query, row, _ = linear_search(listed, asked, THRESHOLD)
    expected = set(zip(query.tolist(), row.tolist(), strict=True))
    hits = index.lookup(Algorithm.PDQ, asked, threshold=THRESHOLD)
    found = set(zip(hits.query.tolist(), hits.entry.tolist(), strict=True))
    if found - expected:
        raise SystemExit("the index finds what linear search does not")
    return len(found) / len(expected)


def hashing(side: int) -> dict[str, Any]:
    planes = [luma(side * 3 // 4, side, seed=seed) for seed in range(PICTURES)]
    files = [jpeg(side * 3 // 4, side, seed=seed) for seed in range(PICTURES)]
    works = [
        lambda: [pdq(plane, FULL) for plane in planes],
        lambda: [pdq(frame.luma, FULL) for file in files for frame in open_image(file, LIMITS)],
    ]
    if find_spec("pdqhash"):
        import pdqhash  # noqa: PLC0415 - not everybody has it

        colours = [np.repeat(plane[:, :, None], 3, axis=2) for plane in planes]
        works.append(lambda: [pdqhash.compute(colour) for colour in colours])
    timings = alternate(*works, seconds=4)
    rates = dict(zip(("decoded", "jpeg", "pdqhash"), (round(PICTURES / one.seconds) for one in timings), strict=False))
    return {**rates, **told(timings)}


def told(timings: tuple[Timing, ...]) -> dict[str, float]:
    return {
        "spread": round(max(one.spread for one in timings), 2),
        "cores_obtained": round(min(one.cores_obtained for one in timings), 2),
    }


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def in_process_of(engine: Engine, sizes: list[int]) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.alone", "--one", "--sizes", *map(str, sizes)]
    done = subprocess.run(command, env=os.environ | {"SAFEHOLD_ENGINE": engine.value}, capture_output=True, check=True)
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON; it always does, for the sake of one habit")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), metavar="ENTRIES")
    parser.add_argument("--one", action="store_true", help="measure the engine in use, in this process")
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(of_engine(arguments.sizes)))
        return
    wanted = [Engine.NATIVE, Engine.NUMPY] if find_spec("safehold.native._kernels") else [Engine.NUMPY]
    engines = {engine.value: in_process_of(engine, arguments.sizes) for engine in wanted}
    best = next(iter(engines.values()))["matching"][str(arguments.sizes[-1])]
    timing = Timing(0.0, best["spread"], best["cores_obtained"], 0)
    result = line(
        name=f"hashing and matching alone; lookups among {arguments.sizes[-1]} entries",
        unit="lookups per processor second, other is linear search",
        ours=best["batched"],
        other=best["linear"],
        timings=[timing],
        recall=best["recall"],
        engines=engines,
    )
    print(result)


if __name__ == "__main__":
    main()
