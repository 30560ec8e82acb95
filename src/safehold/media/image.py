"""Open pictures: every distinct frame as luma, within limits, whatever mode it is stored in.

    for frame in open_image(data, Limits()):
        ...

A picture with an EXIF orientation is yielded twice, as stored and upright, since a list's fingerprints may have
been made either way.
"""

import hashlib
from collections.abc import Iterable, Iterator

from safehold.media.appended import pictures
from safehold.media.errors import (
    EmptyMediaError,
    MediaError,
    OverLimitError,
    UnreadableMediaError,
    UnsupportedFormatError,
)
from safehold.media.frame import Frame, Luma
from safehold.media.jpeg import decode_luma, read_header
from safehold.media.kinds import IMAGE_FORMATS, Sniffed, sniff
from safehold.media.limits import Limits
from safehold.media.orientation import UPRIGHT, orientation_of, read_orientation, turn_upright
from safehold.media.previews import Beside, Block, Enclosed, OpenClip, chunks, items, refuse_clip, segments, tiff
from safehold.media.raster import open_raster, to_luma
from safehold.vocabulary import MediaKind


def open_image(
    data: bytes | memoryview, limits: Limits, sniffed: Sniffed | None = None, *, open_clip: OpenClip = refuse_clip
) -> Iterator[Frame]:
    """Yield the distinct frames of a picture, and what other pictures its file holds.

    The stored picture comes first, with place "", then "upright" if the EXIF orientation says so, then "frame 1",
    "frame 2"... of an animation or of several pictures in one file (and "frame 1 upright"), each different from all
    before it. Then come "preview", "preview 2"... (and "preview upright") of what stands in the metadata, and
    "appended", "appended 2"... of what follows the picture.

    Args:
        data: the whole file.
        limits: what it may cost.
        sniffed: what `sniff` said of it, if that was asked already.
        open_clip: opens a clip that is found within it; without it, that is a gap.

    Raises:
        MediaError: raised while iterating, also after some frames: what was yielded is good and is to be looked up;
            the error says that the rest was not examined, and its `reason` is the gap.
    """
    yield from _open(data, Enclosed.of_file(limits, open_clip), sniffed)


def _open(data: bytes | memoryview, enclosed: Enclosed, sniffed: Sniffed | None = None) -> Iterator[Frame]:
    limits = enclosed.limits
    form = admit(data, limits, sniffed)
    beside = Beside()
    fault: MediaError | None = None
    opened = _jpegs(data, limits, beside) if form == "jpeg" else _rasters(data, form, limits, beside)
    try:
        yield from _distinct(opened, limits)
    except MediaError as error:
        fault = error
    if beside.blocks or beside.rest.tails or beside.rest.late:
        try:
            yield from enclosed.frames(beside, _open)
        except MediaError as error:
            fault = fault or error
    if fault is not None:
        raise fault


def admit(data: bytes | memoryview, limits: Limits, sniffed: Sniffed | None = None) -> str:
    """Return a picture's format, if it is on the allow-list and the file not too large.

    Raises:
        MediaError: it is empty, too large, no picture, or of a format that is not opened.
    """
    if not len(data):
        raise EmptyMediaError("a picture has no bytes", advice="Fetch the file again.")
    if len(data) > limits.input_bytes:
        raise OverLimitError("a picture file is too large", advice="Raise the policy's media limit for input_bytes.")
    sniffed = sniffed or sniff(data)
    if sniffed.kind is not MediaKind.IMAGE:
        raise UnreadableMediaError("this is not a picture", advice="Look at what the source delivered.")
    if sniffed.format not in IMAGE_FORMATS:
        raise UnsupportedFormatError(
            f"{sniffed.format} pictures are not opened", advice="Convert it to PNG or JPEG and scan it again."
        )
    return sniffed.format


def _jpegs(data: bytes | memoryview, limits: Limits, beside: Beside) -> Iterator[tuple[Luma, int]]:
    """Yield luma and orientation of each picture in a JPEG file, and note what is beside them."""
    budget = limits.animation_pixels
    for number, picture in enumerate(pictures(data, "jpeg", beside.rest)):
        found = segments.segments_of(picture)
        block = segments.exif_of(picture, found) if found else b""
        orientation = read_orientation(block) if block else UPRIGHT
        if found:
            beside.blocks.append((segments.blocks_of(picture, found), orientation))
        header = read_header(picture)
        if header is None:
            loose = next(open_raster(picture, "jpeg", limits))
            yield to_luma(loose), orientation_of(loose)
            raise _unproven()
        luma = decode_luma(picture, header, limits)
        budget = _spend(budget, luma if number else None)
        yield luma, orientation


def _rasters(data: bytes | memoryview, form: str, limits: Limits, beside: Beside) -> Iterator[tuple[Luma, int]]:
    """Yield luma and orientation of each frame of each picture in another file, and note what is beside them."""
    budget = limits.animation_pixels
    for number, whole in enumerate(pictures(data, form, beside.rest)):
        beside.blocks.append((_blocks(whole, form, beside), UPRIGHT))
        for picture in open_raster(whole, form, limits):
            luma, orientation = to_luma(picture), orientation_of(picture)
            beside.blocks[-1] = beside.blocks[-1][0], orientation
            budget = _spend(budget, luma if number else None)
            yield luma, orientation


def _blocks(whole: memoryview, form: str, beside: Beside) -> Iterator[Block]:
    match form:
        case "avif" | "heic":
            return items.parts_of(whole, form, beside.rest.tails)
        case "tiff":
            return tiff.parts_of(whole, beside.rest.tails)
        case _:
            return chunks.blocks_of(whole, form)


def _spend(budget: int, luma: Luma | None) -> int:
    """Return what is left for further pictures of a file after this one.

    Raises:
        OverLimitError: nothing is.
    """
    budget -= 0 if luma is None else luma.size
    if budget < 0:
        raise OverLimitError("a file has too many pictures", advice="Raise the limit animation_pixels.")
    return budget


def _unproven() -> UnsupportedFormatError:
    """Say of a JPEG whose subsampling our decoder doesn't know that what Pillow made of it is no proof.

    Pillow fills up what is damaged or lost within a scan without a word.
    """
    return UnsupportedFormatError(
        "a JPEG has an unusual chroma subsampling, with which damage can't be told",
        advice="Encode it again as 4:2:0 and scan it again.",
    )


def _distinct(lumas: Iterable[tuple[Luma, int]], limits: Limits) -> Iterator[Frame]:
    """Yield each picture that differs from all before it; what has one picture, as most files do, is not digested."""
    first: Luma | None = None
    seen: set[bytes] = set()
    for number, (luma, orientation) in enumerate(lumas):
        if number == 0:
            first = luma
        else:
            if first is not None:
                seen.add(_digest(first))
                first = None
            if (digest := _digest(luma)) in seen:
                continue
            if len(seen) == limits.frames:
                raise OverLimitError(
                    "an animation has too many frames", advice="Raise the policy's media limit for frames."
                )
            seen.add(digest)
        yield from _both_ways(luma, orientation, number)


def _digest(luma: Luma) -> bytes:
    return hashlib.blake2b(luma.data, digest_size=16).digest()


def _both_ways(luma: Luma, orientation: int, number: int) -> Iterator[Frame]:
    place = f"frame {number}" if number else ""
    yield Frame(luma, place)
    if orientation != UPRIGHT:
        yield Frame(turn_upright(luma, orientation), f"{place} upright".strip())
