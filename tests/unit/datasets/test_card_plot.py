import itertools

from hypothesis import given
from hypothesis import strategies as st

from safehold.datasets.card.plot import SMALLEST_PERCENT, concept_plot, gap_plot, stack

COUNTS = st.integers(min_value=0, max_value=10**12)


@given(st.dictionaries(st.sampled_from(["allow", "hold", "deny"]), COUNTS, min_size=1))
def test_a_stacked_bar_fills_exactly_its_width_in_order(values: dict[str, int]) -> None:
    segments = stack(values)
    assert [segment.name for segment in segments] == list(values)
    assert [segment.value for segment in segments] == list(values.values())
    if any(values.values()):
        assert abs(sum(segment.width for segment in segments) - 100) < 0.01
    for segment in segments:
        assert (segment.width == 0) is (segment.value == 0)
        assert segment.value == 0 or segment.width >= SMALLEST_PERCENT * 0.97
    for before, after in itertools.pairwise(segments):
        assert abs(before.start + before.width - after.start) < 0.01


@given(st.lists(st.fixed_dictionaries({"concept": st.just("a"), "before": COUNTS, "after": COUNTS}), max_size=5))
def test_bars_keep_the_order_of_what_they_count_and_leave_room_for_their_number(rows: list[dict[str, int]]) -> None:
    plot = concept_plot(rows)
    bars = [bar for pair in plot.bars if pair.before for bar in (pair, pair.before)]
    assert len(bars) == 2 * len(rows)
    assert all(0 <= bar.width <= 66 for bar in bars)
    ordered = sorted(bars, key=lambda bar: bar.value)
    assert [bar.width for bar in ordered] == sorted(bar.width for bar in bars)


def test_a_reason_met_by_several_detectors_is_drawn_once_with_the_largest_count() -> None:
    gaps = [
        {"detector": d, "reason": r, "records": n} for d, r, n in (("a", "empty", 3), ("b", "empty", 5), ("a", "x", 4))
    ]
    assert [(bar.label, bar.value) for bar in gap_plot(gaps).bars] == [("empty", 5), ("x", 4)]


def test_no_gaps_are_no_bars() -> None:
    assert gap_plot([]).bars == ()
    assert gap_plot([]).height == 0
