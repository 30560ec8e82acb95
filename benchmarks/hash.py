"""PDQ from a picture's bytes, beside decoding alone and beside threatexchange; and the kernel beside ``pdqhash``.

    python -m benchmarks.hash [--json] [--size PIXELS] [--seconds SECONDS]

Ours is what a scan does with a file: judge it, look for its end, decode its luma strictly and make the prints of both
flavours. The first ratio is to the JPEG decoder's grey decoding alone, which makes no print. All of it is the same
generated pictures, in turns in one process, one thread; each engine's prints are compared with the other's. Prints that
differ between the engines, or by more than 10 bits from those of a peer, end this with an error.
"""

import argparse
import io
import os
from collections.abc import Callable
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read once, when numpy is imported

import numpy as np
import pdqhash
import simplejpeg
from PIL import Image
from threatexchange.signal_type.pdq.pdq_hasher import pdq_from_bytes

from benchmarks.measure import Timing, alternate, line
from benchmarks.pictures import Picture, luma, rgb
from safehold.media import Limits, open_image
from safehold.native import in_use
from safehold.signals import dihedral, pdq
from safehold.signals.pdq_operator import NEAREST_SIDE
from safehold.signals.pdq_prints import prints_by_numpy
from safehold.vocabulary import PdqFlavour

PICTURES = 8
REPEATS = 4
"""How often a run of the kernel goes over the pictures: the first time it finds the caches as the peer left them."""
CLEAR_QUALITY = 50
FAR_BITS = 10
"""Beyond a third of the usual threshold two sides did not do the same; what is measured differs by 2 bits."""
FULL = (PdqFlavour.FULL,)
BOTH = (PdqFlavour.FULL, PdqFlavour.NEAREST_512)
FORMATS: dict[str, tuple[str, dict[str, object]]] = {
    "progressive jpeg": ("JPEG", {"quality": 85, "progressive": True}),
    "webp": ("WEBP", {"quality": 80}),
    "png": ("PNG", {}),
    "avif": ("AVIF", {"quality": 60}),
}
"""What the other formats are encoded with: Pillow's name and options."""


def fingerprint(data: bytes) -> list[bytes]:
    """Return the prints of a file, as a scan makes them."""
    return [own.value for frame in open_image(data, Limits()) for own in pdq(frame.luma, BOTH)]


def decode_grey(data: bytes) -> None:
    simplejpeg.decode_jpeg(data, "GRAY")


def decode_by_pillow(data: bytes) -> None:
    Image.open(io.BytesIO(data)).load()


def each(work: Callable[[bytes], object], files: list[bytes]) -> Callable[[], None]:
    """Return a run over files that keeps nothing: each picture finds the memory of the one before, as in a scan."""

    def run() -> None:
        for data in files:
            work(data)

    return run


def from_bytes(pictures: list[Picture], seconds: float) -> tuple[dict[str, Timing], dict[str, object]]:
    """Time ours, grey decoding and threatexchange on JPEG files, and compare what comes out."""
    files = [encoded(picture, "JPEG", {"quality": 85}) for picture in pictures]
    ours, grey, other = alternate(
        each(fingerprint, files), each(decode_grey, files), each(pdq_from_bytes, files), seconds=seconds
    )
    return {"ours": ours, "grey": grey, "threatexchange": other}, agreement(files)


def agreement(files: list[bytes]) -> dict[str, object]:
    """Return the distances to threatexchange over the pictures of quality 50 and above, from their bytes on."""
    distances = []
    for data in files:
        theirs, quality = pdq_from_bytes(data)
        own = fingerprint(data)[0]
        if quality >= CLEAR_QUALITY:
            distances.append((int.from_bytes(own) ^ int(theirs, 16)).bit_count())
    if max(distances) > FAR_BITS:
        raise SystemExit("ours and threatexchange make different prints")
    return {"pictures": len(distances), "mean_bits": round(float(np.mean(distances)), 3), "max_bits": max(distances)}


