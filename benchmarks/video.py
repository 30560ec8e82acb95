"""Every frame of a clip fingerprinted, beside decoding it alone and beside vPDQ, on a generated H.264 clip.

    python -m benchmarks.video [--json] [--size LINES] [--frames N] [--seconds SECONDS] [--vpdq PYTHON]

Ours is what a scan does with a clip's bytes: open it under limits and make a PDQ print of every frame (one flavour, no
variants, as vPDQ does). The first ratio is to PyAV decoding all frames and looking at none; both have one decoder
thread. vPDQ is an interpreter that has it, named with --vpdq (it is built from source, against other FFmpeg libraries
than PyAV's), or this one; what is compared is the processor time of its call, all threads together.
"""

import argparse
import importlib.util
import io
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read once, when numpy is imported

import av
import numpy as np

from benchmarks.measure import Timing, alternate, line
from benchmarks.pictures import rgb
from safehold.media import Frame, Limits, open_video
from safehold.native import in_use
from safehold.signals import Print, Variant, pdq, queries
from safehold.signals.pdq_prints import prints_by_numpy
from safehold.vocabulary import PdqFlavour

FULL = (PdqFlavour.FULL,)
BOTH = (PdqFlavour.FULL, PdqFlavour.NEAREST_512)
USUAL_VARIANTS = (Variant.UNLETTERBOXED, Variant.MIRRORED)
LIMITS = Limits(clip_pixels=1 << 40)
CLEAR_QUALITY = 50
FRAMES_A_SECOND = 30
VPDQ_ROUNDS = 3

PEER = """
import json, sys, time, vpdq
start = time.process_time()
frames = vpdq.computeHash(sys.argv[1], seconds_per_hash=0, thread_count=1)
spent = time.process_time() - start
print(json.dumps({"seconds": spent, "prints": [[one.hex, one.quality] for one in frames]}))
"""
"""What the other interpreter runs."""


@dataclass(frozen=True, slots=True)
class Peer:
    """What vPDQ said.

    Attributes:
        seconds: the median processor time of a call.
        prints: value and quality of each frame, in order.
    """

    seconds: float
    prints: list[tuple[int, int]]


def clip(lines: int, frames: int) -> bytes:
    """Return a clip that pans over a generated picture, with the detail, bit rate and keyframes of a web video.

    Args:
        lines: height; the width is 16:9.
        frames: how many, 30 a second, a keyframe every 2 s.
    """
    width = lines * 16 // 9 // 2 * 2
    scene = rgb(2 * lines, 2 * width, seed=3)
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FRAMES_A_SECOND)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = width, lines, "yuv420p", 2 * FRAMES_A_SECOND
        stream.options = {"crf": "23", "preset": "fast", "threads": "1"}
        for number in range(frames):
            top, left = (
                round((turn(number / slow) + 1) / 2 * (side - 1))
                for turn, slow, side in ((np.cos, 55, lines), (np.sin, 40, width))
            )
            shown = np.ascontiguousarray(scene[top : top + lines, left : left + width])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(shown, format="rgb24")))
        container.mux(stream.encode(None))
    return out.getvalue()


def decoded(data: bytes) -> int:
    """Decode all frames and return how many there are."""
    with av.open(io.BytesIO(data)) as container:
        container.streams.video[0].codec_context.thread_count = 1
        return sum(1 for _ in container.decode(video=0))


def shown(data: bytes) -> list[Frame]:
    return list(open_video(data, LIMITS, "all"))


def fingerprinted(data: bytes) -> list[Print]:
    return [made for frame in open_video(data, LIMITS, "all") for made in pdq(frame.luma, FULL)]


def by_numpy(data: bytes) -> list[bytes]:
    frames = open_video(data, LIMITS, "all")
    return [values for frame in frames for values, _ in prints_by_numpy(frame.luma, FULL, turns=False)]


def as_scanned(data: bytes) -> list[bytes]:
    """Return the prints that a scan under the default policy makes of every frame: both flavours and its variants."""
    return [
        made.value for frame in open_video(data, LIMITS, "all") for _, made in queries(frame.luma, BOTH, USUAL_VARIANTS)
    ]


