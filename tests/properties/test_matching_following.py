"""Any sequence of imports, withdrawals, retirements and merges, followed step by step, equals linear search."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.matching.made_up import AT, contents, facts, flipped, part, rows, values

from safehold.matching import Index
from safehold.matching.banks.catalogue import BankContents
from safehold.matching.linear_index import LinearIndex
from safehold.matching.parts.part import PartKind
from safehold.matching.segments.following import followed
from safehold.matching.segments.shelf import Shelf
from safehold.matching.segments.sources import in_use, sources_of
from safehold.matching.segments.standing import Readings
from safehold.vocabulary import Algorithm, PdqFlavour

LISTED = values(120)
ASKED = np.vstack([flipped(LISTED, 20), values(5, seed=9)])
MD5 = values(120, width=16)

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "add", "add", "withdraw", "retire", "settle", "open"]),
        st.sampled_from(["a", "b", "c"]),
        st.integers(0, 110),
        st.integers(1, 10),
    ),
    max_size=9,
)


@settings(max_examples=12, deadline=None)
@given(steps=STEPS, small_rows=st.sampled_from([0, 10, 1000]))
def test_following_any_sequence_of_changes_equals_linear_search(
    steps: list[tuple[str, str, int, int]], small_rows: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shelf = Shelf(Path(folder), small_rows=small_rows)
        banks: dict[str, BankContents] = {}
        index, readings = Index.over([], shelf), Readings()
        for step, name, first, count in steps:
            banks = changed(banks, step, name, first, count)
            used = in_use(list(banks.values()))
            if step == "settle":
                for source in sources_of(used):
                    shelf.settle(source)
            if step == "open":
                index = Index.over(used, shelf)
            pieces, behind = followed(index.pieces, used, readings, small_rows=max(small_rows, 10))
            index = Index(used, tuple(pieces))
            assert behind == 0
            assert_equals_linear(index, LinearIndex.over(used))
        assert_equals_linear(Index.over(used_of(banks), shelf), LinearIndex.over(used_of(banks)))


def used_of(banks: dict[str, BankContents]) -> tuple[BankContents, ...]:
    return in_use(list(banks.values()))


def changed(banks: dict[str, BankContents], step: str, name: str, first: int, count: int) -> dict[str, BankContents]:
    """Return the banks after a step; entries have the numbers of their values, so that none is withdrawn twice."""
    flavour = PdqFlavour.UNKNOWN if name == "c" else PdqFlavour.FULL
    before = banks.get(name, contents(name, flavour=flavour))
    if before.bank.withdrawn_at is not None or step not in {"add", "withdraw", "retire"}:
        return banks
    if step == "retire":
        return {**banks, name: replace(before, bank=replace(before.bank, withdrawn_at=AT))}
    kind = PartKind.IMPORT if step == "add" else PartKind.WITHDRAW
    numbers = [number for number in range(first, first + count) if number not in listed(before, kind)]
    if step == "withdraw":
        numbers = [number for number in numbers if number in listed(before, PartKind.IMPORT)]
    if not numbers:
        return banks
    pdq, md5 = rows(Algorithm.PDQ, LISTED[numbers]), rows(Algorithm.MD5, MD5[numbers])
    entries = np.array(numbers)
    new = part(replace(pdq, entry=entries), replace(md5, entry=entries + 1000), kind=kind)
    return {**banks, name: contents(name, *before.parts, new, flavour=flavour)}


def listed(bank: BankContents, kind: PartKind) -> set[int]:
    return {int(entry) for one in bank.parts if one.kind is kind for entry in one.rows(Algorithm.PDQ).entry}


def assert_equals_linear(index: Index, oracle: LinearIndex) -> None:
    for algorithm, asked, threshold in (
        (Algorithm.PDQ, ASKED, 31),
        (Algorithm.PDQ, LISTED, 0),
        (Algorithm.MD5, MD5, 0),
    ):
        expected = facts(oracle.lookup(algorithm, asked, threshold=threshold))
        assert facts(index.lookup(algorithm, asked, threshold=threshold)) == expected
