from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.unit.matching.made_up import contents, facts, flipped, part, pdq_bank, rows, values

from safehold.matching import HARM_CLASSES, Index, Lookup
from safehold.matching.banks.catalogue import BankContents
from safehold.matching.errors import WrongWidthError
from safehold.matching.linear_index import LinearIndex
from safehold.matching.parts.part import PartKind
from safehold.matching.parts.rows import NO_THRESHOLD, class_code
from safehold.matching.segments.shelf import Shelf
from safehold.vocabulary import Algorithm, HarmClass, OutsidePartyError, PdqFlavour

Over = Callable[[Sequence[BankContents]], Lookup]


@pytest.fixture(params=["in memory", "on a shelf", "part on a shelf", "linear"])
def over(request: pytest.FixtureRequest, tmp_path: Path) -> Over:
    """What makes an index over banks, once for each implementation."""
    small_rows = {"on a shelf": 0, "part on a shelf": 900}
    if request.param == "linear":
        return LinearIndex.over
    shelf = Shelf(tmp_path, small_rows=small_rows[request.param]) if request.param in small_rows else None
    return lambda banks: Index.over(banks, shelf)


def test_an_entry_is_found_with_its_bank_number_distance_and_class(over: Over) -> None:
    listed = values(1000)
    index = over([pdq_bank("other", values(5, seed=1)), pdq_bank("made-up", listed)])
    hits = index.lookup(Algorithm.PDQ, flipped(listed[40:41], 20), threshold=31)
    (hit,) = facts(hits)
    assert hit == (0, 20, [bank.name for bank in index.banks].index("made-up"), 40, class_code(HarmClass.TEST))
    assert HARM_CLASSES[hit[4]] is HarmClass.TEST


def test_what_is_not_listed_is_not_found(over: Over) -> None:
    index = over([pdq_bank("made-up", values(1000))])
    assert len(index.lookup(Algorithm.PDQ, values(50, seed=5), threshold=31)) == 0


def test_nothing_is_found_without_banks_or_without_queries(over: Over) -> None:
    assert len(over([]).lookup(Algorithm.PDQ, values(3), threshold=31)) == 0
    assert len(over([pdq_bank("made-up", values(600))]).lookup(Algorithm.PDQ, values(0), threshold=31)) == 0


@pytest.mark.parametrize("algorithm", [Algorithm.MD5, Algorithm.SHA1, Algorithm.SHA256])
def test_cryptographic_hashes_match_only_when_equal_whatever_the_threshold(over: Over, algorithm: Algorithm) -> None:
    width = {Algorithm.MD5: 16, Algorithm.SHA1: 20, Algorithm.SHA256: 32}[algorithm]
    listed = values(1500, width=width)
    index = over([contents("made-up", part(rows(algorithm, listed)))])
    asked = np.vstack([listed[10:13], flipped(listed[20:23], 1)])
    hits = index.lookup(algorithm, asked, threshold=31)
    assert [fact[:4] for fact in facts(hits)] == [(0, 0, 0, 10), (1, 0, 0, 11), (2, 0, 0, 12)]


def test_a_sha256_bank_says_nothing_about_pdq_values_of_the_same_bytes(over: Over) -> None:
    listed = values(600)
    index = over([contents("made-up", part(rows(Algorithm.SHA256, listed)))])
    assert len(index.lookup(Algorithm.PDQ, listed, threshold=31)) == 0


FULL, NEAREST, UNKNOWN = PdqFlavour.FULL, PdqFlavour.NEAREST_512, PdqFlavour.UNKNOWN


@pytest.mark.parametrize(
    ("bank", "print_", "is_found"),
    [
        (FULL, FULL, True),
        (FULL, NEAREST, False),
        (FULL, UNKNOWN, True),
        (FULL, None, True),
        (NEAREST, FULL, False),
        (NEAREST, NEAREST, True),
        (NEAREST, None, True),
        (UNKNOWN, FULL, True),
        (UNKNOWN, NEAREST, True),
        (UNKNOWN, UNKNOWN, True),
    ],
)
def test_a_print_is_compared_with_banks_of_its_flavour_and_of_unknown_flavour(
    over: Over, bank: PdqFlavour, print_: PdqFlavour | None, is_found: bool
) -> None:
    listed = values(600)
    index = over([pdq_bank("made-up", listed, flavour=bank)])
    assert len(index.lookup(Algorithm.PDQ, listed[:1], threshold=31, flavour=print_)) == is_found


