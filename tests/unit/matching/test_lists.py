"""An index over values in memory says what linear search says, and takes a list whole or not at all."""

from pathlib import Path

import numpy as np
import pytest
from tests.unit.matching.made_up import facts, flipped, values

from safehold.matching import Index, ListTraits, bank_from, bank_of, linear_search
from safehold.matching.errors import BankNameError, MalformedListError, UnreadableListError, WrongWidthError
from safehold.vocabulary import Algorithm, Bits, HarmClass, PdqFlavour, Tier

NCII = HarmClass.NCII
CONFIDENT = Bits(31)


def test_hits_lead_back_to_the_values_of_the_program() -> None:
    listed = values(300)
    listed[17] = listed[3]
    asked = np.concatenate([flipped(listed[3:4], 31), flipped(listed[5:6], 32, seed=2), listed[9:10]])
    hits = Index.over([bank_of("mine", listed, harm_class=NCII)]).lookup(Algorithm.PDQ, asked, threshold=CONFIDENT)
    query, row, distance = linear_search(listed, asked, CONFIDENT)
    assert (hits.query.tolist(), hits.entry.tolist()) == (query.tolist(), row.tolist())
    assert hits.distance.tolist() == distance.tolist() == [31, 31, 0]


def test_texts_and_rows_of_the_same_values_are_the_same_index() -> None:
    listed = values(20)
    texts = [row.tobytes().hex() for row in listed]
    ours, theirs = (Index.over([bank_of("mine", given, harm_class=NCII)]) for given in (listed, texts))
    upper = Index.over([bank_of("mine", [text.upper() for text in texts], harm_class=NCII)])
    assert ours.version == theirs.version == upper.version
    assert facts(theirs.lookup(Algorithm.PDQ, listed)) == facts(ours.lookup(Algorithm.PDQ, listed))


def test_several_lists_and_algorithms_are_searched_together() -> None:
    listed, digests = values(5), values(5, seed=2, width=16)
    trusted = ListTraits(Tier.TRUSTED, PdqFlavour.FULL, "made up", "made up")
    index = Index.over(
        [
            bank_of("second", listed, harm_class=NCII, traits=trusted),
            bank_of("first", digests, harm_class=HarmClass.TEST, algorithm=Algorithm.MD5),
        ]
    )
    assert [bank.name for bank in index.banks] == ["first", "second"]
    assert index.flavours() == {PdqFlavour.FULL}
    assert index.lookup(Algorithm.PDQ, listed).bank.tolist() == [1] * 5
    assert index.lookup(Algorithm.MD5, digests).bank.tolist() == [0] * 5


def test_what_the_program_changes_afterwards_changes_no_index() -> None:
    listed = values(4)
    bank = bank_of("mine", listed, harm_class=NCII)
    before = listed.copy()
    listed[:] = 0
    assert len(Index.over([bank]).lookup(Algorithm.PDQ, before)) == 4


def test_an_empty_list_matches_nothing() -> None:
    assert len(Index.over([bank_of("mine", [], harm_class=NCII)]).lookup(Algorithm.PDQ, values(3))) == 0


@pytest.mark.parametrize(
    "texts",
    [["00" * 31], ["00" * 33], ["0g" * 32], [" " + "0" * 63], ["00" * 32, ""], ["\u0665" * 64], ["0x" + "0" * 62]],
)
def test_a_value_of_another_shape_is_refused(texts: list[str]) -> None:
    with pytest.raises(WrongWidthError, match="value"):
        bank_of("mine", texts, harm_class=NCII)


@pytest.mark.parametrize("name", ["test", "Two words", ""])
def test_a_name_that_no_bank_can_have_is_refused(name: str) -> None:
    with pytest.raises(BankNameError):
        bank_of(name, values(1), harm_class=NCII)


def test_a_file_is_read_in_the_shapes_of_an_import(tmp_path: Path) -> None:
    listed = values(3)
    lines = "".join(f"pdq,{row.tobytes().hex()},\n" for row in listed)
    (tmp_path / "list.csv").write_text(f"signal_type,signal_str,category\n{lines}")
    index = Index.over([bank_from("theirs", tmp_path / "list.csv", harm_class=NCII)])
    assert sorted(index.lookup(Algorithm.PDQ, listed).entry.tolist()) == [0, 1, 2]


def test_a_file_with_a_malformed_row_is_not_taken_in_part(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(f"algorithm,value\npdq,{'0' * 64}\npdq,123\n")
    with pytest.raises(MalformedListError, match="line 3"):
        bank_from("theirs", tmp_path / "list.csv", harm_class=NCII)
    with pytest.raises(UnreadableListError):
        bank_from("theirs", tmp_path / "none.csv", harm_class=NCII)
