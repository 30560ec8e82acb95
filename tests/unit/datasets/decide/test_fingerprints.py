"""Signals of a whole shard as matrices equal the signals of its records, one by one."""

from collections import Counter
from dataclasses import replace

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from safehold.datasets.decide.fingerprints import Fingerprints, fingerprints_of, joined
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


def facts_of(every: list[Fingerprints]) -> set[tuple[object, ...]]:
    """Return each signal under every flavour that it is looked up in."""
    both = (PdqFlavour.FULL, PdqFlavour.NEAREST_512)
    return {
        (made.algorithm, flavour, made.values[row].tobytes(), int(made.records[row]), str(made.places[row]), variant)
        for made in every
        for row in range(len(made.values))
        for variant in [None if made.variants is None else str(made.variants[row])]
        for flavour in (both if made.flavour is PdqFlavour.UNKNOWN else (made.flavour,))
    }


def in_both_flavours(records: list[Observation], *, unlike: int) -> list[Observation]:
    """Give every print its fellow of the other flavour: the same value, but for each `unlike`-th."""
    count = 0

    def fellows(signal: Signal) -> list[Signal]:
        nonlocal count
        count += 1
        other = signal.value if count % unlike else bytes(32)
        return [
            Signal(Algorithm.PDQ, signal.value, PdqFlavour.FULL, signal.quality, signal.place),
            Signal(Algorithm.PDQ, other, PdqFlavour.NEAREST_512, signal.quality, signal.place),
        ]

    def doubled(member: ObservedMember) -> ObservedMember:
        prints = tuple(fellow for one in member.prints for fellow in fellows(one))
        variants = tuple((name, fellow) for name, one in member.variants for fellow in fellows(one))
        return replace(member, prints=prints, variants=variants)

    return [replace(record, members=tuple(map(doubled, record.members))) for record in records]


@settings(max_examples=80, deadline=None)
@given(RECORDS, st.integers(1, 3), st.booleans())
def test_joining_flavours_loses_no_signal_in_either(records: list[Observation], unlike: int, are_fellows: bool) -> None:
    part = tabulate(in_both_flavours(records, unlike=unlike) if are_fellows else records)
    every = list(fingerprints_of(part, Variant))
    assert facts_of(list(joined(every))) == facts_of(every)


def test_a_value_that_both_flavours_make_is_looked_up_once() -> None:
    prints = [
        Signal(Algorithm.PDQ, bytes([7] * 32), flavour, 90) for flavour in (PdqFlavour.FULL, PdqFlavour.NEAREST_512)
    ]
    member = ObservedMember("a.jpg", MediaKind.IMAGE, 1, bytes(32), bytes(20), bytes(16), tuple(prints))
    made = list(joined(fingerprints_of(tabulate([Observation("a", members=(member,))]))))
    assert [(one.flavour, len(one.values)) for one in made if one.algorithm is Algorithm.PDQ] == [
        (PdqFlavour.UNKNOWN, 1)
    ]
