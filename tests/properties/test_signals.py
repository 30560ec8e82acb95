import hashlib

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from safehold.signals import digest, dihedral, format_pdq, parse_pdq, pdq, rows_from_values, values_from_rows
from safehold.vocabulary import PdqFlavour

values = st.binary(min_size=32, max_size=32)
pictures = arrays(np.uint8, st.tuples(st.integers(5, 90), st.integers(5, 90)))


@given(values)
def test_parse_and_format_round_trip(value: bytes) -> None:
    assert parse_pdq(format_pdq(value)) == value
    assert parse_pdq(format_pdq(value).upper()) == value


@given(st.lists(values))
def test_rows_and_values_round_trip(listed: list[bytes]) -> None:
    assert list(values_from_rows(rows_from_values(listed))) == listed


@given(st.binary(max_size=5_000))
@settings(max_examples=20)
def test_one_pass_gives_what_three_passes_give(data: bytes) -> None:
    digests = digest(data)
    for name in ("sha256", "sha1", "md5"):
        assert getattr(digests, name) == hashlib.new(name, data).digest()


@given(pictures)
@settings(deadline=None)
def test_every_picture_has_a_print_of_known_width_with_a_quality_in_range(luma: NDArray[np.uint8]) -> None:
    for own in dihedral(luma, {PdqFlavour.UNKNOWN}):
        assert len(own.value) == 32
        assert 0 <= own.quality <= 100
        assert int.from_bytes(own.value).bit_count() <= 128


@given(pictures, st.integers(0, 127))
@settings(deadline=None)
def test_brightening_without_clipping_changes_nothing(luma: NDArray[np.uint8], more: int) -> None:
    dim = luma // 2
    assert pdq(dim + np.uint8(more), {PdqFlavour.UNKNOWN}) == pdq(dim, {PdqFlavour.UNKNOWN})
