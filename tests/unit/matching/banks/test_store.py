import csv
import hashlib
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import Places
from tests.unit.matching.made_up import AT, values

from safehold.home.home import Home
from safehold.ledger import MemoryLedger, SigningKey, open_ledger
from safehold.matching import BankStore, BankTerms, BankTraits, Index
from safehold.matching.errors import (
    BankDiffersError,
    BankExistsError,
    BankNameError,
    BankWithdrawnError,
    ExportRefusedError,
    MalformedListError,
    MissingTraitError,
    NotListedError,
    PartDamagedError,
    UnknownBankError,
)
from safehold.vocabulary import (
    Algorithm,
    Bits,
    FixedClock,
    HarmClass,
    OutsidePartyError,
    PdqFlavour,
    SafeholdError,
    Tier,
)

TRAITS = BankTraits(harm_class=HarmClass.NCII, legal_basis="made up", pdq_flavour=PdqFlavour.FULL)
MD5 = values(40, width=16)
PDQ = values(30, seed=1)


@pytest.fixture
def home(chosen_places: Places, tmp_path: Path) -> Home:
    return chosen_places.open(tmp_path / "home", FixedClock(AT))


@pytest.fixture
def store(home: Home) -> BankStore:
    return BankStore(home, open_ledger(home), actor="alice")


def listing(folder: Path, first: int = 0, last: int = 20, source: str = "s") -> Path:
    path = folder / f"list-{first}-{last}-{source}.csv"
    lines = [f"md5,{row.tobytes().hex()},a note,{source}{number}" for number, row in enumerate(MD5[first:last], first)]
    lines += [f"pdq,{row.tobytes().hex()},a note,{source}{number}" for number, row in enumerate(PDQ[first:last], first)]
    path.write_text("\n".join(["algorithm,value,note,source_id", *lines, ""]))
    return path


def found(home: Home) -> dict[str, list[int]]:
    """Return which of the made-up values the index of a home finds."""
    index = Index.open(home)
    return {
        "md5": index.lookup(Algorithm.MD5, MD5).query.tolist(),
        "pdq": index.lookup(Algorithm.PDQ, PDQ, threshold=31, flavour=PdqFlavour.FULL).query.tolist(),
    }


def events(home: Home) -> list[str]:
    return [entry.event.kind for entry in open_ledger(home).events() if entry.event.kind.startswith("bank.")]


def test_thresholds_of_entries_are_imported_exported_and_imported_again(store: BankStore, tmp_path: Path) -> None:
    lines = [f"pdq,{row.tobytes().hex()},{near}" for row, near in zip(PDQ, ("12", "", "256"), strict=False)]
    path = tmp_path / "near.csv"
    path.write_text("\n".join(["algorithm,value,threshold", *lines, f"md5,{MD5[0].tobytes().hex()},", ""]))
    store.import_file("near", path, replace(TRAITS, terms=BankTerms(onward_sharing=True)))
    store.export("near", tmp_path / "out.csv")
    store.import_file("again", tmp_path / "out.csv", TRAITS)
    for name in ("near", "again"):
        found = [(entry.algorithm.value, entry.threshold) for entry in store.entries(name)]
        assert found == [("pdq", 12), ("pdq", None), ("pdq", None), ("md5", None)]


