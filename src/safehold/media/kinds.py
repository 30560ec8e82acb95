"""Sniffing: what bytes are, judged by their first bytes and never by their name.

A name only says whether the content is disguised (a page that calls itself ``.jpg``). Formats that are
recognised but not on the allow-list keep their kind, so that they become gaps instead of being passed over.

    >>> sniff(b"GIF89a...").format
    'gif'
"""

import codecs
from dataclasses import dataclass

from safehold.vocabulary import MediaKind

HEAD_BYTES = 4096
"""How many first bytes `sniff` looks at; more may be given."""

IMAGE_FORMATS = frozenset({"jpeg", "png", "webp", "gif", "bmp", "tiff", "avif", "heic"})
"""Image formats that are opened; AVIF where Pillow has its decoder, HEIC with the `heif` extra. JPEG XL, JPEG 2000,
PSD, ICO and SVG are recognised only."""

VIDEO_FORMATS = frozenset({"mp4", "mov", "m4a", "webm", "mkv", "avi", "ogg"})
"""Clip formats that are opened; FLV, ASF and MPEG streams are recognised only.

A container that can hold video counts as one, whatever brand or name it gives itself: only its demuxer can tell that it
holds sound."""


@dataclass(frozen=True, slots=True)
class Sniffed:
    """What bytes are.

    Attributes:
        kind: the media kind; UNKNOWN when nothing fits.
        format: a short name ("jpeg", "mp4", "text"); "" when the kind is UNKNOWN.
        is_disguised: the name's extension claims another kind than the bytes have.
    """

    kind: MediaKind
    format: str
    is_disguised: bool = False


_PREFIXES = (
    (b"\xff\xd8\xff", MediaKind.IMAGE, "jpeg"),
    (b"\x89PNG\r\n\x1a\n", MediaKind.IMAGE, "png"),
    (b"GIF87a", MediaKind.IMAGE, "gif"),
    (b"GIF89a", MediaKind.IMAGE, "gif"),
    (b"II*\x00", MediaKind.IMAGE, "tiff"),
    (b"MM\x00*", MediaKind.IMAGE, "tiff"),
    (b"II+\x00", MediaKind.IMAGE, "tiff"),
    (b"MM\x00+", MediaKind.IMAGE, "tiff"),
    (b"\xff\x0a", MediaKind.IMAGE, "jxl"),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", MediaKind.IMAGE, "jxl"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", MediaKind.IMAGE, "jp2"),
    (b"\xff\x4f\xff\x51", MediaKind.IMAGE, "jp2"),
    (b"8BPS", MediaKind.IMAGE, "psd"),
    (b"\x00\x00\x01\x00", MediaKind.IMAGE, "ico"),
    (b"FLV\x01", MediaKind.VIDEO, "flv"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", MediaKind.VIDEO, "asf"),
    (b"\x00\x00\x01\xba", MediaKind.VIDEO, "mpeg"),
    (b"\x00\x00\x01\xb3", MediaKind.VIDEO, "mpeg"),
    (b"ID3", MediaKind.AUDIO, "mp3"),
    (b"fLaC", MediaKind.AUDIO, "flac"),
    (b"MThd", MediaKind.AUDIO, "midi"),
)
_RIFF = {
    b"WEBP": (MediaKind.IMAGE, "webp"),
    b"AVI ": (MediaKind.VIDEO, "avi"),
    b"WAVE": (MediaKind.AUDIO, "wav"),
}
_IMAGE_BRANDS = {
    b"avif": "avif", b"avis": "avif", b"heic": "heic", b"heix": "heic", b"heim": "heic", b"heis": "heic",
    b"hevm": "heic", b"hevs": "heic", b"hevc": "heic", b"hevx": "heic",
}  # fmt: skip
_CODING_OPEN = frozenset({b"mif1", b"msf1", b"mif2", b"miaf"})
"""Brands of HEIF files that leave the coding to the compatible brands."""
_AUDIO_BRANDS = frozenset({b"M4A ", b"M4B ", b"M4P "})
_SOUND_AS_WELL = frozenset({"mp4", "m4a", "ogg", "webm", "mkv"})
_QUICKTIME_ATOMS = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
_BMP_HEADER_SIZES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
_EXTENSIONS = {
    MediaKind.IMAGE: "jpg jpeg jpe jfif png apng webp gif bmp tif tiff avif heic heif jxl jp2 psd ico svg",
    MediaKind.VIDEO: "mp4 m4v mov qt webm mkv avi flv wmv asf mpg mpeg ts ogv 3gp",
    MediaKind.AUDIO: "wav mp3 flac ogg oga opus m4a m4b aac aif aiff mid midi",
}
_KIND_OF_EXTENSION = {extension: kind for kind, names in _EXTENSIONS.items() for extension in names.split()}


