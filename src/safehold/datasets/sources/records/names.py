"""Names: what a member's name says: its key, its extension, whether it is media, whether it leads outside.

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


_DOCUMENTS = frozenset({"md", "markdown", "rst", "cff", "bib"})
_ABOUT = frozenset({"readme", "license", "licence", "copying", "notice", "authors", "changelog", "citation"})


def is_known_media(extension: str) -> bool:
    """Return whether the last part of an extension names media: "jpg", "seg.png"."""
    return extension in MEDIA or extension.rpartition(".")[2] in MEDIA


def is_document(name: str) -> bool:
    """Return whether a name is of what people write about a dataset: a README, a licence, a page of Markdown."""
    key, extension = split_name(name.rpartition("/")[2].lower())
    return extension in _DOCUMENTS or (extension in {"", "txt"} and key in _ABOUT)


def split_name(name: str) -> tuple[str, str]:
    """Return key and extension of a member; a name that starts with a dot, or has none, is all key."""
    dot = name.find(".", name.rfind("/") + 1)
    if dot <= 0 or name[dot - 1] == "/":
        return name, ""
    return name[:dot], name[dot + 1 :].lower()


def spoken(name: str) -> str:
    """Return a file's name as text: bytes that are none stand escaped, as in a tar."""
    return name.encode("utf-8", "backslashreplace").decode()


def is_unsafe(name: str) -> bool:
    """Return whether a name could be written outside the folder it is extracted to, or is no name at all."""
    if not name or name[0] in "/\\" or name[-1] == "/" or name[1:2] == ":" or "\0" in name:
        return True
    return ".." in name and ".." in name.replace("\\", "/").split("/")
