"""Files as cameras, phones and editors write them: a picture, and another one in each place that there is for previews.

All pictures are noise and fields. Every place is a function from the two pictures' files to a file.
"""

import io
import struct
import zlib
from base64 import b64encode
from collections.abc import Callable
from functools import cache

from PIL import Image
from tests.vectors import heif
from tests.vectors.media import encoded, picture, png_chunk

HOST = picture(320, 240, seed=3)
OTHER = picture(160, 120, seed=8)
JPEG = encoded(HOST, "JPEG", quality=90)
PREVIEW = encoded(OTHER, "JPEG", quality=90)
_XMP, _EXTENDED = b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0"


@cache
def _host(form: str) -> bytes:
    return encoded(HOST, form)


def app(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, 0xE0 + marker)) + struct.pack(">H", len(body) + 2) + body


def spread(marker: int, heads: Callable[[int], bytes], body: bytes, *, most: int = 3000) -> list[bytes]:
    parts = [body[at : at + most] for at in range(0, len(body), most)]
    return [app(marker, heads(number) + part) for number, part in enumerate(parts)]


def with_segments(*segments: bytes, jpeg: bytes = JPEG) -> bytes:
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def exif(
    *entries: tuple[int, int, bytes], following: tuple[tuple[int, int, bytes], ...] = (), order: str = "<"
) -> bytes:
    """An EXIF block without its name: the tags of the first directory, and of the one that follows it.

    A value of type 7 is bytes; of type 4, where it is `b""`, the place of what the entry with tag 0 holds.
    """
    head = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(order + "I", 8)
    first = _directory(entries, 8, order, bool(following))
    return head + first + (_directory(following, 8 + len(first), order, False) if following else b"")