def sniff(head: bytes | memoryview, name: str = "") -> Sniffed:
    """Judge what bytes are.

    Args:
        head: the first bytes of the content, `HEAD_BYTES` or more where there are so many.
        name: the member's name; decides nothing but `Sniffed.is_disguised`.
    """
    first = bytes(head[:HEAD_BYTES])
    kind, form = _sniff_media(first) or _sniff_text(first) or (MediaKind.UNKNOWN, "")
    claimed = _KIND_OF_EXTENSION.get(name.rpartition(".")[2].lower(), kind)
    is_sound = claimed is MediaKind.AUDIO and form in _SOUND_AS_WELL
    return Sniffed(kind, form, is_disguised=claimed is not kind and not is_sound)


def _sniff_media(head: bytes) -> tuple[MediaKind, str] | None:
    for prefix, kind, form in _PREFIXES:
        if head.startswith(prefix):
            return kind, form
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12])
    return _sniff_boxes(head) or _sniff_streams(head)


def _sniff_boxes(head: bytes) -> tuple[MediaKind, str] | None:
    """Judge ISO base media (ftyp) and older QuickTime files."""
    if head[4:8] != b"ftyp":
        return (MediaKind.VIDEO, "mov") if head[4:8] in _QUICKTIME_ATOMS else None
    brand = head[8:12]
    if brand in _CODING_OPEN:
        brands = [head[at : at + 4] for at in range(16, min(int.from_bytes(head[:4], "big"), len(head)), 4)]
        brand = next(filter(_IMAGE_BRANDS.__contains__, brands), b"heic")
    if brand in _IMAGE_BRANDS:
        return MediaKind.IMAGE, _IMAGE_BRANDS[brand]
    if brand in _AUDIO_BRANDS:
        return MediaKind.VIDEO, "m4a"
    return MediaKind.VIDEO, "mov" if brand == b"qt  " else "mp4"


def _sniff_streams(head: bytes) -> tuple[MediaKind, str] | None:
    """Judge containers and bitmaps that need more than a fixed prefix."""
    if head.startswith(b"\x1aE\xdf\xa3"):
        return MediaKind.VIDEO, "webm" if b"webm" in head[:64] else "mkv"
    if head.startswith(b"OggS"):
        return MediaKind.VIDEO, "ogg"
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADER_SIZES:
        return MediaKind.IMAGE, "bmp"
    if head.startswith(b"FORM") and head[8:12] in {b"AIFF", b"AIFC"}:
        return MediaKind.AUDIO, "aiff"
    return _sniff_packets(head)


def _sniff_packets(head: bytes) -> tuple[MediaKind, str] | None:
    """Judge streams that are known by their packets' sync patterns."""
    if len(head) > 376 and head[0] == head[188] == head[376] == 0x47:  # packets of 188 bytes, ISO 13818-1 2.4.3.2
        return MediaKind.VIDEO, "mpegts"
    if len(head) > 3 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return MediaKind.AUDIO, "aac"
    if len(head) > 3 and _is_mp3_header(head):
        return MediaKind.AUDIO, "mp3"
    return None


def _is_mp3_header(head: bytes) -> bool:
    """Whether a frame header of MPEG audio layer II or III begins here, without reserved values.

    Layer I is left out: nobody uses it, and its sync word is UTF-16's byte order mark.
    """
    synced = head[0] == 0xFF and head[1] & 0xE0 == 0xE0
    known = (head[1] >> 3) & 3 != 1 and (head[1] >> 1) & 3 in {1, 2}
    return synced and known and head[2] >> 4 not in {0, 15} and (head[2] >> 2) & 3 != 3


def _sniff_text(head: bytes) -> tuple[MediaKind, str] | None:
    """Judge UTF-8 without control characters; a character cut off at the end of the head is no fault."""
    if not head:
        return None
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head, final=len(head) < HEAD_BYTES)
    except UnicodeDecodeError:
        return None
    if any(character < " " and character not in "\t\n\r\f" for character in text) or "\x7f" in text:
        return None
    if "<svg" in text[:1024].lower():
        return MediaKind.IMAGE, "svg"
    return MediaKind.TEXT, "text"
