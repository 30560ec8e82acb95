"""Signals of a whole shard as matrices equal the signals of its records, one by one."""

from collections import Counter

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from safehold.datasets.decide.fingerprints import fingerprints_of
from safehold.datasets.scan.observation import Observation, tabulate
from safehold.examination import ObservedMember
from safehold.signals import Variant, names_of
from safehold.vocabulary import Algorithm, MediaKind, PdqFlavour, Signal

PLACES = st.sampled_from(["", "frame 1", "upright"])
PRINTS = st.builds(
    Signal,
    st.just(Algorithm.PDQ),
    st.binary(min_size=32, max_size=32),
    st.sampled_from([PdqFlavour.FULL, PdqFlavour.NEAREST_512]),
    st.integers(0, 100),
    PLACES,
)
MEMBERS = st.builds(
    ObservedMember,
    st.sampled_from(["a.jpg", "b.png", "\u00fc.mp4"]),
    st.sampled_from([MediaKind.IMAGE, MediaKind.VIDEO]),
    st.just(1),
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=20, max_size=20),
    st.binary(min_size=16, max_size=16),
    st.lists(PRINTS, max_size=4).map(tuple),
    st.lists(st.tuples(st.sampled_from(sorted(names_of(Variant) - {""})), PRINTS), max_size=4).map(tuple),
)
WIDTHS = {Algorithm.SHA256: 32, Algorithm.SHA1: 20, Algorithm.MD5: 16}
LISTED = st.sampled_from(list(WIDTHS)).flatmap(
    lambda made: st.binary(min_size=WIDTHS[made], max_size=WIDTHS[made]).map(
        lambda value: Signal(made, value, place=f"json:{made.value}")
    )
)
RECORDS = st.lists(
    st.builds(
        Observation,
        st.text(max_size=3),
        members=st.lists(MEMBERS, max_size=3).map(tuple),
        listed=st.lists(LISTED, max_size=3).map(tuple),
    ),
    max_size=6,
)
Fact = tuple[Algorithm, PdqFlavour | None, bytes, int, str]


def one_by_one(records: list[Observation]) -> Counter[Fact]:
    facts: list[Fact] = []
    for row, record in enumerate(records):
        facts += [(one.algorithm, None, one.value, row, f"original:{one.place}") for one in record.listed]
        for member in record.members:
            for made in (Algorithm.SHA256, Algorithm.SHA1, Algorithm.MD5):
                facts.append((made, None, getattr(member, made.value), row, member.name))
            for one in member.prints:
                facts.append((Algorithm.PDQ, one.flavour, one.value, row, f"{member.name} {one.place}"))
    return Counter(facts)


def at_once(part: pa.Table) -> Counter[Fact]:
    return Counter(
        (made.algorithm, made.flavour, made.values[row].tobytes(), int(made.records[row]), str(made.places[row]))
        for made in fingerprints_of(part)
        for row in range(len(made.values))
    )


@settings(max_examples=80, deadline=None)
@given(RECORDS)
def test_every_signal_is_there_once_at_its_record_and_place(records: list[Observation]) -> None:
    assert at_once(tabulate(records)) == one_by_one(records)


@settings(max_examples=40, deadline=None)
@given(RECORDS, st.sets(st.sampled_from(Variant), min_size=1))
def test_the_wanted_variants_come_beside_them_with_their_names(
    records: list[Observation], wanted: set[Variant]
) -> None:
    made = Counter(
        (one.flavour, one.values[row].tobytes(), int(one.records[row]), str(one.places[row]), str(one.variants[row]))
        for one in fingerprints_of(tabulate(records), wanted)
        if one.variants is not None
        for row in range(len(one.values))
    )
    assert made == Counter(
        (signal.flavour, signal.value, row, f"{member.name} {signal.place}", name)
        for row, record in enumerate(records)
        for member in record.members
        for name, signal in member.variants
        if name in names_of(wanted)
    )


@settings(max_examples=30, deadline=None)
@given(RECORDS, st.integers(0, 3), st.integers(0, 3))
def test_a_cut_out_table_gives_the_signals_of_its_rows(records: list[Observation], first: int, rows: int) -> None:
    cut = tabulate(records).slice(first, rows)
    assert at_once(cut) == one_by_one(records[first : first + rows])


@settings(max_examples=30, deadline=None)
@given(RECORDS, RECORDS)
def test_a_table_in_two_pieces_gives_the_signals_of_both(one: list[Observation], other: list[Observation]) -> None:
    pieces = pa.concat_tables([tabulate(one), tabulate(other)])
    assert at_once(pieces) == one_by_one(one + other)