def _directory(entries: tuple[tuple[int, int, bytes], ...], at: int, order: str, is_followed: bool) -> bytes:
    table, store = b"", b""
    begin = at + 2 + 12 * sum(1 for tag, _, _ in entries if tag) + 4
    carried = next((value for tag, _, value in entries if not tag), b"")
    for tag, kind, value in entries:
        if not tag:
            continue
        width = {3: 2, 4: 4}.get(kind, 1)
        held = value if value or kind != 4 else struct.pack(order + "I", begin)
        where = held.ljust(4, b"\0") if len(held) <= 4 else struct.pack(order + "I", begin + len(carried) + len(store))
        table += struct.pack(order + "HHI", tag, kind, len(held) // width) + where
        store += held if len(held) > 4 else b""
    after = struct.pack(order + "I", begin + len(carried) + len(store) if is_followed else 0)
    return struct.pack(order + "H", len(table) // 12) + table + after + carried + store


def number(value: int, order: str = "<") -> bytes:
    return struct.pack(order + "I", value)


def thumbnail(data: bytes, order: str = "<") -> tuple[tuple[int, int, bytes], ...]:
    return ((0x0201, 4, b""), (0x0202, 4, number(len(data), order)), (0, 7, data))


def camera_exif(thumb: bytes, note: bytes, order: str = "<") -> bytes:
    make = (0x010F, 2, b"A maker\0")
    return exif(make, (0x927C, 7, note), following=thumbnail(thumb, order), order=order)


def maker_note(preview: bytes) -> bytes:
    """A header, a directory of numbers, noise, a preview, noise."""
    noise = bytes((number * 37 + number // 7) % 251 for number in range(900))
    return b"MAKER\0\2\0II" + noise + preview + noise[:300]


def _pixels() -> bytes:
    return OTHER.resize((80, 60)).tobytes()


def _resource(number_of_it: int, body: bytes) -> bytes:
    return (
        b"8BIM"
        + struct.pack(">H", number_of_it)
        + b"\0\0"
        + struct.pack(">I", len(body))
        + body
        + b"\0" * (len(body) % 2)
    )


def photoshop(number_of_it: int, form: int, width: int, height: int, body: bytes) -> bytes:
    row = (width * 24 + 31) // 32 * 4
    head = struct.pack(">IIIIIIHH", form, width, height, row, row * height, len(body), 24, 1)
    other = _resource(1005, bytes(16))
    return b"Photoshop 3.0\0" + other + _resource(number_of_it, head + body) + other


def xmp(data: bytes, *, line: int = 0, end: bytes = b"\n") -> bytes:
    text = b64encode(data)
    lines = [text[at : at + line] for at in range(0, len(text), line)] if line else [text]
    return b"<x:xmpmeta><xmpGImg:image>" + end.join(lines) + b"</xmpGImg:image></x:xmpmeta>"


def extended_xmp(data: bytes) -> list[bytes]:
    text, name = xmp(data), b"0123456789ABCDEF" * 2
    heads = (_EXTENDED + name + struct.pack(">II", len(text), at) for at in range(0, len(text), 3000))
    made = list(heads)
    return list(reversed(spread(1, lambda place: made[place], text)))


def boxes_of_provenance(data: bytes) -> list[bytes]:
    """JUMBF boxes, as C2PA stores its manifest and thumbnails."""
    label = heif.box(b"jumd", bytes(16) + b"\3c2pa.thumbnail.claim.jpeg\0")
    body = heif.box(b"jumb", label, heif.box(b"bfdb", b"\0image/jpeg\0"), heif.box(b"bidb", data))
    first, rest = body[:3000], body[3000:]
    parts = [first, *(body[:8] + rest[at : at + 3000] for at in range(0, len(rest), 3000))]
    return [app(11, b"JP" + struct.pack(">HI", 1, place) + part) for place, part in enumerate(parts, start=1)]


def multi_picture(*others: bytes, padding: int = 0) -> bytes:
    """A JPEG with an MP index, which says where the others are, and the others after it (CIPA DC-007)."""
    host = with_segments(app(2, b"MPF\0" + bytes(26 + 16 * (1 + len(others)) + 24)))
    place, entries = len(host) + padding, [struct.pack("<IIIHH", 0x20030000, len(host), 0, 0, 0)]
    for other in others:
        entries.append(struct.pack("<IIIHH", 0, len(other), place - host.index(b"MPF\0") - 4, 0, 0))
        place += len(other) + padding
    index = exif((0xB000, 7, b"0100"), (0xB001, 4, number(1 + len(others))), (0xB002, 7, b"".join(entries)), order="<")
    host = with_segments(app(2, b"MPF\0" + index.ljust(50 + 16 * (1 + len(others)), b"\0")))
    return host + b"".join(bytes(padding) + other for other in others)


def _between_scans(segment: bytes) -> bytes:
    host = encoded(HOST, "JPEG", quality=90, progressive=True)
    at = host.index(b"\xff\xc4", host.index(b"\xff\xda"))
    return host[:at] + segment + host[at:]


def _png(*chunks: bytes, late: bytes = b"") -> bytes:
    host = _host("PNG")
    return host[:33] + b"".join(chunks) + host[33:-12] + late + host[-12:]


def _png_known(kind: bytes, body: bytes) -> bytes:
    """A PNG with more behind what a chunk of its own holds, and its checksum."""
    host = _host("PNG")
    at = host.index(kind) - 4
    end = at + 8 + int.from_bytes(host[at : at + 4], "big")
    return host[:at] + png_chunk(kind, host[at + 8 : end] + body) + host[end + 4 :]


def _palette_of(data: bytes) -> bytes:
    return png_chunk(b"PLTE", data + bytes(-len(data) % 3))


def _webp_chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def _webp_of(kind: bytes, body: bytes, **options: object) -> bytes:
    """A WebP with more behind its picture's own chunk, or with a transparency that it does not use."""
    host = encoded(HOST, "WEBP", **options)
    picture_ = host[20 : 20 + struct.unpack_from("<I", host, 16)[0]]
    canvas = _webp_chunk(b"VP8X", bytes(4) + (319).to_bytes(3, "little") + (239).to_bytes(3, "little"))
    own = _webp_chunk(kind, picture_ + body) if kind == host[12:16] else _webp_chunk(kind, body) + host[12:]
    return host[:4] + struct.pack("<I", 4 + len(canvas + own)) + b"WEBP" + canvas + own


def _gif_behind(body: bytes) -> bytes:
    """A GIF with further parts behind the code that ends its picture."""
    host = _host("GIF")
    return host[:-2] + _parts(body) + host[-1:]


def _bmp_behind(body: bytes) -> bytes:
    """A bitmap of run lengths whose header counts in what stands behind the code that ends it."""
    own = b"\x10\x50\0\0" * 16 + b"\0\1" + body
    head = struct.pack("<IiiHHIIiiII", 40, 16, 16, 1, 8, 1, len(own), 0, 0, 256, 0)
    colours = b"".join(bytes((level, level, level, 0)) for level in range(256))
    start = 14 + len(head) + len(colours)
    return b"BM" + struct.pack("<IHHI", start + len(own), 0, 0, start) + head + colours + own


def _digits(kind: bytes, data: bytes) -> bytes:
    lines = data.hex().encode()
    broken = b"\n".join(lines[at : at + 72] for at in range(0, len(lines), 72))
    return b"Raw profile type " + kind + b"\0\0" + zlib.compress(b"\n%s\n%8d\n%s\n" % (kind, len(data), broken))


def _webp(*chunks: tuple[bytes, bytes]) -> bytes:
    host = encoded(HOST, "WEBP", exif=b"Exif\0\0II*\0" + bytes(8))
    at = host.index(b"EXIF")
    rest = b"".join(kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2) for kind, body in chunks)
    return host[:4] + struct.pack("<I", at - 8 + len(rest)) + host[8:at] + rest


def _gif(label: bytes, body: bytes) -> bytes:
    host = _host("GIF")
    at = 13 + 3 * (2 << (host[10] & 7))
    return host[:at] + b"!" + label + body + host[at:]


def _parts(body: bytes) -> bytes:
    return (
        b"".join(bytes((len(part),)) + part for part in (body[at : at + 255] for at in range(0, len(body), 255)))
        + b"\0"
    )


def _bmp(data: bytes) -> bytes:
    host = _host("BMP")
    return (
        host[:2]
        + struct.pack("<I", len(host) + len(data))
        + host[6:10]
        + struct.pack("<I", 54 + len(data))
        + host[14:54]
        + data
        + host[54:]
    )


def tiff(*more: tuple[int, int, bytes], image: Image.Image = HOST, compression: str = "raw") -> bytes:
    """A TIFF with further tags in its directory."""
    out, tags = io.BytesIO(), Image.Exif()
    image.copy().save(out, "TIFF", compression=compression, exif=tags)
    data = out.getvalue()
    at = struct.unpack_from("<I", data, 4)[0]
    count = struct.unpack_from("<H", data, at)[0]
    entries = [data[at + 2 + 12 * place : at + 14 + 12 * place] for place in range(count)]
    store = b""
    for tag, kind, value in more:
        width = {3: 2, 4: 4}.get(kind, 1)
        where = value.ljust(4, b"\0") if len(value) <= 4 else number(len(data) + len(store))
        entries.append(struct.pack("<HHI", tag, kind, len(value) // width) + where)
        store += (value if len(value) > 4 else b"") + b"\0" * (len(value) % 2 if len(value) > 4 else 0)
    start = len(data) + len(store)
    body = struct.pack("<H", len(entries)) + b"".join(sorted(entries)) + bytes(4)
    return data[:4] + number(start) + data[8:] + store + body


def tiff_with_another_below(image: Image.Image = OTHER, compression: str = "raw") -> bytes:
    """Two pictures, of which the second stands in a directory below the first's."""
    out = io.BytesIO()
    HOST.copy().save(out, "TIFF", compression=compression, save_all=True, append_images=[image.copy()])
    data = bytearray(out.getvalue())
    (first,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, first)
    (second,) = struct.unpack_from("<I", data, first + 2 + 12 * count)
    entries = [bytes(data[first + 2 + 12 * place : first + 14 + 12 * place]) for place in range(count)]
    entries.append(struct.pack("<HHII", 330, 4, 1, second))
    struct.pack_into("<I", data, 4, len(data))
    return bytes(data) + struct.pack("<H", len(entries)) + b"".join(sorted(entries)) + bytes(4)


def raw_thumbnail() -> bytes:
    pixels = _pixels()
    entries = (
        (0x0100, 4, number(80)), (0x0101, 4, number(60)), (0x0102, 3, b"\x08\0\x08\0\x08\0"), (0x0103, 3, b"\1\0"),
        (0x0106, 3, b"\2\0"), (0x0111, 4, b""), (0x0115, 3, b"\3\0"), (0x0116, 4, number(60)),
        (0x0117, 4, number(len(pixels))), (0, 7, pixels),
    )  # fmt: skip
    return exif((0x010F, 2, b"A maker\0"), following=entries)


def swapped() -> bytes:
    return encoded(Image.merge("RGB", OTHER.split()[::-1]), "JPEG", quality=95, subsampling=0)


def _named(block: bytes) -> bytes:
    return b"Exif\0\0" + block


PLACES: dict[str, Callable[[bytes], bytes]] = {
    "exif thumbnail": lambda data: with_segments(app(1, _named(camera_exif(data, b"")))),
    "big-endian exif thumbnail": lambda data: with_segments(app(1, _named(camera_exif(data, b"", ">")))),
    "second exif block": lambda data: with_segments(
        app(1, _named(exif((0x010F, 2, b"A maker\0")))), app(1, _named(camera_exif(data, b"")))
    ),
    "exif block over two segments": lambda data: with_segments(
        app(1, _named(camera_exif(data, b""))[:4000]), app(1, _named(b"") + _named(camera_exif(data, b""))[4000:])
    ),
    "maker's note": lambda data: with_segments(app(1, _named(exif((0x927C, 7, maker_note(data)))))),
    "maker's note with a changed byte": lambda data: with_segments(
        app(1, _named(exif((0x927C, 7, maker_note(b"\2" + data[1:])))))
    ),
    "jfxx": lambda data: with_segments(app(0, b"JFXX\0\x10" + data)),
    "photoshop 1036": lambda data: with_segments(app(13, photoshop(1036, 1, 160, 120, data))),
    "photoshop over two segments": lambda data: with_segments(
        *spread(13, lambda place: b"Photoshop 3.0\0" if place else b"", photoshop(1036, 1, 160, 120, data))
    ),
    "xmp": lambda data: with_segments(app(1, _XMP + xmp(data))),
    "xmp in lines": lambda data: with_segments(app(1, _XMP + xmp(data, line=76, end=b"&#xA;"))),
    "extended xmp": lambda data: with_segments(*extended_xmp(data)),
    "provenance": lambda data: with_segments(*boxes_of_provenance(data)),
    "unknown segment": lambda data: with_segments(app(7, b"who knows\0" + data)),
    "unknown segments": lambda data: with_segments(*spread(4, lambda _place: b"who knows\0", data)),
    "comment": lambda data: with_segments(app(30, data)),
    "after the scan": lambda data: JPEG[:-2] + app(1, b"who knows\0" + data) + b"\xff\xd9",
    "between scans": lambda data: _between_scans(app(1, _named(camera_exif(data, b"")))),
    "png exif": lambda data: _png(png_chunk(b"eXIf", camera_exif(data, b""))),
    "png second exif": lambda data: _png(
        png_chunk(b"eXIf", camera_exif(data, b"")), png_chunk(b"eXIf", exif((0x010F, 2, b"A maker\0")))
    ),
    "png maker's note": lambda data: _png(png_chunk(b"eXIf", exif((0x927C, 7, maker_note(data))))),
    "png xmp": lambda data: _png(png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(data))),
    "png packed xmp": lambda data: _png(
        png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(xmp(data)))
    ),
    "png packed text": lambda data: _png(
        png_chunk(b"zTXt", b"workflow\0\0" + zlib.compress(b'{"image": "' + b64encode(data) + b'"}'))
    ),
    "png text of an address": lambda data: _png(
        png_chunk(b"tEXt", b"source\0data:image/jpeg;base64," + b64encode(data))
    ),
    "png digits": lambda data: _png(png_chunk(b"zTXt", _digits(b"exif", _named(camera_exif(data, b""))))),
    "png provenance": lambda data: _png(png_chunk(b"caBX", heif.box(b"jumb", heif.box(b"bidb", data)))),
    "png late chunk": lambda data: _png(late=png_chunk(b"prVt", data)),
    "webp exif": lambda data: _webp((b"EXIF", camera_exif(data, b""))),
    "webp named exif": lambda data: _webp((b"EXIF", _named(camera_exif(data, b"")))),
    "webp xmp": lambda data: _webp((b"XMP ", xmp(data))),
    "webp unknown chunk": lambda data: _webp((b"C2PA", data)),
    "gif comment": lambda data: _gif(b"\xfe", _parts(data)),
    "gif xmp": lambda data: _gif(b"\xff", b"\x0bXMP DataXMP" + xmp(data) + b"\x01" + bytes(range(255, -1, -1)) + b"\0"),
    "lines of a jpeg": lambda data: with_segments(app(-4, data)),
    "lines after the scan": lambda data: JPEG[:-2] + app(-4, data) + b"\xff\xd9",
    "png header": lambda data: _png_known(b"IHDR", data),
    "png second header": lambda data: _png(png_chunk(b"IHDR", _host("PNG")[16:29] + data)),
    "png palette of no use": lambda data: _png(_palette_of(data)),
    "png late palette": lambda data: _png(late=_palette_of(data)),
    "png end": lambda data: _png_known(b"IEND", data),
    "png after its pixels": lambda data: _png(late=png_chunk(b"IDAT", data)),
    "png after its pixels in parts": lambda data: _png(
        late=b"".join(png_chunk(b"IDAT", data[at : at + 90]) for at in range(0, len(data), 90))
    ),
    "webp transparency of no use": lambda data: _webp_of(b"ALPH", data),
    "webp after its pixels": lambda data: _webp_of(b"VP8 ", data),
    "webp after its lossless pixels": lambda data: _webp_of(b"VP8L", data, lossless=True),
    "gif after its pixels": _gif_behind,
    "gif timing": lambda data: _gif(b"\xf9", _parts(data)),
    "gif timing and more": lambda data: _gif(b"\xf9", b"\4" + bytes(4) + _parts(data)),
    "bmp before its pixels": _bmp,
    "bmp after its pixels": _bmp_behind,
    "tiff below": lambda _data: tiff_with_another_below(),
    "packed tiff below": lambda _data: tiff_with_another_below(compression="tiff_lzw"),
    "tiff xmp": lambda data: tiff((700, 1, xmp(data))),
    "tiff photoshop": lambda data: tiff((34377, 1, photoshop(1036, 1, 160, 120, data)[14:])),
    "tiff unknown tag": lambda data: tiff((50740, 1, maker_note(data))),
    "tiff loose bytes": lambda data: tiff() + bytes(50) + data,
    "avif exif": lambda data: heif.avif(heif.coded(HOST), heif.Item(b"Exif", bytes(4) + camera_exif(data, b""), ())),
    "after other bytes": lambda data: JPEG + b"SEFT some notes" + data + b"SEFT",
    "png behind": lambda _data: JPEG + encoded(OTHER, "PNG"),
}  # fmt: skip
"""Where another picture may stand: each takes its file as a JPEG."""

DRAWN: dict[str, Callable[[], bytes]] = {
    "jfif": lambda: with_segments(app(0, b"JFIF\0\1\2\0\0\1\0\1\x50\x3c" + _pixels())),
    "jfxx colours": lambda: with_segments(app(0, b"JFXX\0\x13\x50\x3c" + _pixels())),
    "jfxx palette": lambda: with_segments(app(0, _palette())),
    "photoshop pixels": lambda: with_segments(app(13, photoshop(1036, 0, 80, 60, _pixels()))),
    "photoshop 1033": lambda: with_segments(app(13, photoshop(1033, 1, 160, 120, swapped()))),
    "exif pixels": lambda: with_segments(app(1, _named(raw_thumbnail()))),
    "png exif pixels": lambda: _png(png_chunk(b"eXIf", raw_thumbnail())),
}
"""Where another picture may stand as pixels, or changed."""


def _palette() -> bytes:
    image = OTHER.resize((80, 60)).quantize(256)
    colours = bytes(image.getpalette("RGB") or ()).ljust(768, b"\0")
    return b"JFXX\0\x11\x50\x3c" + colours + image.tobytes()


def camera_file() -> bytes:
    """What a camera writes: EXIF and thumbnail, a preview in the maker's note, XMP, a profile, an index, a gain map."""
    small = encoded(HOST.resize((160, 120)), "JPEG")
    preview = encoded(HOST.resize((200, 150)), "JPEG")
    segments = [
        app(1, _named(camera_exif(small, maker_note(preview)))),
        app(1, _XMP + b"<x:xmpmeta>" + b"a description of the picture, " * 60 + b"</x:xmpmeta>"),
        app(2, b"ICC_PROFILE\0\1\1" + bytes(range(256)) * 12),
        app(11, b"JP\0\1\0\0\0\1" + heif.box(b"jumb", heif.box(b"jumd", bytes(80)))),
    ]
    gain = with_segments(
        app(1, _XMP + b"<x:xmpmeta hdrgm:Version='1.0'/>"), jpeg=encoded(HOST.convert("L").resize((80, 60)), "JPEG")
    )
    return with_segments(
        *segments,
        jpeg=multi_picture(
            gain, encoded(HOST.resize((300, 225)), "JPEG", exif=_named(camera_exif(small, b""))), padding=16
        ),
    )