def kernels(planes: list[Picture], seconds: float) -> dict[str, Any]:
    """Time the kernel on decoded pictures: ours takes the luma plane, ``pdqhash`` the RGB array that it takes."""
    colours = [np.repeat(plane[:, :, None], 3, axis=2) for plane in planes]
    repeated = planes * REPEATS
    full, both, turned, plain, other = alternate(
        lambda: [pdq(plane, FULL) for plane in repeated],
        lambda: [pdq(plane, BOTH) for plane in repeated],
        lambda: [dihedral(plane, FULL) for plane in repeated],
        lambda: [tuple(prints_by_numpy(plane, BOTH, turns=False)) for plane in repeated],
        lambda: [pdqhash.compute(colour) for colour in colours],
        seconds=seconds,
    )
    milliseconds = {
        "one flavour": a_picture(full, len(repeated)),
        "both flavours": a_picture(both, len(repeated)),
        "one flavour, eight turns": a_picture(turned, len(repeated)),
        "both flavours, numpy": a_picture(plain, len(repeated)),
        "pdqhash": a_picture(other, len(planes)),
    }
    return {
        "milliseconds": milliseconds,
        "ratio_to_pdqhash": round(milliseconds["pdqhash"] / milliseconds["one flavour"], 1),
        "same_prints_as_numpy": all(same_as_numpy(plane) for plane in planes),
        "bits_from_pdqhash": max(
            bits_from_pdqhash(plane, colour) for plane, colour in zip(planes, colours, strict=True)
        ),
    }


def bits_from_pdqhash(plane: Picture, colour: Picture) -> int:
    """Return how far our print of a luma plane is from ``pdqhash``'s of the same picture as RGB."""
    theirs, _ = pdqhash.compute(colour)
    return (int.from_bytes(pdq(plane, FULL)[0].value) ^ int.from_bytes(np.packbits(theirs).tobytes())).bit_count()


def same_as_numpy(plane: Picture) -> bool:
    """Whether all prints of a picture are those of the numpy engine. Up to 512 x 512 both flavours are one."""
    made = BOTH if max(plane.shape) > NEAREST_SIDE else FULL
    own = dihedral(plane, made)
    expected = b"".join(values for values, _ in prints_by_numpy(plane, made, turns=True))
    return b"".join(one.value for one in own) == expected


def format_figures(pictures: list[Picture], form: str, seconds: float) -> dict[str, object]:
    """Time ours, Pillow's decoding alone and threatexchange on files of another format."""
    name, options = FORMATS[form]
    files = [encoded(picture, name, options) for picture in pictures]
    ours, decoding, other = alternate(
        each(fingerprint, files), each(decode_by_pillow, files), each(pdq_from_bytes, files), seconds=seconds
    )
    return {
        "pictures_a_second": round(len(files) / ours.seconds, 1),
        "ratio_to_decoding_by_pillow": round(decoding.seconds / ours.seconds, 2),
        "ratio_to_threatexchange": round(other.seconds / ours.seconds, 1),
        "agreement": agreement(files),
    }


def encoded(picture: Picture, name: str, options: dict[str, object]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, name, **options)
    return file.getvalue()


def a_picture(timing: Timing, pictures: int) -> float:
    return round(timing.seconds / pictures * 1000, 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON; it always does, for the sake of one habit")
    parser.add_argument("--size", type=int, default=1024, metavar="PIXELS", help="both sides of the pictures (1024)")
    parser.add_argument("--seconds", type=float, default=3.0, help="for each group of measurements (3)")
    given = parser.parse_args()
    pictures = [rgb(given.size, given.size, seed=seed) for seed in range(PICTURES)]
    timings, agreeing = from_bytes(pictures, given.seconds)
    kernel = kernels([luma(given.size, given.size, seed=seed) for seed in range(PICTURES)], given.seconds)
    if not kernel["same_prints_as_numpy"] or kernel["bits_from_pdqhash"] > FAR_BITS:
        raise SystemExit("the two sides make different prints")
    result = line(
        name=f"pdq of a JPEG's bytes beside grey decoding alone, {given.size} px",
        unit="pictures per processor second",
        ours=PICTURES / timings["ours"].seconds,
        other=PICTURES / timings["grey"].seconds,
        timings=tuple(timings.values()),
        engine=in_use(),
        ratio_to_threatexchange=round(timings["threatexchange"].seconds / timings["ours"].seconds, 1),
        agreement=agreeing,
        kernel=kernel,
        formats={form: format_figures(pictures[: PICTURES // 2], form, given.seconds) for form in FORMATS},
    )
    print(result)


if __name__ == "__main__":
    main()
