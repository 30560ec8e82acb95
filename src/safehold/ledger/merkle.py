"""The Merkle tree of Certificate Transparency: hashes, roots, and proofs of inclusion and consistency. Pure.

A leaf is SHA-256(0x00 || entry) and a node SHA-256(0x01 || left || right), so that neither can pose as the other. The
left subtree of n leaves holds the largest power of two that is smaller than n.

Source: RFC 9162 (2021) sections 2.1.1 to 2.1.4; the numbered steps below are its own.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from safehold.ledger.errors import ProofFailedError

HASH_BYTES = 32


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash over two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


EMPTY_ROOT = hashlib.sha256(b"").digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """The right edge of a tree: all that appending and the root need, in log2(size) hashes.

    Attributes:
        size: how many leaves.
        hashes: the roots of the perfect subtrees that the leaves fall into, largest (leftmost) first.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def extended(self, leaves: Iterable[bytes]) -> Self:
        """Return the frontier with more leaves at the right."""
        size, hashes = self.size, list(self.hashes)
        for leaf in leaves:
            hashes.append(leaf)
            size += 1
            full = size
            while full & 1 == 0:  # each trailing zero of the size closes one more pair
                right = hashes.pop()
                hashes[-1] = node_hash(hashes[-1], right)
                full >>= 1
        return type(self)(size, tuple(hashes))

    def root(self) -> bytes:
        """Return the root of the whole tree."""
        if not self.hashes:
            return EMPTY_ROOT
        *left, root = self.hashes
        for subtree in reversed(left):
            root = node_hash(subtree, root)
        return root

    def to_bytes(self) -> bytes:
        """Return the hashes one after another."""
        return b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, size: int, joined: bytes) -> Self:
        """Return the frontier of `size` leaves from its joined hashes.

        Raises:
            ProofFailedError: there are not as many hashes as a tree of this size has.
        """
        if size < 0 or len(joined) != size.bit_count() * HASH_BYTES:
            raise _failed("a frontier has the wrong number of hashes")
        return cls(size, tuple(joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES)))


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root of a tree with these leaf hashes."""
    return Frontier().extended(leaves).root()


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Return the hashes that lead from leaf `index` to the root, from the leaf up (RFC 9162 section 2.1.3.1)."""
    if not 0 <= index < len(leaves):
        raise _failed("a proof was asked of a leaf that is not in the tree")
    if len(leaves) == 1:
        return ()
    split = _split(len(leaves))
    left, right = leaves[:split], leaves[split:]
    if index < split:
        return (*inclusion_proof(left, index), root(right))
    return (*inclusion_proof(right, index - split), root(left))


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> tuple[bytes, ...]:
    """Return the hashes that show the first `old_size` leaves to be unchanged (RFC 9162 section 2.1.4.1)."""
    if not 0 < old_size <= len(leaves):
        raise _failed("a consistency proof needs an old size between 1 and the new size")
    return _subproof(leaves, old_size, whole=True)


def _subproof(leaves: Sequence[bytes], old_size: int, *, whole: bool) -> tuple[bytes, ...]:
    if old_size == len(leaves):
        return () if whole else (root(leaves),)
    split = _split(len(leaves))
    left, right = leaves[:split], leaves[split:]
    if old_size <= split:
        return (*_subproof(left, old_size, whole=whole), root(right))
    return (*_subproof(right, old_size - split, whole=False), root(left))


def verify_inclusion(leaf: bytes, index: int, *, size: int, proof: Sequence[bytes], tree_root: bytes) -> None:
    """Check that a leaf is at this place in the tree with this root (RFC 9162 section 2.1.3.2).

    Raises:
        ProofFailedError: it is not shown.
    """
    if not 0 <= index < size:  # 1
        raise _failed("the leaf lies outside the tree")
    place, last, found = index, size - 1, leaf  # 2, 3
    for step in proof:  # 4
        if last == 0:
            raise _failed("the proof is too long")
        if place & 1 or place == last:
            found = node_hash(step, found)
            place, last = _past_lone_levels(place, last)
        else:
            found = node_hash(found, step)
        place, last = place >> 1, last >> 1
    if last != 0 or found != tree_root:  # 5
        raise _failed("the leaf is not in the tree with this root")


def verify_consistency(
    old_size: int, new_size: int, *, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> None:
    """Check that the tree with the old root is the beginning of the tree with the new one (RFC 9162 section 2.1.4.2).

    Raises:
        ProofFailedError: it is not shown.
    """
    if not 0 < old_size <= new_size:
        raise _failed("the old tree must have leaves, and no more than the new one")
    if old_size == new_size:
        if proof or old_root != new_root:
            raise _failed("two trees of one size differ")
        return
    path = [old_root, *proof] if old_size.bit_count() == 1 else list(proof)  # 1, 2
    if not path:
        raise _failed("the proof is empty")
    place, last = old_size - 1, new_size - 1  # 3
    while place & 1:  # 4
        place, last = place >> 1, last >> 1
    old_found = new_found = path[0]  # 5
    for step in path[1:]:  # 6
        if last == 0:
            raise _failed("the proof is too long")
        if place & 1 or place == last:
            old_found, new_found = node_hash(step, old_found), node_hash(step, new_found)
            place, last = _past_lone_levels(place, last)
        else:
            new_found = node_hash(new_found, step)
        place, last = place >> 1, last >> 1
    if last != 0 or old_found != old_root or new_found != new_root:  # 7
        raise _failed("the new tree does not begin with the old one")


def _past_lone_levels(place: int, last: int) -> tuple[int, int]:
    """Climb the levels where the right edge has no sibling and so adds no step to a proof."""
    while place and not place & 1:
        place, last = place >> 1, last >> 1
    return place, last


def _split(size: int) -> int:
    """Return the largest power of two smaller than `size` (2 or more)."""
    return 1 << ((size - 1).bit_length() - 1)


def _failed(message: str) -> ProofFailedError:
    return ProofFailedError(message, advice="Ask for a new proof; if it fails again, treat the ledger as altered.")
