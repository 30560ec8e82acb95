from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.unit.matching.made_up import flipped, values

from safehold.matching import linear_search
from safehold.matching.compare import distances, within
from safehold.matching.errors import SegmentDamagedError
from safehold.matching.parts.order import grouped, prefixes
from safehold.matching.searching.exact import ExactSegment, build_exact
from safehold.matching.searching.hamming import HammingSegment
from safehold.matching.searching.pairs import Pairs
from safehold.matching.searching.permutation import bit_order, permute
from safehold.matching.searching.probing import Effort
from safehold.matching.searching.tables import build_hamming
from safehold.native import kernels

INDEXED = Effort(linear_rows=0)
"""Small sets would be searched linearly; here the index proper is meant."""

THRESHOLDS = (0, 1, 15, 16, 30, 31, 32, 33, 36)


@pytest.fixture(params=["numpy", *(native.variants() if (native := kernels()) else ())])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Each engine, and each variant of the native one that this processor runs."""
    if request.param == "numpy":
        monkeypatch.setenv("SAFEHOLD_ENGINE", "numpy")
        yield request.param
        return
    monkeypatch.setenv("SAFEHOLD_ENGINE", "native")
    native = kernels()
    assert native is not None
    before = native.variant()
    native.select(request.param)
    yield request.param
    native.select(before)


def tables(entries: NDArray[np.uint8]) -> dict[str, NDArray[np.generic]]:
    return build_hamming(entries, linear_rows=0)


def pairs(found: Iterable[Pairs]) -> list[tuple[int, ...]]:
    return sorted(tuple(int(value) for value in row) for block in found for row in zip(*block, strict=True))


def linear(entries: NDArray[np.uint8], asked: NDArray[np.uint8], threshold: int) -> list[tuple[int, ...]]:
    return pairs([linear_search(entries, asked, threshold)])


def assert_equals_linear(
    entries: NDArray[np.uint8], asked: NDArray[np.uint8], thresholds: tuple[int, ...] = THRESHOLDS
) -> None:
    segment = HammingSegment(tables(entries), INDEXED)
    for threshold in thresholds:
        assert pairs(segment.search(asked, threshold)) == linear(entries, asked, threshold), threshold


@pytest.mark.parametrize("count", [0, 1, 2, 3, 17, 600])
@pytest.mark.usefixtures("engine")
def test_index_equals_linear_search_on_random_sets_of_any_size(count: int) -> None:
    entries = values(count)
    asked = np.vstack([values(3, seed=1), *(flipped(entries[:4], bits, seed=bits) for bits in (0, 14, 31))])
    assert_equals_linear(entries, asked)


@pytest.mark.parametrize("threshold", [1, 8, 15, 16, 31, 32, 36])
@pytest.mark.usefixtures("engine")
def test_index_finds_at_the_threshold_and_below_but_not_above(threshold: int) -> None:
    entries = values(2000)
    for bits, expected in ((threshold - 1, True), (threshold, True), (threshold + 1, False)):
        asked = flipped(entries[:800], bits, seed=bits)
        found = pairs(HammingSegment(tables(entries), INDEXED).search(asked, threshold))
        assert found == ([(number, number, bits) for number in range(800)] if expected else [])


@settings(max_examples=60, deadline=None)
@given(data=st.data(), bits=st.integers(0, 40), threshold=st.sampled_from(THRESHOLDS))
def test_any_planted_change_is_found_exactly_when_it_is_within_the_threshold(
    data: st.DataObject, bits: int, threshold: int
) -> None:
    places = data.draw(st.lists(st.integers(0, 255), min_size=bits, max_size=bits, unique=True))
    changed = np.unpackbits(PLANTED_IN[7:8], axis=1)
    changed[0, places] ^= 1
    found = pairs(PLANTED.search(np.packbits(changed, axis=1), threshold))
    assert found == ([(0, 7, bits)] if bits <= threshold else [])


PLANTED_IN = values(1000, seed=9)
PLANTED = HammingSegment(tables(PLANTED_IN))


def low_entropy(count: int, seed: int = 0) -> NDArray[np.uint8]:
    """Distinct values that differ in a few bits only: many share buckets."""
    base = np.zeros((count, 32), np.uint8)
    base[:, :3] = np.random.default_rng(seed).permutation(1 << 14)[:count, None] >> np.array([8, 4, 0]) & 0xFF
    return np.unique(base, axis=0)


@pytest.mark.parametrize(
    "make", [low_entropy, lambda count: np.unique(flipped(np.zeros((count, 32), np.uint8), 3), axis=0)]
)
@pytest.mark.usefixtures("engine")
def test_index_equals_linear_search_where_many_entries_share_buckets(make: Callable[[int], NDArray[np.uint8]]) -> None:
    entries = make(700)
    asked = np.vstack([entries[:6], np.zeros((1, 32), np.uint8), values(2), ~entries[:1]])
    assert_equals_linear(entries, asked, (0, 3, 30, 31, 32, 36))


@pytest.mark.usefixtures("engine")
def test_index_equals_linear_search_when_blocks_are_cut_and_candidates_are_too_many() -> None:
    entries = low_entropy(600)
    asked = np.vstack([entries[:40], values(40)])
    expected = linear(entries, asked, 31)
    for effort in (Effort(0, 1 << 9, 700), Effort(0, 1 << 17, 50), Effort(600)):
        assert pairs(HammingSegment(tables(entries), effort).search(asked, 31)) == expected


ENGINES = ("numpy", *(("native",) if kernels() else ()))


def found_by(
    engine: str, arrays: dict[str, NDArray[np.generic]], asked: NDArray[np.uint8], threshold: int
) -> list[tuple[int, ...]]:
    """Return what an engine finds, in its own order."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAFEHOLD_ENGINE", engine)
        blocks = list(HammingSegment(arrays, INDEXED).search(asked, threshold))
    return [tuple(int(value) for value in row) for block in blocks for row in zip(*block, strict=True)]


