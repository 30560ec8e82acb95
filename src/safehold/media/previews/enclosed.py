"""Open the pictures within a picture's file, under limits that are the file's as a whole.

Rules:
    - No more of them are opened than an animation may have frames, and no more pixels decoded than of an animation.
    - A preview may have a preview of its own; whatever is deeper is a gap.
    - One that can't be opened is a gap, after all the others were opened.
    - A clip is opened by whom the caller names: here is no choice of frames.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace

from PIL import Image

from safehold.media.appended import Rest, holds_media
from safehold.media.errors import EmptyMediaError, MediaError, OverLimitError, SoundOnlyError, UnsupportedFormatError
from safehold.media.frame import Frame
from safehold.media.kinds import HEAD_BYTES, sniff
from safehold.media.limits import Limits
from safehold.media.orientation import UPRIGHT, turn_upright
from safehold.media.previews import segments
from safehold.media.previews.coded import Coded, files_of
from safehold.media.previews.search import Found, View, files_in, search
from safehold.media.raster import open_raster, to_luma, to_rgb
from safehold.vocabulary import MediaKind

OpenClip = Callable[[bytes, Limits], Iterator[Frame]]
"""Yield the frames of a clip."""
Block = bytes | Coded | View
"""What a format gives: bytes and coded pixels to search, and what is known to be a picture."""
OpenFile = Callable[[bytes, "Enclosed"], Iterator[Frame]]
"""Yield the frames of a picture's file and of all that is within it."""

_DEEPEST = 2
_SHORTEST_SIDE_PIXELS = 8
"""What is smaller shows nothing, and has no fingerprint."""
_PREVIEW, _APPENDED = "preview", "appended"


@dataclass(slots=True)
class Beside:
    """What was met beside the pictures of a file while they were opened.

    Attributes:
        blocks: metadata, with the orientation of the picture that they belong to.
        rest: what was met after them.
    """

    blocks: list[tuple[Iterable[Block], int]] = field(default_factory=list)
    rest: Rest = field(default_factory=Rest)


@dataclass(slots=True)
class _Left:
    """What may still be opened of a file."""

    files: int
    pixels: int


@dataclass(frozen=True, slots=True)
class Enclosed:
    """Opens what is within a file.

    Attributes:
        limits: what opening a picture may cost.
        open_clip: opens a clip.
        left: what is left of the limits of all that is within the file.
        depth: 0 in the file itself.
    """

    limits: Limits
    open_clip: OpenClip
    left: _Left
    depth: int = 0

    @classmethod
    def of_file(cls, limits: Limits, open_clip: OpenClip) -> "Enclosed":
        """Return what opens all that is within one file."""
        return cls(limits, open_clip, _Left(limits.frames, limits.animation_pixels))

    def frames(self, beside: Beside, open_file: OpenFile) -> Iterator[Frame]:
        """Yield the frames of what was met.

        Args:
            beside: what was met.
            open_file: opens a picture's file with all that is within it.

        Raises:
            MediaError: the first fault, after all that could be opened.
        """
        faults: list[MediaError] = []
        for name, turn, found in self._numbered(beside, faults):
            try:
                for frame in self._opened(found, open_file):
                    yield replace(frame, place=f"{name} {frame.place}".strip())
                    if not frame.place and turn != UPRIGHT:
                        yield Frame(turn_upright(frame.luma, turn), f"{name} upright")
            except MediaError as error:
                faults.append(error)
        if faults:
            raise faults[0]

    def _numbered(self, beside: Beside, faults: list[MediaError]) -> Iterator[tuple[str, int, Found]]:
        """Yield what is found with its name and orientation, until there is too much of it."""
        counts = {_PREVIEW: 0, _APPENDED: 0}
        for name, turn, finds in _searches(beside):
            try:
                for found in finds:
                    self._count()
                    counts[name] += 1
                    yield f"{name} {counts[name]}" if counts[name] > 1 else name, turn, found
            except MediaError as error:
                faults.append(error)

    def _count(self) -> None:
        if self.depth == _DEEPEST:
            raise OverLimitError("pictures are nested too deep in a file", advice="Take the file apart.")
        self.left.files -= 1
        if self.left.files < 0:
            raise OverLimitError("a file has too many pictures within it", advice="Take the file apart.")

    def _opened(self, found: Found, open_file: OpenFile) -> Iterator[Frame]:
        if isinstance(found, bytes) and sniff(found[:HEAD_BYTES]).kind is MediaKind.VIDEO:
            yield from _unless_sound(self.open_clip(found, self.limits))
            return
        pixels = max(0, self.left.pixels)
        limits = replace(
            self.limits,
            pixels=min(self.limits.pixels, pixels),
            animation_pixels=min(self.limits.animation_pixels, pixels),
        )
        within = replace(self, limits=limits, depth=self.depth + 1)
        for frame in open_file(found, within) if isinstance(found, bytes) else _shown(found, limits):
            self.left.pixels -= frame.luma.size
            if min(frame.luma.shape) >= _SHORTEST_SIDE_PIXELS:
                yield frame


def refuse_clip(_data: bytes, _limits: Limits) -> Iterator[Frame]:
    """Open no clip.

    Raises:
        UnsupportedFormatError: always.
    """
    raise _unseen()


def _searches(beside: Beside) -> Iterator[tuple[str, int, Iterator[Found]]]:
    for blocks, turn in beside.blocks:
        yield _PREVIEW, turn, (found for block in blocks for found in _searched(block))
    for picture, first in beside.rest.late:
        yield _PREVIEW, UPRIGHT, _in_scans(picture, first)
    for tail in beside.rest.tails:
        yield _APPENDED, UPRIGHT, _files_behind(bytes(tail))


def _in_scans(picture: memoryview, first: int) -> Iterator[Found]:
    for block in segments.blocks_of(picture, segments.late_segments_of(picture, first)):
        yield from search(block)


def _searched(block: Block) -> Iterator[Found]:
    match block:
        case View():
            return iter((block,))
        case Coded():
            return files_of(block)
        case _:
            return search(block)


def _files_behind(tail: bytes) -> Iterator[bytes]:
    """Yield the files among what follows a picture.

    Raises:
        UnsupportedFormatError: there are signs of more.
    """
    seen, is_all = 0, True
    for start, end in files_in(tail):
        is_all = is_all and not holds_media(memoryview(tail)[seen:start])
        yield tail[start:end]
        seen = end
    if not is_all or holds_media(memoryview(tail)[seen:]):
        raise _unseen()


def _shown(found: View | Image.Image, limits: Limits) -> Iterator[Frame]:
    if isinstance(found, View):
        picture = next(open_raster(found.data, found.form, limits), None)
        if picture is None:
            raise EmptyMediaError("a preview has no pixels", advice="Drop the record.")
        found = Image.merge("RGB", to_rgb(picture).split()[::-1]) if found.is_swapped else picture
    yield Frame(to_luma(found), "")


def _unless_sound(frames: Iterator[Frame]) -> Iterator[Frame]:
    with suppress(SoundOnlyError):
        yield from frames


def _unseen() -> UnsupportedFormatError:
    return UnsupportedFormatError(
        "a picture is followed by other media in the same file", advice="Take the file apart, and scan the parts."
    )
