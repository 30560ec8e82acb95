"""Query variants: which altered copies of listed pictures each finds, and what each costs beside the plain print.

    python -m benchmarks.variants [--json] [--pictures N]

The pictures are clouds as steep as cost what photographs cost, and dense ones, in turns. Each is listed as it is. A
copy is altered, encoded as JPEG of quality 85, decoded and asked for; it is found if a form of it lies within 31 bits.
Forms of copies are also compared with all other listed pictures: what lies within 31 bits there is a false hit.

``ours`` is the mean over all alterations of the share found with every variant, ``other`` without any.
"""

import argparse
import io
import os
from collections.abc import Callable, Iterator

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read once, when numpy is imported

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.measure import Timing, alternate, line
from benchmarks.pictures import DENSE, Picture, luma
from safehold.native import in_use
from safehold.signals import Variant, names_of, pdq, queries
from safehold.vocabulary import PdqFlavour

FULL = (PdqFlavour.FULL,)
BOTH = (PdqFlavour.FULL, PdqFlavour.NEAREST_512)
CONFIDENT_BITS = 31
HEIGHT, WIDTH = 384, 512
SIZES = (512, 1024)
DEFAULT = (Variant.UNLETTERBOXED, Variant.MIRRORED)
SETS = {
    "none": (),
    **{variant.value: (variant,) for variant in Variant},
    "default": DEFAULT,
    "all": tuple(Variant),
}


def bars(down: float, across: float, grey: int) -> Callable[[Picture], Picture]:
    """Return what adds bars of these shares of the picture to both sides."""

    def add(picture: Picture) -> Picture:
        height, width = (round(side * share) for side, share in zip(picture.shape, (down, across), strict=True))
        return np.pad(picture, ((height, height), (width, width)), constant_values=grey)

    return add


def framed(share: float) -> Callable[[Picture], Picture]:
    """Return what puts a frame of noise around the picture."""

    def add(picture: Picture) -> Picture:
        whole = bars(share, share, 0)(picture)
        noise = np.random.default_rng(7).integers(0, 256, whole.shape, dtype=np.uint8)
        down, across = (round(side * share) for side in picture.shape)
        noise[down:-down, across:-across] = picture
        return noise

    return add


def trimmed(share: float, *, sides: int = 2) -> Callable[[Picture], Picture]:
    """Return what cuts a share off the left, or off every side."""

    def cut(picture: Picture) -> Picture:
        down, across = (round(side * share) for side in picture.shape)
        return picture[:, across:] if sides == 1 else picture[down:-down, across:-across]

    return cut


ALTERATIONS: dict[str, Callable[[Picture], Picture]] = {
    "encoded again": lambda picture: picture,
    "mirrored": np.fliplr,
    "turned by 90 degrees": np.rot90,
    "turned by 180 degrees": lambda picture: np.rot90(picture, 2),
    "black bars of 1 %, above and below": bars(0.01, 0, 0),
    "black bars of 5 %, above and below": bars(0.05, 0, 0),
    "black bars of 15 %, above and below": bars(0.15, 0, 0),
    "white bars of 10 %, left and right": bars(0, 0.10, 255),
    "grey border of 3 %": bars(0.03, 0.03, 128),
    "mirrored, black bars of 10 %": lambda picture: bars(0.10, 0, 0)(np.fliplr(picture)),
    **{f"busy frame of {share} %": framed(share / 100) for share in (1, 2, 3, 5, 8, 10, 15)},
    **{f"trimmed by {share} % on every side": trimmed(share / 100) for share in (1, 2, 3, 4, 5, 10)},
    "trimmed by 3 % on the left": trimmed(0.03, sides=1),
}


def encoded_again(picture: Picture) -> Picture:
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(file, "JPEG", quality=85)
    return np.array(Image.open(file))


def recall(count: int) -> tuple[dict[str, dict[str, float]], int]:
    """Return, for each alteration, the share found with each set of variants; and the number of false hits."""
    pictures = [luma(HEIGHT, WIDTH, seed=seed, steepness=DENSE if seed % 2 else None) for seed in range(count)]
    listed = np.array([bits(made.value) for picture in pictures for made in pdq(picture, FULL)])
    names = {name: names_of(variants) for name, variants in SETS.items()}
    table: dict[str, dict[str, float]] = {}
    false_hits = 0
    for alteration, alter in ALTERATIONS.items():
        found = dict.fromkeys(SETS, 0)
        for number, picture in enumerate(pictures):
            near = dict(distances(encoded_again(alter(picture)), listed))
            false_hits += sum(int((np.delete(row, number) <= CONFIDENT_BITS).sum()) for row in near.values())
            by = {name for name, row in near.items() if row[number] <= CONFIDENT_BITS}
            for variants, allowed in names.items():
                found[variants] += bool(by & allowed)
        table[alteration] = {name: round(hits / count, 2) for name, hits in found.items()}
    return table, false_hits


def distances(query: Picture, listed: NDArray[np.uint8]) -> Iterator[tuple[str, NDArray[np.uint64]]]:
    for name, made in queries(query, FULL, tuple(Variant)):
        yield name, np.bitwise_count(listed ^ bits(made.value)).sum(axis=1)


def bits(value: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(value, np.uint8)


def costs(size: int) -> dict[str, Timing]:
    """Return what the prints of a picture take with each set of variants, in both flavours."""
    picture = luma(size * 3 // 4, size, seed=1)
    works = [lambda variants=variants: list(queries(picture, BOTH, variants)) for variants in SETS.values()]
    return dict(zip(SETS, alternate(*works, seconds=4), strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON; without it a table for the documentation")
    parser.add_argument("--pictures", type=int, default=40, metavar="N", help="how many pictures are listed (40)")
    arguments = parser.parse_args()
    table, false_hits = recall(arguments.pictures)
    timings = {size: costs(size) for size in SIZES}
    took = {str(size): {name: round(one.seconds * 1e6) for name, one in row.items()} for size, row in timings.items()}
    if not arguments.json:
        show(table, took)
        return
    shares = {name: float(np.mean([row[name] for row in table.values()])) for name in ("none", "all")}
    result = line(
        name="altered copies found through query variants",
        unit="share found, mean over alterations",
        ours=shares["all"],
        other=shares["none"],
        timings=[one for row in timings.values() for one in row.values()],
        engine=in_use(),
        pictures=arguments.pictures,
        recall=table,
        false_hits=false_hits,
        microseconds_a_picture=took,
    )
    print(result)


def show(table: dict[str, dict[str, float]], took: dict[str, dict[str, int]]) -> None:
    """Print recall and cost as they stand in the documentation."""
    print("| " + " | ".join(["altered copy", *SETS]) + " |")
    print("|" + "---|" * (1 + len(SETS)))
    for alteration, row in table.items():
        print("| " + " | ".join([alteration, *(f"{row[name]:.0%}".replace("%", " %") for name in SETS)]) + " |")
    for size, row in took.items():
        print("| " + " | ".join([f"µs a picture of {size} px", *(str(row[name]) for name in SETS)]) + " |")


if __name__ == "__main__":
    main()