@settings(max_examples=20, deadline=None)
@given(threshold=st.integers(0, 64), seed=st.integers(0, 1 << 16), words=st.integers(0, 15))
def test_both_engines_give_the_same_pairs_in_the_same_order_at_each_threshold_and_around_it(
    threshold: int, seed: int, words: int
) -> None:
    entries = values(120, seed=seed)
    entries[:60, : 2 * words] = 0  # so that whole words are alike, after the permutation too in part
    entries = np.unique(entries, axis=0)
    reach = [bits for bits in (threshold - 1, threshold, threshold + 1) if bits >= 0]
    asked = np.vstack([values(3, seed=seed + 1), *(flipped(entries[:9], bits, seed=bits) for bits in reach)])
    arrays = tables(entries)
    for limit in reach:
        expected = linear(entries, asked, limit)
        for engine in ENGINES:
            assert found_by(engine, arrays, asked, limit) == expected, engine


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_whose_numbers_take_four_bytes_are_found_too(engine: str) -> None:
    entries = values(700)
    arrays = build_hamming(entries, linear_rows=0, narrow_rows=0)
    assert arrays["rows"].shape == (16, 700, 4)
    asked = flipped(entries[:50], 31)
    assert found_by(engine, arrays, asked, 31) == linear(entries, asked, 31)