@pytest.mark.parametrize("wrong", ["pdq,{pdq},257", "pdq,{pdq},-1", "pdq,{pdq},near", "md5,{md5},3"])
def test_a_threshold_that_says_nothing_is_a_fault_of_its_row(store: BankStore, tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "near.csv"
    row = wrong.format(pdq=PDQ[0].tobytes().hex(), md5=MD5[0].tobytes().hex())
    path.write_text(f"algorithm,value,threshold\n{row}\n")
    with pytest.raises(MalformedListError, match="line 2"):
        store.import_file("near", path, TRAITS)


def test_a_banks_own_threshold_is_kept_and_can_not_be_changed_by_the_way(
    home: Home, store: BankStore, tmp_path: Path
) -> None:
    store.create("near", replace(TRAITS, pdq_threshold=Bits(12)))
    store.import_file("near", listing(tmp_path))
    assert store.show("near").pdq_threshold == 12
    assert Index.open(home).banks[0].pdq_threshold == 12
    with pytest.raises(BankDiffersError, match="PDQ threshold"):
        store.import_file("near", listing(tmp_path), BankTraits(pdq_threshold=Bits(13)))


def test_an_import_creates_the_bank_and_its_entries_are_found(home: Home, store: BankStore, tmp_path: Path) -> None:
    report = store.import_file("made-up", listing(tmp_path), TRAITS)
    assert (report.added, report.known, report.duplicates, report.malformed) == (40, 0, 0, 0)
    assert report.bank.entries == {Algorithm.MD5: 20, Algorithm.PDQ: 20}
    assert (report.bank.version, report.bank.tier, report.bank.reference) == (1, Tier.TRUSTED, "made-up@1")
    assert found(home) == {"md5": list(range(20)), "pdq": list(range(20))}
    assert events(home) == ["bank.created", "bank.imported"]


def test_a_bank_lives_the_same_life_on_either_database(places: Places, tmp_path: Path) -> None:
    home = places.open(tmp_path / "home", FixedClock(AT))
    store = BankStore(home, open_ledger(home), actor="alice")
    for _ in range(2):
        store.import_file("made-up", listing(tmp_path), TRAITS)
    store.import_file("made-up", listing(tmp_path, 10, 25))
    assert found(home) == {"md5": list(range(25)), "pdq": list(range(25))}
    store.withdraw("made-up", [MD5[1].tobytes().hex()], reason="an error")
    assert found(home)["md5"] == [0, *range(2, 25)]
    store.retire("made-up", "an error")
    assert found(home) == {"md5": [], "pdq": []}
    kinds = ["bank.created", "bank.imported", "bank.imported", "bank.withdrawn", "bank.retired"]
    assert events(home) == kinds


def test_importing_the_same_file_again_changes_nothing(home: Home, store: BankStore, tmp_path: Path) -> None:
    store.import_file("made-up", listing(tmp_path), TRAITS)
    before = Index.open(home).version
    report = store.import_file("made-up", listing(tmp_path))
    assert report.is_unchanged
    assert (report.known, report.bank.version) == (40, 1)
    assert Index.open(home).version == before
    assert events(home) == ["bank.created", "bank.imported"]


def test_a_second_list_adds_what_is_new(home: Home, store: BankStore, tmp_path: Path) -> None:
    store.import_file("made-up", listing(tmp_path), TRAITS)
    report = store.import_file("made-up", listing(tmp_path, 10, 25))
    assert (report.added, report.known, report.bank.version) == (10, 20, 2)
    assert found(home) == {"md5": list(range(25)), "pdq": list(range(25))}
    assert [entry.number for entry in store.entries("made-up")] == list(range(50))


def test_adding_then_withdrawing_restores_what_is_found(home: Home, store: BankStore, tmp_path: Path) -> None:
    store.import_file("made-up", listing(tmp_path, 0, 5), TRAITS)
    before = found(home)
    store.import_file("made-up", listing(tmp_path, 5, 9))
    assert found(home) != before
    hexadecimal = [row.tobytes().hex() for row in (*MD5[5:9], *PDQ[5:9])]
    report = store.withdraw("made-up", hexadecimal, reason="a mistake of ours")
    assert (report.withdrawn, report.before, report.bank.version) == (8, 0, 3)
    assert report.bank.entries == {Algorithm.MD5: 5, Algorithm.PDQ: 5}
    assert found(home) == before


def test_what_was_withdrawn_stays_withdrawn_when_it_is_imported_again(
    home: Home, store: BankStore, tmp_path: Path
) -> None:
    store.import_file("made-up", listing(tmp_path, 0, 3), TRAITS)
    store.withdraw("made-up", [MD5[1].tobytes().hex().upper()], reason="a mistake")
    for source in ("s", "another"):
        report = store.import_file("made-up", listing(tmp_path, 0, 3, source))
        assert report.withdrawn == 1
        assert found(home)["md5"] == ([0, 2] if source == "s" else [0, 0, 2, 2])
    assert [entry.number for entry in store.entries("made-up") if entry.is_withdrawn] == [1]


def test_withdrawing_again_changes_nothing(store: BankStore, tmp_path: Path) -> None:
    store.import_file("made-up", listing(tmp_path, 0, 3), TRAITS)
    for expected in (1, 0):
        report = store.withdraw("made-up", [MD5[1].tobytes().hex()], reason="a mistake")
        assert (report.withdrawn, report.before, report.bank.version) == (expected, 1 - expected, 2)


def test_a_source_id_takes_back_only_what_that_source_lists(home: Home, store: BankStore, tmp_path: Path) -> None:
    store.import_file("made-up", listing(tmp_path, 0, 3, "a"), TRAITS)
    store.import_file("made-up", listing(tmp_path, 0, 3, "b"))
    assert found(home)["md5"] == [0, 0, 1, 1, 2, 2]
    assert store.withdraw("made-up", [], reason="a mistake", source_ids=["a1"]).withdrawn == 2
    assert found(home)["md5"] == [0, 0, 1, 2, 2]
    assert store.import_file("made-up", listing(tmp_path, 0, 3, "a")).withdrawn == 2
    assert store.import_file("made-up", listing(tmp_path, 0, 3, "c")).added == 6
    assert store.withdraw("made-up", [], reason="a mistake", source_ids=["a1"]).is_unchanged


@pytest.mark.parametrize("value", ["00" * 16, "", "zz"])
def test_a_value_that_is_not_listed_can_not_be_withdrawn(
    home: Home, store: BankStore, tmp_path: Path, value: str
) -> None:
    store.import_file("made-up", listing(tmp_path, 0, 3), TRAITS)
    with pytest.raises(NotListedError, match="1 of 2"):
        store.withdraw("made-up", [MD5[1].tobytes().hex(), value], reason="a mistake")
    assert found(home)["md5"] == [0, 1, 2]


def test_a_list_with_malformed_rows_is_refused_whole_with_their_lines(
    home: Home, store: BankStore, tmp_path: Path
) -> None:
    path = listing(tmp_path, 0, 3)
    path.write_text(path.read_text() + "md5,zz,,\nsha3,00,,\n")
    with pytest.raises(
        MalformedListError, match=r"2 rows can't be read, nothing was imported.*line 8.*line 9"
    ) as raised:
        store.import_file("made-up", path, TRAITS)
    assert [fault.line for fault in raised.value.faults] == [8, 9]
    assert found(home) == {"md5": [], "pdq": []}
    assert [bank.name for bank in store.list()] == ["test"]


def test_malformed_rows_can_be_skipped_and_are_counted(home: Home, store: BankStore, tmp_path: Path) -> None:
    path = listing(tmp_path, 0, 3)
    path.write_text(path.read_text() + "md5,zz,,\n")
    report = store.import_file("made-up", path, TRAITS, skip_malformed=True)
    assert (report.added, report.malformed, report.faults[0].line) == (6, 1, 8)
    assert found(home)["md5"] == [0, 1, 2]


def test_values_of_pictures_without_features_are_held_and_counted(home: Home, store: BankStore, tmp_path: Path) -> None:
    plain = "00" * 32
    (tmp_path / "list.txt").write_text(f"{plain}\n{'ff' * 32}\n{PDQ[0].tobytes().hex()}\n")
    first = store.import_file("made-up", tmp_path / "list.txt", TRAITS, algorithm=Algorithm.PDQ)
    assert (first.added, first.featureless) == (3, 2)
    again = store.import_file("made-up", tmp_path / "list.txt", algorithm=Algorithm.PDQ)
    assert (again.known, again.featureless) == (3, 2)
    assert len(Index.open(home).lookup(Algorithm.PDQ, np.zeros((1, 32), np.uint8), flavour=PdqFlavour.FULL)) == 1
    store.withdraw("made-up", [plain], reason="a plain picture")
    assert store.import_file("made-up", tmp_path / "list.txt", algorithm=Algorithm.PDQ).featureless == 1
    assert store.import_file("made-up", listing(tmp_path)).featureless == 0


def test_digests_of_empty_files_are_held_and_counted(store: BankStore, tmp_path: Path) -> None:
    made = [
        getattr(hashlib, name)(content).hexdigest() for name in ("md5", "sha1", "sha256") for content in (b"", b"x")
    ]
    names = [name for name in ("md5", "sha1", "sha256") for _ in range(2)]
    rows = "\n".join(f"{name},{value}" for name, value in zip(names, made, strict=True))
    (tmp_path / "list.csv").write_text(f"algorithm,value\n{rows}\n")
    report = store.import_file("made-up", tmp_path / "list.csv", TRAITS)
    assert (report.added, report.featureless) == (6, 3)


def test_a_list_of_nothing_but_malformed_rows_is_refused_even_when_they_may_be_skipped(
    store: BankStore, tmp_path: Path
) -> None:
    (tmp_path / "bad.csv").write_text("algorithm,value\nmd5,zz\n")
    with pytest.raises(MalformedListError):
        store.import_file("made-up", tmp_path / "bad.csv", TRAITS, skip_malformed=True)


@pytest.mark.parametrize(
    "traits",
    [
        BankTraits(harm_class=HarmClass.CSAM),
        BankTraits(tier=Tier.REVIEW),
        BankTraits(legal_basis="another"),
        BankTraits(source="another"),
        BankTraits(terms=BankTerms(onward_sharing=True)),
        BankTraits(pdq_flavour=PdqFlavour.NEAREST_512),
    ],
)
def test_an_import_that_states_something_else_of_a_bank_is_refused(
    home: Home, store: BankStore, tmp_path: Path, traits: BankTraits
) -> None:
    store.import_file("made-up", listing(tmp_path, 0, 3), TRAITS)
    with pytest.raises(BankDiffersError):
        store.import_file("made-up", listing(tmp_path, 3, 6), traits)
    assert found(home)["md5"] == [0, 1, 2]


def test_a_legal_basis_that_was_not_stated_is_taken_down_later_and_then_stands(
    home: Home, store: BankStore, tmp_path: Path
) -> None:
    bare = BankTraits(harm_class=HarmClass.CSAM)
    assert store.import_file("made-up", listing(tmp_path, 0, 3), bare).bank.legal_basis == "not stated"
    stated = BankTraits(legal_basis="agreement of 2026")
    assert store.import_file("made-up", listing(tmp_path, 0, 3), stated).bank.legal_basis == "agreement of 2026"
    bank = store.import_file("made-up", listing(tmp_path, 3, 6), stated).bank
    assert (bank.legal_basis, bank.version) == ("agreement of 2026", 2)
    with pytest.raises(BankDiffersError):
        store.import_file("made-up", listing(tmp_path, 6, 9), BankTraits(legal_basis="another"))
    assert events(home) == ["bank.created", "bank.imported", "bank.legal_basis_stated", "bank.imported"]


def test_a_new_bank_needs_a_class_unless_all_its_rows_state_one(store: BankStore, tmp_path: Path) -> None:
    with pytest.raises(MissingTraitError):
        store.import_file("made-up", listing(tmp_path))
    (tmp_path / "classed.csv").write_text(f"algorithm,value,class\nmd5,{'00' * 16},ncii\nmd5,{'01' * 16},ncii\n")
    assert store.import_file("classed", tmp_path / "classed.csv").bank.harm_class is HarmClass.NCII


def test_an_entry_may_have_another_class_than_its_bank(home: Home, store: BankStore, tmp_path: Path) -> None:
    (tmp_path / "classed.csv").write_text(f"algorithm,value,class\nmd5,{MD5[0].tobytes().hex()},exploitative\n")
    store.import_file("made-up", tmp_path / "classed.csv", TRAITS)
    hits = Index.open(home).lookup(Algorithm.MD5, MD5[:1])
    assert hits.harm_class.tolist() == [list(HarmClass).index(HarmClass.EXPLOITATIVE)]


@pytest.mark.parametrize("name", ["", "A", "a b", "../x", "-a", "a.b", "x" * 65, "test"])
def test_a_name_that_can_not_be_used_is_refused(store: BankStore, name: str) -> None:
    with pytest.raises(BankNameError):
        store.create(name, TRAITS)


def test_a_bank_is_created_once(store: BankStore) -> None:
    assert store.create("made-up", TRAITS).version == 0
    with pytest.raises(BankExistsError):
        store.create("made-up", TRAITS)


def test_an_unknown_bank_is_refused(store: BankStore, tmp_path: Path) -> None:
    for act in (
        lambda: store.show("nothing"),
        lambda: store.withdraw("nothing", ["00"], reason="a mistake"),
        lambda: store.export("nothing", tmp_path / "out.csv"),
    ):
        with pytest.raises(UnknownBankError):
            act()


def test_a_retired_bank_matches_nothing_takes_no_import_and_keeps_its_entries(
    home: Home, store: BankStore, tmp_path: Path
) -> None:
    store.import_file("made-up", listing(tmp_path), TRAITS)
    assert len(found(home)["md5"]) == 20
    retired = store.retire("made-up", "the source took it back")
    assert (retired.withdrawn_at, retired.withdrawn_reason) == (AT, "the source took it back")
    assert found(home) == {"md5": [], "pdq": []}
    with pytest.raises(BankWithdrawnError) as refused:
        store.import_file("made-up", listing(tmp_path, 20, 22))
    assert "another name" in refused.value.advice
    assert retired.entries == {Algorithm.MD5: 20, Algorithm.PDQ: 20}
    assert len(list(store.entries("made-up"))) == 40
    assert len(list((home.banks / "made-up").iterdir())) == 1


def test_retiring_a_bank_leaves_the_others_in_use(home: Home, store: BankStore, tmp_path: Path) -> None:
    store.import_file("made-up", listing(tmp_path), TRAITS)
    store.import_file("other", listing(tmp_path, 10, 30), TRAITS)
    before = Index.open(home).version
    store.retire("made-up", "an error")
    assert found(home) == {"md5": list(range(10, 30)), "pdq": list(range(10, 30))}
    assert [bank.name for bank in Index.open(home).banks] == ["other", "test"]
    assert Index.open(home).version != before


def test_retiring_again_changes_nothing(home: Home, store: BankStore) -> None:
    store.create("made-up", TRAITS)
    first = store.retire("made-up", "an error")
    assert store.retire("made-up", "another reason") == first
    assert events(home) == ["bank.created", "bank.retired"]


def test_a_retirement_that_the_ledger_refuses_leaves_the_bank_in_use(
    home: Home, store: BankStore, tmp_path: Path
) -> None:
    store.import_file("made-up", listing(tmp_path), TRAITS)
    broken = MemoryLedger(home.clock, SigningKey.load_or_create(home.keys, "made-up"))
    broken.refusal = OutsidePartyError("out of order", advice="wait")
    with pytest.raises(SafeholdError):
        BankStore(home, broken).retire("made-up", "an error")
    assert store.show("made-up").withdrawn_at is None
    assert len(found(home)["md5"]) == 20


@pytest.mark.parametrize(("name", "error"), [("nowhere", UnknownBankError), ("test", BankNameError)])
def test_a_bank_that_is_not_there_or_built_in_is_not_retired(
    store: BankStore, name: str, error: type[SafeholdError]
) -> None:
    with pytest.raises(error):
        store.retire(name, "an error")


def test_the_built_in_bank_is_listed_first_and_can_not_be_changed(store: BankStore, tmp_path: Path) -> None:
    assert store.list()[0].name == "test"
    assert store.show("test").entries[Algorithm.PDQ] == 1
    with pytest.raises(BankNameError):
        store.import_file("test", listing(tmp_path), TRAITS)
    with pytest.raises(BankNameError):
        store.withdraw("test", ["00"], reason="a mistake")


def test_a_bank_is_exported_only_if_its_terms_allow_it(store: BankStore, tmp_path: Path) -> None:
    store.import_file("made-up", listing(tmp_path), TRAITS)
    with pytest.raises(ExportRefusedError):
        store.export("made-up", tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_what_is_exported_can_be_imported_and_lacks_what_was_withdrawn(
    home: Home, store: BankStore, tmp_path: Path
) -> None:
    open_terms = BankTraits(harm_class=HarmClass.NCII, terms=BankTerms(onward_sharing=True))
    store.import_file("made-up", listing(tmp_path, 0, 4), open_terms)
    store.withdraw("made-up", [MD5[1].tobytes().hex()], reason="a mistake")
    assert store.export("made-up", tmp_path / "out.csv") == 7
    assert (tmp_path / "out.csv").stat().st_mode & 0o077 == 0
    with (tmp_path / "out.csv").open() as file:
        assert [row["note"] for row in csv.DictReader(file)] == ["a note"] * 7
    report = store.import_file("copy", tmp_path / "out.csv")
    assert (report.added, report.bank.harm_class) == (7, HarmClass.NCII)
    assert "bank.exported" in events(home)


def test_a_part_that_was_altered_or_is_missing_stops_the_index(home: Home, store: BankStore, tmp_path: Path) -> None:
    store.import_file("made-up", listing(tmp_path), TRAITS)
    (part,) = (home.banks / "made-up").iterdir()
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    part.write_bytes(bytes(content))
    with pytest.raises(PartDamagedError, match="was altered"):
        Index.open(home)
    part.unlink()
    with pytest.raises(PartDamagedError, match="can't be read"):
        Index.open(home)


def test_parts_are_private_files(home: Home, store: BankStore, tmp_path: Path) -> None:
    store.import_file("made-up", listing(tmp_path), TRAITS)
    folder = home.banks / "made-up"
    assert folder.stat().st_mode & 0o077 == 0
    assert all(file.stat().st_mode & 0o077 == 0 for file in folder.iterdir())


def test_an_import_that_the_ledger_refuses_leaves_the_old_version_and_its_file_is_swept(
    home: Home, store: BankStore, tmp_path: Path
) -> None:
    store.import_file("made-up", listing(tmp_path, 0, 3), TRAITS)
    ledger = MemoryLedger(home.clock, SigningKey.load_or_create(home.keys, "made-up"))
    ledger.refusal = OutsidePartyError("out of order", advice="wait")
    with pytest.raises(SafeholdError):
        BankStore(home, ledger).import_file("made-up", listing(tmp_path, 3, 6))
    assert found(home)["md5"] == [0, 1, 2]
    assert len(list((home.banks / "made-up").iterdir())) == 2
    store.import_file("made-up", listing(tmp_path, 3, 5))
    assert found(home)["md5"] == [0, 1, 2, 3, 4]
    assert len(list((home.banks / "made-up").iterdir())) == 2


KILLED_BEFORE_COMMIT = """
import os, signal, sys
from pathlib import Path
from safehold.home.home import Home
from safehold.matching import BankStore
from safehold.settings import load_settings
from safehold.vocabulary import SystemClock

class DeadlyLedger:
    def append(self, event, connection=None):
        os.kill(os.getpid(), signal.SIGKILL)

folder = Path(sys.argv[1])
with Home.open(folder, SystemClock(), server=load_settings(folder, os.environ).server()) as home:
    BankStore(home, DeadlyLedger()).import_file("made-up", Path(sys.argv[2]))
"""


def test_an_import_killed_before_its_commit_leaves_the_old_version(places: Places, tmp_path: Path) -> None:
    home = places.open(tmp_path / "home", FixedClock(AT))
    store = BankStore(home, open_ledger(home), actor="alice")
    store.import_file("made-up", listing(tmp_path, 0, 3), TRAITS)
    command = [sys.executable, "-c", KILLED_BEFORE_COMMIT, os.fspath(home.path), os.fspath(listing(tmp_path, 3, 6))]
    environment = places.environment(home.path)
    assert subprocess.run(command, check=False, env=environment).returncode == -signal.SIGKILL
    assert found(home)["md5"] == [0, 1, 2]
    assert store.import_file("made-up", listing(tmp_path, 3, 6)).bank.version == 2
    assert found(home)["md5"] == [0, 1, 2, 3, 4, 5]
    assert len(list((home.banks / "made-up").iterdir())) == 2


def test_events_hold_no_reason_note_or_path(home: Home, store: BankStore, tmp_path: Path) -> None:
    store.import_file("made-up", listing(tmp_path), TRAITS)
    store.withdraw("made-up", [MD5[1].tobytes().hex()], reason="because of Bob")
    store.retire("made-up", "because of Bob")
    text = str([entry.event for entry in open_ledger(home).events()])
    assert "Bob" not in text
    assert "note" not in text
    assert str(tmp_path) not in text
    assert MD5[1].tobytes().hex() not in text
