"""PDQ: our kernel beside ``pdqhash.compute`` on the same generated pictures, in the same run, one thread each.

    python -m benchmarks.pdq [--json] [--size PIXELS]

Both hash a decoded picture: ours its luma plane, as our decoder hands it over; pdqhash the RGB array that it takes.
"""

import argparse
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read once, when numpy is imported

import numpy as np
import pdqhash

from benchmarks.measure import alternate, line
from benchmarks.pictures import Picture, luma
from safehold.signals import pdq
from safehold.vocabulary import PdqFlavour

PICTURES = 8
CLEAR_QUALITY = 50


def agreement(planes: list[Picture]) -> dict[str, float]:
    """Return the distances to pdqhash over the pictures of quality 50 and above."""
    distances = []
    for plane in planes:
        vector, quality = pdqhash.compute(as_rgb(plane))
        (own,) = pdq(plane, {PdqFlavour.FULL})
        if quality >= CLEAR_QUALITY:
            theirs = np.packbits(vector.astype(np.uint8)).tobytes()
            distances.append((int.from_bytes(own.value) ^ int.from_bytes(theirs)).bit_count())
    return {
        "pictures": len(distances),
        "mean_bits": round(float(np.mean(distances)), 3),
        "p99_bits": float(np.percentile(distances, 99)),
        "max_bits": max(distances),
    }


def as_rgb(plane: Picture) -> Picture:
    return np.repeat(plane[:, :, None], 3, axis=2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON; it always does, for the sake of one habit")
    parser.add_argument("--size", type=int, default=512, metavar="PIXELS", help="both sides of the pictures (512)")
    size = parser.parse_args().size
    planes = [luma(size, size, seed=seed) for seed in range(PICTURES)]
    colours = [as_rgb(plane) for plane in planes]
    both = {PdqFlavour.FULL, PdqFlavour.NEAREST_512}
    ours, flavours, other = alternate(
        lambda: [pdq(plane, {PdqFlavour.FULL}) for plane in planes],
        lambda: [pdq(plane, both) for plane in planes],
        lambda: [pdqhash.compute(colour) for colour in colours],
    )
    result = line(
        name=f"pdq of a decoded picture, {size} px",
        unit="pictures per processor second",
        ours=PICTURES / ours.seconds,
        other=PICTURES / other.seconds,
        timings=(ours, other),
        ours_both_flavours=round(PICTURES / flavours.seconds, 3),
        agreement=agreement(planes),
    )
    print(result)


if __name__ == "__main__":
    main()
