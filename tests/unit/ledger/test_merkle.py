"""Trees of eight known leaves.

Source: the reference vectors of Certificate Transparency (google/certificate-transparency, merkletree tests), whose
tree is that of RFC 6962 and RFC 9162.
"""

import hashlib

import pytest

from safehold.ledger.errors import ProofFailedError
from safehold.ledger.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

LEAVES = [
    leaf_hash(bytes.fromhex(entry))
    for entry in (
        *("", "00", "10", "2021", "3031", "40414243"),
        *("5051525354555657", "606162636465666768696a6b6c6d6e6f"),
    )
]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_the_published_ones(size: int) -> None:
    assert root(LEAVES[:size]).hex() == ROOTS[size - 1]


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert root([]) == EMPTY_ROOT == hashlib.sha256().digest()


def test_an_inclusion_proof_is_the_published_one() -> None:
    assert inclusion_proof(LEAVES[:3], 2) == (bytes.fromhex(ROOTS[1]),)
    assert inclusion_proof(LEAVES, 0) == (
        LEAVES[1],
        node_hash(LEAVES[2], LEAVES[3]),
        node_hash(node_hash(LEAVES[4], LEAVES[5]), node_hash(LEAVES[6], LEAVES[7])),
    )


def test_a_consistency_proof_is_the_published_one() -> None:
    assert consistency_proof(LEAVES, 6) == (
        node_hash(LEAVES[4], LEAVES[5]),
        node_hash(LEAVES[6], LEAVES[7]),
        bytes.fromhex(ROOTS[3]),
    )


def test_a_leaf_can_not_pose_as_a_node() -> None:
    assert leaf_hash(LEAVES[0] + LEAVES[1]) != node_hash(LEAVES[0], LEAVES[1])


@pytest.mark.parametrize(("size", "width"), [(1, 0), (3, 32), (4, 64), (7, 64), (-1, 0)])
def test_a_frontier_of_the_wrong_width_is_refused(size: int, width: int) -> None:
    with pytest.raises(ProofFailedError):
        Frontier.from_bytes(size, bytes(width))


@pytest.mark.parametrize("index", [-1, 8])
def test_no_proof_is_made_for_a_leaf_that_is_not_there(index: int) -> None:
    with pytest.raises(ProofFailedError):
        inclusion_proof(LEAVES, index)


@pytest.mark.parametrize("old_size", [0, 9])
def test_no_consistency_is_shown_with_an_empty_or_longer_tree(old_size: int) -> None:
    with pytest.raises(ProofFailedError):
        consistency_proof(LEAVES, old_size)


def test_a_proof_that_is_too_long_or_too_short_fails() -> None:
    whole = bytes.fromhex(ROOTS[7])
    proof = inclusion_proof(LEAVES, 5)
    for wrong in ((*proof, LEAVES[0]), proof[:-1], ()):
        with pytest.raises(ProofFailedError):
            verify_inclusion(LEAVES[5], 5, size=8, proof=wrong, tree_root=whole)
    proof = consistency_proof(LEAVES, 6)
    for wrong in ((*proof, LEAVES[0]), proof[:-1], ()):
        with pytest.raises(ProofFailedError):
            verify_consistency(6, 8, proof=wrong, old_root=bytes.fromhex(ROOTS[5]), new_root=whole)


@pytest.mark.parametrize(("index", "size"), [(8, 8), (-1, 8), (0, 0)])
def test_a_leaf_outside_the_tree_is_not_included(index: int, size: int) -> None:
    with pytest.raises(ProofFailedError):
        verify_inclusion(LEAVES[0], index, size=size, proof=(), tree_root=LEAVES[0])


@pytest.mark.parametrize(("old", "new"), [(0, 8), (8, 7), (-1, 3)])
def test_consistency_needs_an_older_tree_with_leaves(old: int, new: int) -> None:
    with pytest.raises(ProofFailedError):
        verify_consistency(old, new, proof=(), old_root=EMPTY_ROOT, new_root=EMPTY_ROOT)


def test_two_trees_of_one_size_are_consistent_only_if_they_are_one() -> None:
    one = bytes.fromhex(ROOTS[3])
    verify_consistency(4, 4, proof=(), old_root=one, new_root=one)
    for wrong in ({"proof": (one,), "new_root": one}, {"proof": (), "new_root": EMPTY_ROOT}):
        with pytest.raises(ProofFailedError):
            verify_consistency(4, 4, old_root=one, **wrong)  # type: ignore[arg-type]
