"""Kinds: which extensions are media, which are inert, and which are unknown and hold their record.

Names only sort files into members and sidecars; what bytes are is judged by the bytes, in `media`.
"""

from collections.abc import Collection, Iterable

from safehold.vocabulary import Gap, GapReason

IMAGES = frozenset({
    "jpg", "jpeg", "jpe", "jfif", "jp2", "png", "webp", "gif", "bmp", "tif", "tiff", "avif", "heic", "heif", "ico",
    "ppm", "pgm", "pbm", "pnm", "img", "image",
})  # fmt: skip
VIDEOS = frozenset({
    "mp4", "m4v", "mov", "webm", "mkv", "avi", "mpg", "mpeg", "ogv", "flv", "wmv", "ts", "3gp", "gifv", "video",
})  # fmt: skip
SOUNDS = frozenset({"wav", "mp3", "flac", "ogg", "oga", "opus", "m4a", "aac", "aiff", "wma", "audio"})
MEDIA = IMAGES | VIDEOS | SOUNDS
"""Last extensions under which media is stored."""


def is_known_media(extension: str) -> bool:
    """Return whether the last part of an extension names media: "jpg", "seg.png"."""
    return extension in MEDIA or extension.rpartition(".")[2] in MEDIA


def without_inert(gaps: Iterable[Gap], inert: Collection[str]) -> tuple[Gap, ...]:
    """Drop the gaps of unknown members whose extension a policy lists as inert ("npy", "pth"); the rest stays.

    Scanning knows no policy; so it notes every unknown member, and this is for whoever decides.
    """
    return tuple(one for one in gaps if one.reason is not GapReason.UNKNOWN_KIND or one.place not in inert)