def keyframes(data: bytes) -> int:
    return sum(len(pdq(frame.luma, FULL)) for frame in open_video(data, LIMITS, "keyframes"))


def vpdq(interpreter: str, data: bytes) -> Peer:
    """Run vPDQ over every frame, some times, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        path.write_bytes(data)
        said = [
            json.loads(subprocess.run([interpreter, "-c", PEER, path], check=True, capture_output=True).stdout)
            for _ in range(VPDQ_ROUNDS)
        ]
    prints = [(int(value, 16), quality) for value, quality in said[0]["prints"]]
    return Peer(float(np.median([one["seconds"] for one in said])), prints)


def agreement(own: list[Print], peer: Peer) -> dict[str, object]:
    """Return the distances to vPDQ's prints of the same frames, over those of quality 50 and above."""
    pairs = zip(own, peer.prints, strict=True)
    distances = [
        (int.from_bytes(one.value) ^ value).bit_count() for one, (value, quality) in pairs if quality >= CLEAR_QUALITY
    ]
    if not distances:
        return {"frames": 0}
    return {
        "frames": len(distances),
        "median_bits": float(np.median(distances)),
        "p99_bits": float(np.percentile(distances, 99)),
        "max_bits": max(distances),
    }


def beside_vpdq(interpreter: str | None, data: bytes, ours: Timing) -> dict[str, object]:
    if interpreter is None:
        return {"vpdq": "not installed; see --vpdq"}
    peer, own = vpdq(interpreter, data), fingerprinted(data)
    return {
        "vpdq_milliseconds_a_frame": round(1000 * peer.seconds / len(own), 3),
        "ratio_to_vpdq": round(peer.seconds / ours.seconds, 2),
        "agreement_with_vpdq": agreement(own, peer),
    }


def measured(lines: int, frames: int, seconds: float, interpreter: str | None) -> str:
    """Return the one line of JSON."""
    data = clip(lines, frames)
    works = [decoded, shown, fingerprinted, as_scanned, by_numpy, keyframes]
    timings = alternate(*((lambda work=work: work(data)) for work in works), seconds=seconds)
    decoding, ours = timings[0], timings[2]
    own, count = fingerprinted(data), decoded(data)
    if len(own) != count or [one.value for one in own] != [value[:32] for value in by_numpy(data)]:
        raise SystemExit("ours and decoding alone did not do the same work")
    return line(
        name=f"every frame of a clip, {lines} lines",
        unit="frames per processor second",
        ours=count / ours.seconds,
        other=count / decoding.seconds,
        timings=(ours, decoding),
        frames=count,
        bits_a_second=round(8 * len(data) * FRAMES_A_SECOND / count),
        engine="numpy" if in_use() is None else "native",
        milliseconds_a_frame={
            work.__name__: round(1000 * timing.seconds / count, 3) for work, timing in zip(works, timings, strict=True)
        },
        ratio_as_scanned=round(decoding.seconds / timings[3].seconds, 2),
        ratio_by_numpy=round(decoding.seconds / timings[4].seconds, 2),
        realtime=round(count / FRAMES_A_SECOND / ours.seconds, 1),
        **beside_vpdq(interpreter, data, ours),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON; it always does, for the sake of one habit")
    parser.add_argument("--size", type=int, default=720, metavar="LINES", help="height of the clip (720)")
    parser.add_argument("--frames", type=int, default=240, metavar="N", help="how many (240, that is 8 s)")
    parser.add_argument("--seconds", type=float, default=12.0, help="how long to measure (12)")
    parser.add_argument("--vpdq", metavar="PYTHON", help="an interpreter that has vpdq, if this one has not")
    options = parser.parse_args()
    own = sys.executable if importlib.util.find_spec("vpdq") else None
    print(measured(options.size, options.frames, options.seconds, options.vpdq or own))


if __name__ == "__main__":
    main()
