"""Check what is stored against what the register says, without any custodian's key."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from safehold.vault.envelope import CHECK_BYTES, OBJECT_HEADER_BYTES, SHARE_BYTES, Check, ObjectHeader, ShareHeader
from safehold.vault.errors import VaultSealedError
from safehold.vault.evidence import Evidence, EvidenceId, EvidenceState


class ProblemKind(Enum):
    """What can be wrong with evidence."""

    OBJECT_MISSING = "object_missing"
    OBJECT_CHANGED = "object_changed"
    SHARE_MISSING = "share_missing"
    SHARE_CHANGED = "share_changed"
    TOO_FEW_SHARES = "too_few_shares"
    LEFT_AFTER_ERASURE = "left_after_erasure"
    ERASURE_INTERRUPTED = "erasure_interrupted"
    READABLE_BY_OTHERS = "readable_by_others"
    UNCHECKED = "unchecked"


_FATAL = frozenset({ProblemKind.OBJECT_MISSING, ProblemKind.OBJECT_CHANGED, ProblemKind.TOO_FEW_SHARES})


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        kind: what.
        evidence: with which evidence.
        custodian: whose share, or "".
    """

    kind: ProblemKind
    evidence: EvidenceId
    custodian: str = ""

    @property
    def is_fatal(self) -> bool:
        """Whether the evidence can't be opened any more, even by its custodians."""
        return self.kind in _FATAL


@dataclass(frozen=True, slots=True)
class VaultReport:
    """The result of an inspection.

    Attributes:
        examined: how many rows of the register were compared.
        problems: everything wrong, in the register's order.
        orphans: stored names that no row knows, left by a kill before anything was reported as done: safe to remove.
        exposed: folders and files of the store that others than this machine's user may enter, read or change.
    """

    examined: int
    problems: tuple[Problem, ...]
    orphans: tuple[str, ...]
    exposed: tuple[str, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong; orphans are untidy, not wrong."""
        return not self.problems and not self.exposed


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored under one id.

    Attributes:
        object: the sealed object, or None.
        shares: custodian's name → sealed share.
        is_exposed: whether anybody but the owner may read any of it.
        is_half_erased: whether an erasure began and did not end.
    """

    object: bytes | None
    shares: Mapping[str, bytes]
    is_exposed: bool = False
    is_half_erased: bool = False


def inspect(row: Evidence, stored: Stored, vault_key: bytes | None) -> tuple[Problem, ...]:
    """Return everything wrong with one piece of evidence.

    Args:
        row: what the register says.
        stored: what is there.
        vault_key: the home's, for the object's check; None where it is lost, which is a problem of its own.
    """
    return tuple(_problems(row, stored, vault_key))


def _problems(row: Evidence, stored: Stored, vault_key: bytes | None) -> Iterator[Problem]:
    if row.state is EvidenceState.ERASED:
        if stored.object is not None or stored.shares or stored.is_half_erased:
            yield Problem(ProblemKind.LEFT_AFTER_ERASURE, row.id)
        return
    if row.state is EvidenceState.ERASING:
        yield Problem(ProblemKind.ERASURE_INTERRUPTED, row.id)
        return
    if stored.is_half_erased:
        yield Problem(ProblemKind.ERASURE_INTERRUPTED, row.id)
    if stored.is_exposed:
        yield Problem(ProblemKind.READABLE_BY_OTHERS, row.id)
    if stored.object is None:
        yield Problem(ProblemKind.OBJECT_MISSING, row.id)
        return
    header = _read_object(row, stored.object, vault_key)
    if header is None:
        yield Problem(ProblemKind.OBJECT_CHANGED, row.id)
        return
    if vault_key is None:
        yield Problem(ProblemKind.UNCHECKED, row.id)
    yield from _share_problems(row, stored, header=header, vault_key=vault_key)


def _read_object(row: Evidence, data: bytes, vault_key: bytes | None) -> ObjectHeader | None:
    """Return the header of an unharmed object; None where anything about it is not as it was sealed."""
    try:
        header = ObjectHeader.from_bytes(data[:OBJECT_HEADER_BYTES])
    except VaultSealedError:
        return None
    expected = (row.id, row.size, row.threshold, len(row.custodians), len(data))
    if (header.id, header.size, header.threshold, header.count, header.stored_bytes) != expected:
        return None
    return header if _passes(data, vault_key) else None


def _passes(data: bytes, vault_key: bytes | None) -> bool:
    """Return whether the check at the end is right; without the vault key there is nothing to compare."""
    if vault_key is None:
        return True
    check = Check(vault_key)
    check.update(memoryview(data)[:-CHECK_BYTES])
    return check.is_equal(data[-CHECK_BYTES:])


def _share_problems(
    row: Evidence, stored: Stored, *, header: ObjectHeader, vault_key: bytes | None
) -> Iterator[Problem]:
    good = 0
    for number, custodian in enumerate(row.custodians, start=1):
        share = stored.shares.get(custodian)
        if share is None:
            yield Problem(ProblemKind.SHARE_MISSING, row.id, custodian)
        elif not (_is_share_of(share, header, number) and _passes(share, vault_key)):
            yield Problem(ProblemKind.SHARE_CHANGED, row.id, custodian)
        else:
            good += 1
    if good < row.threshold:
        yield Problem(ProblemKind.TOO_FEW_SHARES, row.id)


def _is_share_of(share: bytes, header: ObjectHeader, number: int) -> bool:
    try:
        clear = ShareHeader.from_bytes(share)
    except VaultSealedError:
        return False
    return clear.belongs_to(header) and clear.number == number and len(share) == SHARE_BYTES
