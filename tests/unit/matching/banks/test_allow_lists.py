"""An allow list grows by decisions of two people, and by no file."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from safehold.home.home import Home
from safehold.ledger import open_ledger
from safehold.matching import BankStore
from safehold.matching.banks.traits import BankTraits
from safehold.matching.errors import AllowListError, UnknownBankError
from safehold.vocabulary import FixedClock, HarmClass

VALUE = "ab" * 32


@pytest.fixture
def store(tmp_path: Path) -> Iterator[BankStore]:
    with Home.open(tmp_path / "home", FixedClock(dt.datetime(2026, 11, 22, tzinfo=dt.UTC))) as home:
        yield BankStore(home, open_ledger(home))


@pytest.mark.parametrize(
    ("text", "traits"),
    [
        (f"algorithm,value,class\nsha256,{VALUE},benign\n", BankTraits(harm_class=HarmClass.CSAM)),
        (f"algorithm,value,class\nsha256,{VALUE},benign\n", BankTraits()),
        (f"algorithm,value\nsha256,{VALUE}\n", BankTraits(harm_class=HarmClass.BENIGN)),
    ],
)
def test_no_file_can_say_that_something_is_benign(
    store: BankStore, tmp_path: Path, text: str, traits: BankTraits
) -> None:
    (tmp_path / "list.csv").write_text(text)
    with pytest.raises(AllowListError):
        store.import_file("harmless", tmp_path / "list.csv", traits)
    with pytest.raises(UnknownBankError):
        store.show("harmless")


def test_no_file_adds_to_an_allow_list_that_there_is(store: BankStore, tmp_path: Path) -> None:
    store.create("cleared", BankTraits(harm_class=HarmClass.BENIGN))
    (tmp_path / "list.csv").write_text(f"algorithm,value\nsha256,{VALUE}\n")
    with pytest.raises(AllowListError):
        store.import_file("cleared", tmp_path / "list.csv")
    assert store.show("cleared").version == 0
