"""Observations survive being written, and what is no part is refused."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.datasets.made_up import SETTINGS, member, plain, shard

from safehold.datasets.errors import DamagedStateError
from safehold.datasets.scan.observation import SCHEMA, Observation, parse_profile, profile_of, tabulate
from safehold.datasets.scan.part import PartNote, decode_part, encode_part, scan_digest
from safehold.datasets.scan.settings import ScanSettings
from safehold.media import Limits
from safehold.signals import Variant
from safehold.vocabulary import Gap, GapReason, MediaKind, PdqFlavour, Seconds

NOTE = PartNote("d" * 64, SETTINGS, "c" * 64, 5)
GAPS = st.builds(Gap, st.text(max_size=5), st.sampled_from(list(GapReason)), st.text(max_size=5))
OBSERVATIONS = st.builds(
    Observation,
    st.text(max_size=8),
    st.frozensets(st.sampled_from(list(MediaKind))),
    st.frozensets(st.sampled_from(["sha256", "pdq", "opennsfw"])),
    st.none() | st.text(max_size=8),
    st.lists(st.tuples(st.text(max_size=3), st.text(max_size=9)), max_size=3).map(tuple),
    st.lists(st.tuples(st.text(max_size=3), st.floats(allow_nan=False)), max_size=3).map(tuple),
    members=st.lists(st.text(max_size=4).map(member), max_size=2).map(tuple),
    gaps=st.lists(GAPS, max_size=2).map(tuple),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(OBSERVATIONS, max_size=5))
def test_what_is_observed_is_read_as_it_was_written(observed: list[Observation]) -> None:
    table, note = decode_part(encode_part(observed, NOTE))
    assert note == NOTE
    assert table.replace_schema_metadata(None).equals(tabulate(observed))
    assert table.column("record").to_pylist() == [one.record for one in observed]
    texts = [[(text["place"], text["text"]) for text in row] for row in table.column("texts").to_pylist()]
    assert texts == [list(one.texts) for one in observed]
    hashes = [[made["sha256"] for made in row] for row in table.column("members").to_pylist()]
    assert hashes == [[made.sha256 for made in one.members] for one in observed]


@given(st.frozensets(st.sampled_from(list(MediaKind))), st.frozensets(st.sampled_from(["sha256", "pdq", "a-b"])))
def test_profiles_are_read_as_they_were_named(kinds: frozenset[MediaKind], examined: frozenset[str]) -> None:
    assert parse_profile(profile_of(kinds, examined)) == (kinds, examined)


def test_the_same_observations_are_the_same_bytes() -> None:
    assert encode_part([plain("x")], NOTE) == encode_part([plain("x")], NOTE)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 255))
def test_a_damaged_part_is_refused_or_reads_as_a_part(place: int, flip: int) -> None:
    data = bytearray(encode_part([plain("x"), plain("y")], NOTE))
    data[place % len(data)] ^= flip
    try:
        table, _ = decode_part(bytes(data))
    except DamagedStateError:
        return
    assert table.schema.equals(SCHEMA)
    table.to_pylist()


@pytest.mark.parametrize("size", [0, 1, 100, -1])
def test_a_part_that_is_cut_short_is_refused(size: int) -> None:
    with pytest.raises(DamagedStateError):
        decode_part(encode_part([plain("x")], NOTE)[:size])


def test_a_table_of_another_shape_is_refused() -> None:
    sink = pa.BufferOutputStream()
    named = tabulate([]).schema.metadata
    table = pa.table({"record": ["x"]}).replace_schema_metadata(decode_part(encode_part([], NOTE))[0].schema.metadata)
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    assert named is None
    with pytest.raises(DamagedStateError, match="another shape"):
        decode_part(sink.getvalue())


def test_settings_are_read_as_they_were_told_and_change_the_digest() -> None:
    flavours = (PdqFlavour.FULL, PdqFlavour.NEAREST_512)
    other = ScanSettings(Limits(), flavours, ("cls",), ("stand-in",), "all", (Variant.CROPPED, Variant.TURNED))
    assert ScanSettings.from_json(other.to_json()) == other
    assert scan_digest(shard(), other) != scan_digest(shard(), SETTINGS) != scan_digest(shard(1), SETTINGS)


def test_a_scan_serves_what_needs_less_and_nothing_else() -> None:
    both = ScanSettings(Limits(), (PdqFlavour.FULL, PdqFlavour.NEAREST_512))
    assert both.serves(SETTINGS)
    assert not SETTINGS.serves(both)
    inert = ScanSettings(Limits(), (PdqFlavour.FULL,), ("cls",))
    assert SETTINGS.serves(inert)
    assert not inert.serves(SETTINGS)
    turned = ScanSettings(Limits(), (PdqFlavour.FULL,), variants=(Variant.MIRRORED, Variant.TURNED))
    mirrored = ScanSettings(Limits(), (PdqFlavour.FULL,), variants=(Variant.MIRRORED,))
    assert turned.serves(mirrored)
    assert mirrored.serves(SETTINGS)
    assert not SETTINGS.serves(mirrored)
    assert not mirrored.serves(turned)


def test_a_scan_of_fewer_frames_of_clips_does_not_serve_what_needs_more() -> None:
    fewest_first = [
        ScanSettings(Limits(), (PdqFlavour.FULL,), video="keyframes"),
        ScanSettings(Limits(), (PdqFlavour.FULL,), short_seconds=Seconds(2)),
        ScanSettings(Limits(), (PdqFlavour.FULL,), short_seconds=Seconds(3)),
        ScanSettings(Limits(), (PdqFlavour.FULL,), video="all"),
    ]
    for more, scanned in enumerate(fewest_first):
        assert [scanned.serves(needed) for needed in fewest_first] == [less <= more for less in range(4)]
