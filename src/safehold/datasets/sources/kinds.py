"""Kinds: which extensions are media by name, so that the files of a folder can be sorted.

What bytes are is judged by the bytes, in `media`: an unknown extension is not an unknown kind yet.
"""

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