@pytest.mark.parametrize(
    ("banks", "asked"),
    [
        ((), {FULL}),
        ((FULL,), {FULL}),
        ((NEAREST,), {NEAREST}),
        ((FULL, NEAREST), {FULL, NEAREST}),
        ((UNKNOWN,), {FULL, NEAREST}),
        ((FULL, UNKNOWN), {FULL, NEAREST}),
    ],
)
def test_the_index_names_the_flavours_that_its_banks_need(
    over: Over, banks: tuple[PdqFlavour, ...], asked: set[PdqFlavour]
) -> None:
    made = [pdq_bank(f"bank-{number}", values(2), flavour=flavour) for number, flavour in enumerate(banks)]
    assert over([*made, pdq_bank("test", values(1), flavour=UNKNOWN)]).flavours() == asked


def test_one_value_in_several_banks_gives_a_hit_for_each(over: Over) -> None:
    listed = values(700)
    index = over([pdq_bank(name, listed) for name in ("one", "two", "three")])
    hits = index.lookup(Algorithm.PDQ, listed[3:4], threshold=31)
    assert [fact[2:4] for fact in facts(hits)] == [(0, 3), (1, 3), (2, 3)]


def test_a_withdrawn_entry_is_not_found_and_its_twin_in_another_bank_is(over: Over) -> None:
    listed = values(700)
    gone = part(rows(Algorithm.PDQ, listed[3:5], first=3), kind=PartKind.WITHDRAW)
    index = over([contents("one", part(rows(Algorithm.PDQ, listed)), gone), pdq_bank("two", listed)])
    hits = index.lookup(Algorithm.PDQ, listed[2:6], threshold=31)
    assert [fact[0:1] + fact[2:4] for fact in facts(hits)] == [
        (0, 0, 2), (0, 1, 2), (1, 1, 3), (2, 1, 4), (3, 0, 5), (3, 1, 5)
    ]  # fmt: skip


def test_withdrawing_everything_leaves_nothing(over: Over) -> None:
    listed = values(700, width=16)
    added = rows(Algorithm.MD5, listed)
    index = over([contents("one", part(added), part(added, kind=PartKind.WITHDRAW))])
    assert len(index.lookup(Algorithm.MD5, listed)) == 0


def test_hits_are_capped_to_the_nearest_and_the_capped_queries_named(over: Over) -> None:
    near = np.vstack([flipped(values(1), bits, seed=bits) for bits in range(30, 0, -1)])
    index = over([pdq_bank("made-up", np.vstack([near, values(800, seed=4)]))])
    asked = np.vstack([values(1, seed=7), values(1), values(1, seed=4)])
    hits = index.lookup(Algorithm.PDQ, asked, threshold=31, max_hits=5)
    assert [fact[:2] for fact in facts(hits)] == [(1, 1), (1, 2), (1, 3), (1, 4), (1, 5), (2, 0)]
    assert hits.capped.tolist() == [1]


def test_a_value_listed_very_often_is_capped_to_its_first_entries(over: Over) -> None:
    one = np.repeat(values(1), 3000, axis=0)
    index = over([pdq_bank("a", one), pdq_bank("b", one)])
    hits = index.lookup(Algorithm.PDQ, np.repeat(values(1), 3, axis=0), threshold=31, max_hits=2)
    assert [fact[:4] for fact in facts(hits)] == [(n, 0, 0, entry) for n in range(3) for entry in (0, 1)]
    assert hits.capped.tolist() == [0, 1, 2]


def test_caps_count_only_entries_that_are_not_withdrawn(over: Over) -> None:
    one = np.repeat(values(1), 1000, axis=0)
    gone = part(rows(Algorithm.PDQ, one[:998]), kind=PartKind.WITHDRAW)
    index = over([contents("a", part(rows(Algorithm.PDQ, one)), gone)])
    hits = index.lookup(Algorithm.PDQ, one[:1], max_hits=2)
    assert [fact[3] for fact in facts(hits)] == [998, 999]
    assert hits.capped.tolist() == []


def test_exactly_as_many_hits_as_allowed_is_not_capped(over: Over) -> None:
    index = over([pdq_bank("a", np.repeat(values(1), 2, axis=0))])
    assert index.lookup(Algorithm.PDQ, values(1), max_hits=2).capped.tolist() == []
    assert index.lookup(Algorithm.PDQ, values(1), max_hits=1).capped.tolist() == [0]


def test_a_bank_may_ask_for_nearer_values_than_the_policy_and_never_for_farther_ones(over: Over) -> None:
    listed = values(700)
    index = over([pdq_bank("far", listed, pdq_threshold=40), pdq_bank("near", listed, pdq_threshold=10)])
    for bits, expected in ((10, [0, 1]), (11, [0]), (31, [0]), (32, [])):
        hits = index.lookup(Algorithm.PDQ, flipped(listed[:3], bits), threshold=31)
        assert hits.bank.tolist() == expected * 3


