"""The header walk of a tar: which bytes belong to which member, told without building objects for a tar library.

Readers of tars disagree about malformed ones, and whatever a loader sees has to be what was examined. So the walk
follows Python's `tarfile` (the loaders of WebDataset stand on it) where a construct is ordinary, and flags or stops
where readers could come to different members. Where it stops, the rest of the file is one damaged entry.

Source: POSIX.1-2017 `pax`, "ustar Interchange Format" and "pax Extended Header"; GNU tar manual, "Basic Tar Format".
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from safehold.datasets.sources.places.blobs import Blob
from safehold.datasets.sources.records.names import is_unsafe
from safehold.datasets.sources.tars.entry import BLOCK, Entry
from safehold.datasets.sources.tars.plain import Run, runs
from safehold.vocabulary import GapReason

EXTENSION_LIMIT_BYTES = 1 << 20
"""The longest long-name or PAX block that is read; real ones have a few hundred bytes."""
REMARK_LIMIT_BYTES = 8192
"""The most bytes of blocks before a member, or of all global headers together: twice the longest path.

What they say beside names and sizes (owners, comments, attributes, anything behind a zero byte) is examined by nobody
and kept with what is kept; more of it could hold a picture. The number is ours; Linux: PATH_MAX is 4096.
"""
_ZEROS = bytes(BLOCK)
_STRIDE = 1 << 20
_BATCH = 4096
_OCTAL_LIMIT = 8**11
_OCTAL_DIGITS = b"01234567"
_REGULAR, _PAX, _EXTENSIONS, _WITHOUT_CONTENT = b"\x0007", b"xX", b"LKxXg", b"123456"
_LONG_NAME, _FOLDER, _GLOBAL, _SPARSE = b"L5gS"


@dataclass(slots=True)
class _Walk:
    """Where the walk is, and what the blocks before the next member said of it."""

    position: int = 0
    start: int = 0
    names: set[str] = field(default_factory=set)
    size: int | None = None
    is_odd: bool = False
    is_done: bool = False
    damage: GapReason | None = None
    global_bytes: int = 0

    def begin(self) -> None:
        """Forget what was said of the member before."""
        self.start, self.size, self.is_odd = self.position, None, False
        if self.names:
            self.names = set()


class _DamageError(Exception):
    """The walk can't go on; never seen outside this module."""

    def __init__(self, reason: GapReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def entries(blob: Blob) -> Iterator[Entry]:
    """Yield the entries of a tar in order; what can't be told apart comes last, as one entry with a fault.

    A header whose checksum is wrong, and everything after it, is part of that last entry. Bytes after the
    end-of-archive blocks that are not zero are such an entry too: no loader shows them, and nobody examined them.
    """
    walk, run = _Walk(), runs(blob, _BATCH)
    while not walk.is_done:
        batch = _batch(blob, walk, run)
        sound = batch.sound()
        yield from batch.entries[:sound]
        if sound < len(batch.entries):
            yield _rest(blob, batch.entries[sound].start, GapReason.UNREADABLE)
            return
    if walk.damage is not None:
        yield _rest(blob, walk.start, walk.damage)
    elif (hidden := _first_not_zero(blob, walk.position)) is not None:
        yield _rest(blob, hidden, GapReason.UNREADABLE)


@dataclass(frozen=True, slots=True)
class _Batch:
    """Entries that follow one another, and the header blocks whose checksums are proven together at the end."""

    entries: list[Entry] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    unproven: list[bytes] = field(default_factory=list)

    def add(self, entries: list[Entry], unproven: list[bytes]) -> None:
        """Take entries, whose header blocks are given unless they are proven."""
        if unproven:
            self.places.extend(range(len(self.entries), len(self.entries) + len(entries)))
            self.unproven.extend(unproven)
        self.entries.extend(entries)

    def sound(self) -> int:
        """Return how many entries come before the first whose header's checksum is wrong."""
        if not self.unproven:
            return len(self.entries)
        agree = _checksums_agree(self.unproven)
        return len(self.entries) if agree.all() else self.places[int(np.argmin(agree))]


def _batch(blob: Blob, walk: _Walk, run: Callable[[int], Run]) -> _Batch:
    """Walk on by `_BATCH` entries or somewhat more, or to the end."""
    found = _Batch()
    try:
        while len(found.entries) < _BATCH and not walk.is_done:
            plain = run(walk.position)
            found.add(plain.entries, plain.unproven)
            walk.position = plain.position
            walk.begin()
            if (step := _next(blob, walk)) is not None:
                found.add([step[0]], [step[1]])
    except _DamageError as damage:
        walk.is_done, walk.damage = True, damage.reason
    return found


def _next(blob: Blob, walk: _Walk) -> tuple[Entry, bytes] | None:
    """Return the next entry and its header block, or None at the end of the archive."""
    while True:
        at = walk.position
        header = bytes(blob.view(at, at + BLOCK))
        if len(header) < BLOCK or header == _ZEROS:
            _end(walk, header)
            return None
        kind = header[156]
        if kind in _EXTENSIONS:
            _extension(blob, walk, header)
            if kind == _GLOBAL:
                return Entry("", walk.start, walk.position, 0, None, is_member=False), header
            continue
        return _member(blob, walk, header), header


def _end(walk: _Walk, header: bytes) -> None:
    """Finish the walk at a zero block or at the end of the file; a loader takes a missing end block as an end."""
    if header and len(header) < BLOCK:
        raise _DamageError(GapReason.TRUNCATED)
    if walk.position != walk.start or (walk.position == 0 and not header):
        raise _DamageError(GapReason.UNREADABLE if header else GapReason.TRUNCATED)
    walk.is_done = True


def _member(blob: Blob, walk: _Walk, header: bytes) -> Entry:
    kind, size, name = header[156], _size(walk, header), _header_name(header)
    has_slash = kind == 0 and any(said.endswith("/") for said in (name, *walk.names))  # some judge by one of them
    is_folder = kind == _FOLDER or (has_slash and not walk.names)
    if size and (is_folder or has_slash or kind in _WITHOUT_CONTENT):
        raise _DamageError(GapReason.UNREADABLE)  # readers disagree about where the next member begins
    if kind == _SPARSE:
        raise _DamageError(GapReason.UNSUPPORTED_FORMAT)
    fault = None
    walk.is_odd |= walk.position - walk.start > REMARK_LIMIT_BYTES
    if len(walk.names) > 1 or walk.is_odd or (not is_folder and kind not in _REGULAR):
        fault = GapReason.UNSAFE_MEMBER
    if walk.names:
        name = min(walk.names)
    if is_unsafe(name.rstrip("/") if is_folder else name):
        fault = GapReason.UNSAFE_MEMBER
    data = walk.position + BLOCK
    if data + size > blob.size:
        size, fault, walk.is_done = blob.size - data, GapReason.TRUNCATED, True
    entry = Entry(name, walk.start, data, size, fault, is_member=not is_folder or fault is not None)
    walk.position = entry.stop
    return entry


def _header_name(header: bytes) -> str:
    name = header[:100].partition(b"\0")[0]
    if header[345]:
        name = header[345:500].partition(b"\0")[0] + b"/" + name
    return name.decode("utf-8", "backslashreplace")


def _size(walk: _Walk, header: bytes) -> int:
    """Return a member's size; what a PAX block says of it must not contradict the header.

    Source: POSIX.1-2017 `pax`: the octal field has eleven digits; GNU: base-256 where its first bit is set.
    """
    size = _number(header[124:136])
    if walk.size is None or walk.size == size:
        return size
    if size and walk.size < _OCTAL_LIMIT:
        raise _DamageError(GapReason.UNREADABLE)
    return walk.size


def _number(octal: bytes) -> int:
    if octal[0] == 0x80:
        return int.from_bytes(octal[1:], "big")
    digits, _, after = octal.partition(b"\0")
    digits = digits.strip(b" ")
    if digits.strip(_OCTAL_DIGITS) or (not digits and after.strip(b"\0 ")):
        raise _DamageError(GapReason.UNREADABLE)  # Python reads "1_0" and "0o10"; GNU tar skips a leading zero byte
    return int(digits or b"0", 8)


def _extension(blob: Blob, walk: _Walk, header: bytes) -> None:
    """Read a long-name, PAX or global block and walk past it."""
    size, data = _number(header[124:136]), walk.position + BLOCK
    if size > EXTENSION_LIMIT_BYTES or not _checksums_agree([header])[0]:
        raise _DamageError(GapReason.UNREADABLE)
    content = bytes(blob.view(data, data + size))
    if len(content) < size:
        raise _DamageError(GapReason.TRUNCATED)
    kind = header[156]
    if kind == _LONG_NAME:
        walk.names.add(content.partition(b"\0")[0].decode("utf-8", "backslashreplace"))
    elif kind == _GLOBAL:
        _global(walk, content)
    elif kind in _PAX:
        _pax(walk, content)
    walk.position = data + (size + BLOCK - 1) // BLOCK * BLOCK


def _global(walk: _Walk, content: bytes) -> None:
    """Accept a global header that only comments, in short; one that names or measures makes readers disagree."""
    if walk.position != walk.start or any(_matters(name) for name, _ in _pax_records(content)):
        raise _DamageError(GapReason.UNREADABLE)
    walk.global_bytes += len(content)
    if walk.global_bytes > REMARK_LIMIT_BYTES:
        raise _DamageError(GapReason.UNSAFE_MEMBER)


def _pax(walk: _Walk, content: bytes) -> None:
    for name, value in _pax_records(content):
        if name == "path":
            walk.names.add(value.decode("utf-8", "backslashreplace"))
        elif name == "size":
            walk.is_odd |= walk.size is not None
            walk.size = _decimal(value)
        elif _matters(name) and name != "linkpath":
            walk.is_odd = True


def _matters(name: str) -> bool:
    return name in {"path", "size", "linkpath", "hdrcharset"} or name.startswith("GNU.sparse")


def _pax_records(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the "LENGTH NAME=VALUE" lines of a PAX block."""
    at = 0
    while at < len(content) and content[at]:
        length = _decimal(content[at : at + 20].partition(b" ")[0])
        line = content[at : at + length]
        name, equals, value = line.partition(b" ")[2].partition(b"=")
        if not equals or len(line) < length or value[-1:] != b"\n":
            raise _DamageError(GapReason.UNREADABLE)
        yield name.decode("utf-8", "backslashreplace"), value[:-1]
        at += length


def _decimal(digits: bytes) -> int:
    if not digits.isdigit() or len(digits) > 19:
        raise _DamageError(GapReason.UNREADABLE)
    return int(digits)


def _checksums_agree(headers: list[bytes]) -> NDArray[np.bool_]:
    """Return for each header block whether its checksum is right, all blocks at once.

    Source: POSIX.1-2017 `pax`, field chksum: the sum of all bytes, its own field taken as spaces. Old writers
    summed signed bytes; readers take either.
    """
    blocks = np.frombuffer(b"".join(headers), np.uint8).reshape(-1, BLOCK)
    own = blocks[:, 148:156]
    sums = blocks.sum(axis=1, dtype=np.int64) - own.sum(axis=1, dtype=np.int64) + 8 * ord(" ")
    signed = sums - 256 * (np.count_nonzero(blocks & 0x80, axis=1) - np.count_nonzero(own & 0x80, axis=1))
    stated = np.fromiter((_stated_checksum(header) for header in headers), np.int64, len(headers))
    agree: NDArray[np.bool_] = (sums == stated) | (signed == stated)
    return agree


def _stated_checksum(header: bytes) -> int:
    try:
        return int(header[148:156].partition(b"\0")[0].strip() or b"0", 8)
    except ValueError:
        return -1


def _rest(blob: Blob, start: int, reason: GapReason) -> Entry:
    return Entry("", start, start, blob.size - start, reason, is_member=True)


def _first_not_zero(blob: Blob, start: int) -> int | None:
    """Return where the first block that is not all zeros begins, or None."""
    for at in range(start, blob.size, _STRIDE):
        stride = bytes(blob.view(at, at + _STRIDE))
        zeros = len(stride) - len(stride.lstrip(b"\0"))
        if zeros < len(stride):
            return at + zeros // BLOCK * BLOCK
    return None


def is_tar_header(block: bytes) -> bool:
    """Return whether a file that begins with this block can be a tar: a right checksum, or an empty archive."""
    return len(block) == BLOCK and (block == _ZEROS or bool(_checksums_agree([block])[0]))
