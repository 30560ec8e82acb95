"""Pictures in HEIF containers: AVIF through Pillow's own decoder, HEIC through the `heif` extra's.

Rules:
    - What the container holds is read first (:mod:`safehold.media.heif.container`), and sizes judged before a decoder
      starts.
    - One thread decodes: one for each core would only take them from the other children.
    - An AVIF that is a picture and a sequence is opened as both: viewers differ in which they show.
    - Whatever else a file lists (thumbnails, depth, gain maps, transparency, further pictures) is decoded by naming it
      the first in a copy of the list; the bytes of pixels stay as they are.
    - What no decoder here shows (a sequence in a HEIC) is a gap, raised after what could be decoded was yielded.

libheif turns a HEIC upright while it decodes, so that the stored orientation of those is not seen.
"""

import io
from collections.abc import Iterator

from PIL import AvifImagePlugin, Image, features

from safehold.media.errors import HeifUnavailableError, MediaError, UnreadableMediaError, UnsupportedFormatError
from safehold.media.heif.boxes import boxes
from safehold.media.heif.container import Container
from safehold.media.heif.items import name_primary

_BRAND = slice(8, 12)
_PICTURE, _SEQUENCE = b"avif", b"avis"


def open_views(data: bytes | memoryview, form: str, container: Container) -> Iterator[Image.Image]:
    """Yield the file opened in each way in which it can be shown; no pixel is decoded yet.

    Raises:
        MediaError: there is no decoder for it here.
        OSError, SyntaxError, ValueError, RuntimeError: what the decoders raise.
    """
    if form == "heic":
        picture = _open_heic(data)
        opened, is_primary = getattr(picture, "n_frames", 1), bool(picture.info.get("primary"))
        yield picture
        if not is_primary or opened < len(container.items.listed()):  # it leaves out what it can't open
            raise UnreadableMediaError("some pictures of a HEIC file are damaged", advice="Fetch the file again.")
        return
    if not features.check("avif"):
        raise UnsupportedFormatError("this Pillow has no AVIF decoder", advice="Install Pillow from its wheel.")
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    yield Image.open(io.BytesIO(data), formats=["AVIF"])
    if container.items.pictures() and container.sequences:
        shown_first = bytes(data[_BRAND])
        other = _SEQUENCE if shown_first == _PICTURE else _PICTURE
        yield Image.open(io.BytesIO(bytes(data[:8]) + other + bytes(data[12:])), formats=["AVIF"])


def unseen(form: str, container: Container) -> MediaError | None:
    """Return the error that says what of a file the decoders don't show; None if they show all of it."""
    if container.fault is not None:
        return container.fault
    if container.sequences <= (0 if form == "heic" else 1):
        return None
    return UnsupportedFormatError(
        "a picture file holds a sequence that is not shown", advice="Take the file apart, and scan the parts."
    )


def shown(form: str, container: Container) -> set[int]:
    """Return the items that opening the file shows."""
    return ({*container.items.listed()} if form == "heic" else set()) | {container.items.primary}


def as_primary(data: bytes | memoryview, item: int, form: str) -> bytes:
    """Return a file with another of its items as the picture that is shown first, belonging to none.

    Raises:
        MediaError: the file can't name it.
    """
    copy = bytearray(data)
    if form == "avif":
        copy[_BRAND] = _PICTURE
    for kind, content in boxes(memoryview(copy), is_whole_file=True):
        if kind == b"meta":
            name_primary(content, item)
            return bytes(copy)
    raise UnreadableMediaError("a picture file lists no parts", advice="Drop the record.")


def _open_heic(data: bytes | memoryview) -> Image.Image:
    try:
        import pi_heif  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise HeifUnavailableError(
            "HEIC pictures can't be opened without the heif extra", advice='Run: pip install "safehold[heif]"'
        ) from error
    pi_heif.options.DECODE_THREADS = 1
    pi_heif.options.THUMBNAILS = pi_heif.options.DEPTH_IMAGES = pi_heif.options.AUX_IMAGES = False
    picture: Image.Image = pi_heif.HeifImageFile(io.BytesIO(data))
    return picture
