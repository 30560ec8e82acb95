import struct

import pytest
from tests.vectors.media import encoded, jpeg, picture

from safehold.media import HEAD_BYTES, IMAGE_FORMATS, VIDEO_FORMATS, Sniffed, sniff
from safehold.vocabulary import MediaKind

PICTURE = picture(64, 48)
HEADS = [
    (jpeg(), MediaKind.IMAGE, "jpeg"),
    (encoded(PICTURE, "PNG"), MediaKind.IMAGE, "png"),
    (encoded(PICTURE, "WEBP"), MediaKind.IMAGE, "webp"),
    (encoded(PICTURE, "GIF"), MediaKind.IMAGE, "gif"),
    (encoded(PICTURE, "BMP"), MediaKind.IMAGE, "bmp"),
    (encoded(PICTURE, "TIFF"), MediaKind.IMAGE, "tiff"),
    (b"MM\0*" + bytes(20), MediaKind.IMAGE, "tiff"),
    (b"\0\0\0\x1cftypavif" + bytes(20), MediaKind.IMAGE, "avif"),
    (b"\0\0\0\x1cftypheic" + bytes(20), MediaKind.IMAGE, "heic"),
    (b"\0\0\0\x1cftypmif1" + bytes(20), MediaKind.IMAGE, "heic"),
    (b"\xff\x0a" + bytes(20), MediaKind.IMAGE, "jxl"),
    (b"8BPS" + bytes(20), MediaKind.IMAGE, "psd"),
    (b"\0\0\x01\0" + bytes(20), MediaKind.IMAGE, "ico"),
    (b'<?xml version="1.0"?><svg width="1"/>', MediaKind.IMAGE, "svg"),
    (b"\0\0\0\x1cftypisom" + bytes(20), MediaKind.VIDEO, "mp4"),
    (b"\0\0\0\x1cftypqt  " + bytes(20), MediaKind.VIDEO, "mov"),
    (b"\0\0\0\x08wide" + bytes(20), MediaKind.VIDEO, "mov"),
    (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm" + bytes(20), MediaKind.VIDEO, "webm"),
    (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x88matroska" + bytes(20), MediaKind.VIDEO, "mkv"),
    (b"RIFF\0\0\0\0AVI LIST", MediaKind.VIDEO, "avi"),
    (b"FLV\x01" + bytes(20), MediaKind.VIDEO, "flv"),
    (b"\0\0\x01\xba" + bytes(20), MediaKind.VIDEO, "mpeg"),
    ((b"G" + bytes(187)) * 3, MediaKind.VIDEO, "mpegts"),
    (b"OggS" + bytes(24) + b"\x80theora", MediaKind.VIDEO, "ogg"),
    (b"OggS" + bytes(24) + b"\x01vorbis", MediaKind.VIDEO, "ogg"),
    (b"RIFF\0\0\0\0WAVEfmt ", MediaKind.AUDIO, "wav"),
    (b"ID3\x04" + bytes(20), MediaKind.AUDIO, "mp3"),
    (b"\xff\xfb\x90\x00" + bytes(20), MediaKind.AUDIO, "mp3"),
    (b"\xff\xf1\x50\x80" + bytes(20), MediaKind.AUDIO, "aac"),
    (b"fLaC" + bytes(20), MediaKind.AUDIO, "flac"),
    (b"FORM\0\0\0\0AIFF", MediaKind.AUDIO, "aiff"),
    (b"\0\0\0\x1cftypM4A " + bytes(20), MediaKind.VIDEO, "m4a"),
    ("a red cube, größer\r\n\t人".encode(), MediaKind.TEXT, "text"),
    (b"\xef\xbb\xbfwith a byte order mark", MediaKind.TEXT, "text"),
    (b"<html>a page</html>", MediaKind.TEXT, "text"),
    (b'{"caption": "x"}', MediaKind.TEXT, "text"),
]


@pytest.mark.parametrize(("head", "kind", "form"), HEADS)
def test_content_is_judged_by_its_first_bytes(head: bytes, kind: MediaKind, form: str) -> None:
    assert sniff(head) == Sniffed(kind, form)
    assert sniff(memoryview(head)) == Sniffed(kind, form)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\0",
        bytes(100),
        b"PK\x03\x04" + bytes(20),
        b"RIFF\0\0\0\0????",
        b"\xff\xfe" + "utf-16".encode("utf-16-le"),
        b"text with a \x00 in it",
        b"text with a \x1b[31m in it",
        b"text with a \x7f in it",
        b"latin-1 \xe9t\xe9",
        b"cut off \xc3",
        b"BM" + struct.pack("<IHHII", 1, 2, 3, 4, 5),
        b"\xff\xff\xff\xff\xff",
        b"\xff\xfb\xf0\x00",
    ],
)
def test_what_fits_nothing_is_unknown(head: bytes) -> None:
    assert sniff(head) == Sniffed(MediaKind.UNKNOWN, "")


def test_a_name_never_changes_the_kind() -> None:
    assert sniff(jpeg(), "notes.txt").kind is MediaKind.IMAGE
    assert sniff(b"words", "picture.jpg").kind is MediaKind.TEXT


@pytest.mark.parametrize(
    ("head", "name", "expected"),
    [
        (b"<html></html>", "a/b/picture.JPG", True),
        (jpeg(), "clip.mp4", True),
        (bytes(50), "clip.webm", True),
        (encoded(PICTURE, "PNG"), "picture.jpg", False),
        (b"OggS" + bytes(40), "sound.ogg", False),
        (b"OggS" + bytes(40), "picture.jpg", True),
        (jpeg(), "picture", False),
        (jpeg(), "0001.cls", False),
        (b"words", "words.txt", False),
    ],
)
def test_a_name_that_claims_another_kind_is_a_disguise(head: bytes, name: str, *, expected: bool) -> None:
    assert sniff(head, name).is_disguised is expected


def test_a_character_cut_off_by_the_head_is_no_fault() -> None:
    text = "x" * (HEAD_BYTES - 1) + "é"

    assert sniff(text.encode()).kind is MediaKind.TEXT
    assert sniff(text.encode()[:HEAD_BYTES]).kind is MediaKind.TEXT


def test_the_allow_lists_hold_only_formats_that_can_be_sniffed() -> None:
    sniffed = {form for _, _, form in HEADS}

    assert sniffed >= IMAGE_FORMATS
    assert sniffed >= VIDEO_FORMATS
