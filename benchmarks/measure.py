"""Time work fairly on a shared machine: in alternation, by the median, with the processor time really obtained.

ours, other = alternate(lambda: pdq(luma, flavours), lambda: pdqhash.compute(rgb), seconds=2)
print(line(name="pdq", unit="pictures/s", ours=1 / ours.seconds, other=1 / other.seconds, timings=(ours, other)))
"""

import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

FEWEST_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Timing:
    """How long one run takes.

    Attributes:
        seconds: the median of the processor time of a run, all threads together.
        spread: the middle half's width as a share of the median; above 0.2 the machine was busy.
        cores_obtained: processor time over wall time of all runs: below 1 others held the processor.
        rounds: how many runs were timed.
    """

    seconds: float
    spread: float
    cores_obtained: float
    rounds: int


def alternate(*works: Callable[[], object], seconds: float = 2.0) -> tuple[Timing, ...]:
    """Time the works in turns, so that whatever slows the machine slows each of them.

    Each runs once untimed, then for about ``seconds`` all together, at least FEWEST_ROUNDS times each.
    """
    for work in works:
        work()
    runs: list[list[tuple[float, float]]] = [[] for _ in works]
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(runs[-1]) < FEWEST_ROUNDS:
        for work, own in zip(works, runs, strict=True):
            own.append(_run(work))
    return tuple(_timing(own) for own in runs)


def _run(work: Callable[[], object]) -> tuple[float, float]:
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def _timing(runs: Sequence[tuple[float, float]]) -> Timing:
    processor = [run[1] for run in runs]
    median = statistics.median(processor)
    quarters = statistics.quantiles(processor, n=4)
    wall = sum(run[0] for run in runs)
    return Timing(median, (quarters[2] - quarters[0]) / median if median else 0.0, sum(processor) / wall, len(runs))


def line(*, name: str, unit: str, ours: float, other: float, timings: Sequence[Timing], **more: object) -> str:
    """Return one benchmark's result as one line of JSON; ``ratio`` is ours over the other's."""
    return json.dumps(
        {
            "name": name,
            "ours": round(ours, 3),
            "other": round(other, 3),
            "ratio": round(ours / other, 2),
            "unit": unit,
            "cores_obtained": round(min(timing.cores_obtained for timing in timings), 2),
            "spread": round(max(timing.spread for timing in timings), 2),
        }
        | more
    )