def test_entries_farther_than_their_bank_allows_take_no_place_of_others(over: Over) -> None:
    near = np.vstack([flipped(values(1), bits, seed=bits) for bits in range(1, 21)])
    banks = [
        pdq_bank("few", near, pdq_threshold=4),
        pdq_bank("many", near[::2]),
        pdq_bank("none", near, pdq_threshold=0),
    ]
    hits = over(banks).lookup(Algorithm.PDQ, values(1), threshold=31, max_hits=9)
    assert [fact[1:3] for fact in facts(hits)] == [
        (1, 0), (1, 1), (2, 0), (3, 0), (3, 1), (4, 0), (5, 1), (7, 1), (9, 1)
    ]  # fmt: skip
    assert hits.capped.tolist() == [0]


def test_an_entry_may_ask_for_nearer_values_than_its_bank_and_the_policy(over: Over) -> None:
    listed = rows(Algorithm.PDQ, values(700))
    own = np.full(700, NO_THRESHOLD, np.uint16)
    own[:2] = 10, 40
    bank = contents("made-up", part(replace(listed, threshold=own)), pdq_threshold=20)
    for bits, expected in ((10, [0, 1, 2]), (11, [1, 2]), (20, [1, 2]), (21, [])):
        index = over([bank, pdq_bank("other", values(700, seed=3))])
        hits = index.lookup(Algorithm.PDQ, flipped(listed.values[:3], bits), threshold=31)
        assert hits.entry.tolist() == expected


def test_a_banks_threshold_says_nothing_of_cryptographic_hashes(over: Over) -> None:
    listed = values(20, width=16)
    index = over([contents("made-up", part(rows(Algorithm.MD5, listed)), pdq_threshold=0)])
    assert len(index.lookup(Algorithm.MD5, listed, threshold=31)) == 20


@pytest.mark.parametrize("wrong", [values(2, width=16), values(2).astype(np.uint16), values(2)[0]])
def test_values_of_another_shape_are_refused(over: Over, wrong: NDArray[np.generic]) -> None:
    with pytest.raises(WrongWidthError):
        over([pdq_bank("made-up", values(3))]).lookup(Algorithm.PDQ, wrong)


def test_values_may_be_any_view_of_the_right_shape(over: Over) -> None:
    listed = values(1200)
    index = over([pdq_bank("made-up", listed)])
    hits = index.lookup(Algorithm.PDQ, listed[::-2], threshold=31)
    assert [fact[3] for fact in facts(hits)] == list(range(1199, 0, -2))


def test_all_implementations_agree_on_mixed_banks(tmp_path: Path) -> None:
    listed = np.vstack([values(2200), np.zeros((3, 32), np.uint8), values(2200)[:40]])
    banks = [
        contents(
            "b", part(rows(Algorithm.PDQ, listed)), part(rows(Algorithm.PDQ, flipped(listed[:300], 9), first=2243))
        ),
        contents("a", part(rows(Algorithm.PDQ, listed[::3])), flavour=UNKNOWN, harm_class=HarmClass.NCII),
        pdq_bank("d", flipped(listed[:200], 4), pdq_threshold=23),
        contents("e", part(replace(rows(Algorithm.PDQ, listed[:90]), threshold=np.arange(90, dtype=np.uint16) % 40))),
        contents(
            "c", part(rows(Algorithm.PDQ, listed)), part(rows(Algorithm.PDQ, listed[5:600], 5), kind=PartKind.WITHDRAW)
        ),
    ]
    asked = np.vstack([flipped(listed[:40], 22), values(10, seed=8), np.zeros((2, 32), np.uint8)])
    oracle = LinearIndex.over(banks)
    for index in (Index.over(banks), Index.over(banks, Shelf(tmp_path, small_rows=0))):
        for threshold in (0, 30, 31, 32):
            for most in (1, 3, 64):
                for flavour in (None, FULL, NEAREST):
                    terms = {"threshold": threshold, "flavour": flavour, "max_hits": most}
                    expected = oracle.lookup(Algorithm.PDQ, asked, **terms)
                    found = index.lookup(Algorithm.PDQ, asked, **terms)
                    assert facts(found) == facts(expected)
                    assert found.capped.tolist() == expected.capped.tolist()


def test_the_linear_index_can_be_told_to_fail_once() -> None:
    index = LinearIndex.over([pdq_bank("made-up", values(3))])
    index.refusal = OutsidePartyError("out of order", advice="wait")
    with pytest.raises(OutsidePartyError):
        index.lookup(Algorithm.PDQ, values(1))
    assert len(index.lookup(Algorithm.PDQ, values(1))) == 1
