"""A listed video, imported and found again through the command line."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
from tests.vectors import media

from safehold.cli.check import describe_finding
from safehold.media import Limits, open_video
from safehold.signals import pdq
from safehold.vocabulary import Bits, Finding, FindingKind, Fraction, PdqFlavour, Tier

Call = Callable[..., Any]


def clip(seeds: range, side: int = 160) -> bytes:
    """Stills of three frames each, ten frames a second."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = side, side, "yuv420p"
        for seed in seeds:
            picture = np.asarray(media.picture(side, side, seed))
            for _ in range(3):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return out.getvalue()


def vpdq_list(data: bytes) -> str:
    """A clip's frames, as vPDQ's program writes them."""
    lines = []
    for number, frame in enumerate(open_video(data, Limits(), "all")):
        (made,) = pdq(frame.luma, (PdqFlavour.FULL,))
        lines.append(f"{number},{made.quality},{made.value.hex()},{frame.at:.3f}\n")
    return "".join(lines)


def test_a_clip_that_holds_part_of_a_listed_video_is_held_and_says_which_part(call: Call, tmp_path: Path) -> None:
    (tmp_path / "listed.txt").write_text(vpdq_list(clip(range(6))))
    (tmp_path / "part.mp4").write_bytes(clip(range(4, 9), side=192))  # other frames around, another size
    (tmp_path / "other.mp4").write_bytes(clip(range(20, 23)))
    imported = call("bank", "import", "listed", tmp_path / "listed.txt", "--class", "test", "--legal-basis", "made up")
    told = call("check", "file", tmp_path / "part.mp4", tmp_path / "other.mp4")
    part, other = told.data["files"]

    assert imported.data["videos"] == 1
    assert (part["action"], other["action"], other["findings"], told.code) == ("hold", "allow", [], 1)
    frame, video = part["findings"]
    assert frame["detector"] == "pdq"
    assert frame["place"].startswith("part.mp4 frame ")
    assert frame["place"].endswith(" and 5 more")
    assert video["detector"] == "vpdq"
    assert video["place"].startswith("part.mp4: ")
    assert video["place"].endswith("6 in a row, 0.000 s to 0.500 s")
    assert 0 < video["value"] < 0.8
    assert "below-threshold" in part["rules"]


def test_what_is_found_in_a_clip_is_told_with_its_times() -> None:
    frame = Finding(FindingKind.MATCH, "pdq", "test", "bank@1#0", Tier.REVIEW, Bits(3), place="x.mp4 frame 1 @ 0.100 s")
    video = Finding(FindingKind.MATCH, "vpdq", "test", "bank@1#0", Tier.REVIEW, Bits(3), Fraction(1), "x.mp4: 2 of 2")

    assert describe_finding(frame) == "pdq test (bank@1#0) at 3 bits in x.mp4 frame 1 @ 0.100 s"
    assert describe_finding(video) == "vpdq test (bank@1#0) at 3 bits in x.mp4: 2 of 2"
