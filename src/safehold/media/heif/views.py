"""Pictures in HEIF containers: AVIF through Pillow's own decoder, HEIC through the `heif` extra's.

Rules:
    - What the container holds is read first (:mod:`safehold.media.heif.container`), and sizes judged before a decoder
      starts.
    - One thread decodes: one for each core would only take them from the other children.
    - An AVIF that is a picture and a sequence is opened as both: viewers differ in which they show.
    - What no decoder here shows (further pictures in an AVIF, a sequence in a HEIC, a clip in an unknown box) is a gap,
      raised after what could be decoded was yielded.

libheif turns a HEIC upright while it decodes, so that the stored orientation of those is not seen.
"""

import io
from collections.abc import Iterator

from PIL import AvifImagePlugin, Image, features

from safehold.media.appended import holds_media
from safehold.media.errors import HeifUnavailableError, MediaError, UnreadableMediaError, UnsupportedFormatError
from safehold.media.heif.container import Container

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
        if not is_primary or opened < max(container.pictures, container.shown):  # it leaves out what it can't open
            raise UnreadableMediaError("some pictures of a HEIC file are damaged", advice="Fetch the file again.")
        return
    if not features.check("avif"):
        raise UnsupportedFormatError("this Pillow has no AVIF decoder", advice="Install Pillow from its wheel.")
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    yield Image.open(io.BytesIO(data), formats=["AVIF"])
    if container.pictures and container.sequences:
        shown_first = bytes(data[_BRAND])
        other = _SEQUENCE if shown_first == _PICTURE else _PICTURE
        yield Image.open(io.BytesIO(bytes(data[:8]) + other + bytes(data[12:])), formats=["AVIF"])


def unseen(form: str, container: Container) -> MediaError | None:
    """Return the error that says what of a file the decoders don't show; None if they show all of it."""
    if container.fault is not None:
        return container.fault
    is_seen = container.sequences == 0 if form == "heic" else container.pictures <= 1 and container.sequences <= 1
    if is_seen and not any(map(holds_media, container.others)):
        return None
    return UnsupportedFormatError(
        "a picture file holds further pictures or a clip", advice="Take the file apart, and scan the parts."
    )


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