@pytest.mark.parametrize("engine", ENGINES)
def test_both_engines_make_the_same_tables(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = np.vstack([low_entropy(600), values(600)])
    monkeypatch.setenv("SAFEHOLD_ENGINE", "numpy")
    expected = tables(entries)
    assert len(expected["spill_words"])
    monkeypatch.setenv("SAFEHOLD_ENGINE", engine)
    made = tables(entries)
    assert made.keys() == expected.keys()
    assert all(np.array_equal(made[name], expected[name]) for name in made)


def test_more_pairs_than_there_is_room_for_are_all_given(engine: str) -> None:
    entries = low_entropy(300 if engine == "numpy" else 2100)
    segment = HammingSegment(tables(entries), INDEXED)
    one = np.concatenate([block[1] for block in segment.search(entries[:1], 31)])
    assert one.tolist() == list(range(len(entries)))
    query, row, _ = (np.concatenate(column) for column in zip(*segment.search(entries, 31), strict=True))
    assert np.array_equal(query * len(entries) + row, np.arange(len(entries) ** 2))


def test_few_queries_are_answered_as_many_are_or_left_to_that(engine: str) -> None:
    entries = np.unique(np.vstack([low_entropy(600), values(600)]), axis=0)
    segment = HammingSegment(tables(entries), INDEXED)
    for asked in (entries[:1], entries[-16:], values(5, seed=3), flipped(entries[-9:], 31), values(0)):
        for threshold in THRESHOLDS:
            few, expected = segment.few(asked, threshold), pairs(segment.search(asked, threshold))
            is_answered = engine != "numpy" and len(expected) <= 64
            assert few == (expected if is_answered else None), threshold
    assert segment.few(values(17), 31) is None


def test_queries_so_many_that_their_probes_are_ordered_find_the_same(engine: str) -> None:
    entries, count = np.vstack([low_entropy(300), values(300)]), 200 if engine == "numpy" else 2000
    asked = np.vstack([entries[:5], flipped(entries[-90:], 33), values(count)])
    segment = HammingSegment(tables(entries), INDEXED)
    for threshold in (32, 33, 47):
        assert pairs(segment.search(asked, threshold)) == linear(entries, asked, threshold)


@pytest.mark.skipif(kernels() is None, reason="needs the native engine")
@pytest.mark.parametrize(("name", "wrong"), [("starts", 1 << 30), ("rows", 255), ("spill_starts", 1 << 31)])
def test_numbers_that_lead_outside_of_a_segment_are_damage_and_nothing_is_read_there(name: str, wrong: int) -> None:
    entries = np.vstack([low_entropy(200), values(500)])
    arrays = tables(entries)
    arrays[name][:] = wrong
    with pytest.raises(SegmentDamagedError):
        list(HammingSegment(arrays, INDEXED).search(np.vstack([entries, values(300, seed=1)]), 31))


@pytest.mark.parametrize("threshold", [48, 100, 256])
@pytest.mark.usefixtures("engine")
def test_index_equals_linear_search_far_above_the_usual_thresholds(threshold: int) -> None:
    assert_equals_linear(values(600), values(5, seed=2), (threshold,))


@pytest.mark.usefixtures("engine")
def test_a_query_of_no_rows_finds_nothing() -> None:
    assert pairs(HammingSegment(tables(values(700)), INDEXED).search(values(0), 31)) == []


def test_the_bit_order_is_a_permutation_that_never_changes() -> None:
    order = bit_order()
    assert sorted(order) == list(range(256))
    assert order[:8].tolist() == FIRST_EIGHT


FIRST_EIGHT = [219, 213, 56, 240, 2, 160, 41, 82]


@given(st.integers(0, 2**32), st.integers(0, 256))
@settings(max_examples=25, deadline=None)
def test_permuting_keeps_distances(seed: int, bits: int) -> None:
    one = values(3, seed=seed)
    other = flipped(one, bits, seed=seed)
    permuted = distances(permute(one).view(np.uint64), permute(other).view(np.uint64))
    assert permuted.tolist() == [bits] * 3


@settings(deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_distance_is_a_metric(first: bytes, second: bytes, third: bytes) -> None:
    a, b, c = (np.frombuffer(value, np.uint64).reshape(1, -1) for value in (first, second, third))

    def distance(left: NDArray[np.uint64], right: NDArray[np.uint64]) -> int:
        return int(distances(left, right)[0])

    assert distance(a, a) == 0
    assert distance(a, b) == distance(b, a) == (int.from_bytes(first) ^ int.from_bytes(second)).bit_count()
    assert (distance(a, b) == 0) == (first == second)
    assert distance(a, c) <= distance(a, b) + distance(b, c)


def test_the_threshold_itself_counts() -> None:
    assert within(np.array([30, 31, 32], np.uint16), 31).tolist() == [True, True, False]


@pytest.mark.parametrize("width", [16, 20, 32])
@pytest.mark.parametrize("count", [0, 1, 2, 1000])
def test_exact_search_equals_linear_search_at_distance_nought(width: int, count: int) -> None:
    listed = values(count, width=width)
    order, starts = grouped(listed)
    entries = listed[order[starts]]
    asked = np.vstack([listed[:500], values(500, seed=1, width=width), flipped(listed[:100], 1)])
    found = pairs(ExactSegment(build_exact(entries)).search(asked, 0))
    assert found == linear(entries, asked, 0)


def test_exact_search_tells_values_apart_that_begin_alike() -> None:
    listed = values(2000, width=16)
    listed[:500, :8] = 7
    order, starts = grouped(listed)
    entries = listed[order[starts]]
    asked = np.vstack([listed, listed ^ np.uint8(1)])
    found = pairs(ExactSegment(build_exact(entries)).search(asked, 0))
    assert found == linear(entries, asked, 0)
    assert len(found) == 2000


@settings(deadline=None)  # sanitisers and busy machines take their time
@given(
    st.lists(st.binary(min_size=9, max_size=9).map(lambda value: bytes(8) + value[8:]), max_size=40)
    | st.lists(st.sampled_from([bytes(20), b"a" * 20, b"a" * 19 + b"b"]), max_size=20)
)
def test_grouping_puts_equal_rows_together_in_their_order(texts: list[bytes]) -> None:
    rows = np.frombuffer(b"".join(texts), np.uint8).reshape(len(texts), -1) if texts else np.zeros((0, 9), np.uint8)
    order, starts = grouped(rows)
    assert sorted(order.tolist()) == list(range(len(texts)))
    edges = [*starts.tolist(), len(texts)]
    groups = [order[first:last].tolist() for first, last in pairwise(edges)]
    assert all(group == sorted(group) and len({texts[place] for place in group}) == 1 for group in groups)
    assert len(groups) == len(set(texts))


def test_prefixes_are_the_first_eight_bytes_whatever_the_width() -> None:
    rows = values(5, width=20)
    assert prefixes(rows).tolist() == [int.from_bytes(row[:8].tobytes(), "little") for row in rows]
