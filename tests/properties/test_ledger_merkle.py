import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safehold.ledger.errors import ProofFailedError
from safehold.ledger.merkle import (
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

sizes = st.integers(min_value=1, max_value=70)


def leaves(size: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(size)]


def by_definition(nodes: list[bytes]) -> bytes:
    """Return the root as RFC 9162 section 2.1.1 defines it, by recursion."""
    if len(nodes) <= 1:
        return nodes[0] if nodes else hashlib.sha256(b"").digest()
    split = 1
    while split * 2 < len(nodes):
        split *= 2
    return node_hash(by_definition(nodes[:split]), by_definition(nodes[split:]))


def flipped(value: bytes, bit: int) -> bytes:
    number = int.from_bytes(value, "big") ^ (1 << bit)
    return number.to_bytes(len(value), "big")


@given(st.integers(min_value=0, max_value=200))
@settings(deadline=None)
def test_the_root_is_that_of_the_definition(size: int) -> None:
    assert root(leaves(size)) == by_definition(leaves(size))


@given(st.lists(st.integers(min_value=0, max_value=20), max_size=8))
@settings(deadline=None)
def test_appending_in_any_portions_gives_the_same_frontier(portions: list[int]) -> None:
    nodes = leaves(sum(portions))
    frontier, at = Frontier(), 0
    for portion in portions:
        frontier = frontier.extended(nodes[at : at + portion])
        frontier = Frontier.from_bytes(frontier.size, frontier.to_bytes())
        at += portion
    assert frontier == Frontier().extended(nodes)
    assert frontier.root() == by_definition(nodes)


@given(sizes, st.data())
@settings(deadline=None)
def test_every_leaf_is_shown_to_be_included_where_it_is_and_nowhere_else(size: int, data: st.DataObject) -> None:
    nodes = leaves(size)
    index = data.draw(st.integers(min_value=0, max_value=size - 1))
    proof = inclusion_proof(nodes, index)
    verify_inclusion(nodes[index], index, size=size, proof=proof, tree_root=root(nodes))
    elsewhere = data.draw(
        st.integers(min_value=0, max_value=size - 1).filter(lambda at: at != index) if size > 1 else st.just(size)
    )
    with pytest.raises(ProofFailedError):
        verify_inclusion(nodes[index], elsewhere, size=size, proof=proof, tree_root=root(nodes))


@given(sizes, st.data())
@settings(deadline=None)
def test_a_flip_anywhere_breaks_an_inclusion_proof(size: int, data: st.DataObject) -> None:
    nodes = leaves(size)
    index = data.draw(st.integers(min_value=0, max_value=size - 1))
    proof = list(inclusion_proof(nodes, index))
    parts = [nodes[index], root(nodes), *proof]
    at = data.draw(st.integers(min_value=0, max_value=len(parts) - 1))
    parts[at] = flipped(parts[at], data.draw(st.integers(min_value=0, max_value=255)))
    leaf, tree_root, *changed = parts
    with pytest.raises(ProofFailedError):
        verify_inclusion(leaf, index, size=size, proof=changed, tree_root=tree_root)


@given(sizes, st.data())
@settings(deadline=None)
def test_every_prefix_is_shown_to_be_the_beginning(size: int, data: st.DataObject) -> None:
    nodes = leaves(size)
    old = data.draw(st.integers(min_value=1, max_value=size))
    proof = consistency_proof(nodes, old)
    verify_consistency(old, size, proof=proof, old_root=root(nodes[:old]), new_root=root(nodes))


@given(sizes, st.data())
@settings(deadline=None)
def test_a_flip_anywhere_breaks_a_consistency_proof(size: int, data: st.DataObject) -> None:
    nodes = leaves(size)
    old = data.draw(st.integers(min_value=1, max_value=size))
    parts = [root(nodes[:old]), root(nodes), *consistency_proof(nodes, old)]
    at = data.draw(st.integers(min_value=0, max_value=len(parts) - 1))
    parts[at] = flipped(parts[at], data.draw(st.integers(min_value=0, max_value=255)))
    old_root, new_root, *proof = parts
    with pytest.raises(ProofFailedError):
        verify_consistency(old, size, proof=proof, old_root=old_root, new_root=new_root)


@given(sizes, st.data())
@settings(deadline=None)
def test_a_rewritten_beginning_is_not_consistent(size: int, data: st.DataObject) -> None:
    nodes = leaves(size)
    old = data.draw(st.integers(min_value=1, max_value=size))
    changed = list(nodes)
    changed[data.draw(st.integers(min_value=0, max_value=old - 1))] = leaf_hash(b"rewritten")
    with pytest.raises(ProofFailedError):
        verify_consistency(
            old, size, proof=consistency_proof(changed, old), old_root=root(nodes[:old]), new_root=root(changed)
        )
