"""Hostile and odd tars, made by code: each function is named by its fault. All content is harmless noise or text."""

import io
import tarfile
from collections.abc import Iterable
from pathlib import Path

BLOCK = 512


def member(name: str, content: bytes = b"x", **attributes: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for attribute, value in attributes.items():
        setattr(info, attribute, value)
    return info, content


def tar_of(members: Iterable[tuple[tarfile.TarInfo, bytes]], *, form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def plain(count: int = 3, *, form: int = tarfile.PAX_FORMAT, prefix: str = "") -> bytes:
    """`count` records of a picture-like member and a caption each."""
    return tar_of(
        (
            one
            for number in range(count)
            for one in (
                member(f"{prefix}{number:05d}.jpg", bytes([number % 251]) * (700 + 13 * number), mtime=1_700_000_000),
                member(f"{prefix}{number:05d}.txt", f"red cube {number}".encode()),
            )
        ),
        form=form,
    )


def header(name: bytes, size: int, kind: bytes = b"0", *, size_field: bytes | None = None, magic: bool = True) -> bytes:
    """One raw header block with a right checksum."""
    block = bytearray(BLOCK)
    block[0 : len(name)] = name
    block[100:108] = b"0000644\0"
    block[124:136] = size_field or b"%011o\0" % size
    block[156:157] = kind
    if magic:
        block[257:265] = b"ustar\x0000"
    return with_checksum(block)


def with_checksum(block: bytes | bytearray) -> bytes:
    block = bytearray(block)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % BLOCK)


def raw(name: bytes, content: bytes = b"x", kind: bytes = b"0") -> bytes:
    return header(name, len(content), kind) + padded(content)


def pax(**records: bytes) -> bytes:
    return pax_lines({name.encode(): value for name, value in records.items()})


def pax_lines(records: dict[bytes, bytes], kind: bytes = b"x") -> bytes:
    body = b""
    for name, value in records.items():
        rest = b" " + name + b"=" + value + b"\n"
        length = len(rest) + len(str(len(rest)))
        length = len(rest) + len(str(length))
        body += str(length).encode() + rest
    return raw(b"PaxHeader", body, kind)


END = bytes(2 * BLOCK)


def corrupted_checksum(at_record: int, count: int = 4) -> bytes:
    """A flipped bit in the header of one record's first member."""
    data = bytearray(plain(count))
    at = data.index(b"%05d.jpg" % at_record)
    data[at + 110] ^= 1
    return bytes(data)


def truncated_in_content(count: int = 3) -> bytes:
    data = plain(count)
    return data[: data.index(b"%05d.jpg" % (count - 1)) + BLOCK + 100]


def truncated_in_header(count: int = 3) -> bytes:
    data = plain(count)
    return data[: data.index(b"%05d.jpg" % (count - 1)) + 100]


def hidden_after_the_end() -> bytes:
    """A second archive behind the end blocks of the first."""
    return plain(2) + plain(2, prefix="hidden-")


def write(folder: Path, content: bytes, name: str = "00000.tar") -> str:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return str(folder)
