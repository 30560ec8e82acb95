import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.unit.matching.made_up import AT, facts, flipped, values

from safehold.home.home import Home
from safehold.ledger import open_ledger
from safehold.matching import BankStore, BankTraits, Index, LiveIndex
from safehold.matching.banks.builtin import builtin_bank
from safehold.matching.banks.catalogue import stored_contents
from safehold.matching.errors import PartDamagedError
from safehold.matching.linear_index import LinearIndex
from safehold.matching.watch import ChangeWatch
from safehold.vocabulary import Algorithm, FixedClock, HarmClass, PdqFlavour, SafeholdError

TRAITS = BankTraits(harm_class=HarmClass.TEST, pdq_flavour=PdqFlavour.FULL)
LISTED = values(300)
ASKED = np.vstack([flipped(LISTED[:60], 25), values(5, seed=9)])


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with Home.open(tmp_path / "home", FixedClock(AT)) as opened:
        yield opened


@pytest.fixture
def store(home: Home) -> BankStore:
    return BankStore(home, open_ledger(home), actor="alice")


def texts(rows: NDArray[np.uint8]) -> list[str]:
    return [row.tobytes().hex() for row in rows]


def add(store: BankStore, folder: Path, rows: NDArray[np.uint8], bank: str = "made-up") -> None:
    path = folder / "list.csv"
    path.write_text("\n".join(["algorithm,value", *(f"pdq,{text}" for text in texts(rows)), ""]))
    store.import_file(bank, path, TRAITS)


def found(index: Index | LinearIndex, threshold: int = 31) -> list[tuple[int, ...]]:
    return facts(index.lookup(Algorithm.PDQ, ASKED, threshold=threshold))


def linear(home: Home) -> LinearIndex:
    return LinearIndex.over([*stored_contents(home), builtin_bank()])


def wait_until_settled(live: LiveIndex) -> None:
    end = time.monotonic() + 30
    while any(one.name == "safehold-settle" for one in threading.enumerate()) and time.monotonic() < end:
        time.sleep(0.005)
    live.refresh()


def test_after_each_of_many_changes_it_finds_what_linear_search_finds(
    home: Home, store: BankStore, tmp_path: Path
) -> None:
    generator = np.random.default_rng(11)
    with LiveIndex(home, small_rows=12, in_background=False) as live:
        for step in ("add", "add", "withdraw", "add", "settle", "withdraw", "add", "retire", "add", "settle", "add"):
            first = int(generator.integers(0, 50))
            change(store, tmp_path, live, step, "ab"[int(generator.integers(2))], LISTED[first : first + 9])
            live.refresh()
            assert found(live.current()) == found(linear(home))
        live.settle()
        assert found(live.current()) == found(linear(home)) == found(Index.open(home))
        assert live.current().version == Index.open(home).version


def change(store: BankStore, folder: Path, live: LiveIndex, step: str, bank: str, rows: NDArray[np.uint8]) -> None:
    try:
        if step == "add":
            add(store, folder, rows, bank)
        elif step == "withdraw":
            store.withdraw(bank, texts(rows), reason="made up")
        elif step == "retire":
            store.retire(bank, "made up")
        else:
            live.settle()
    except SafeholdError:  # not there, or not in use any more: nothing has changed then
        pass


def test_a_snapshot_stays_as_it_was(home: Home, store: BankStore, tmp_path: Path) -> None:
    add(store, tmp_path, LISTED[:20])
    with LiveIndex(home) as live:
        before = live.current()
        store.withdraw("made-up", texts(LISTED[:10]), reason="made up")
        live.refresh()
        assert len(found(before)) == 20
        assert len(found(live.current())) == 10


def test_a_long_list_is_searched_once_its_segment_is_made_in_the_background(
    home: Home, store: BankStore, tmp_path: Path
) -> None:
    with LiveIndex(home, small_rows=12) as live:
        add(store, tmp_path, LISTED[:60])
        live.refresh()
        wait_until_settled(live)
        assert live.behind == 0
        assert len(found(live.current())) == 60
        assert len([path for path in home.indexes.iterdir() if path.is_dir()]) == 1


def test_a_change_of_a_few_entries_reads_no_segment_and_no_other_part(
    home: Home, store: BankStore, tmp_path: Path
) -> None:
    add(store, tmp_path, LISTED[:50])
    with LiveIndex(home, small_rows=40) as live:
        add(store, tmp_path, LISTED[50:55])
        live.refresh()
        new = {path for path in home.banks.rglob("*.parquet") if path.name.startswith("2-")}
        for path in {*home.indexes.rglob("*.npy"), *home.banks.rglob("*.parquet")} - new:
            path.unlink()
        live.refresh()
        assert len(found(live.current())) == 55
        store.retire("made-up", "made up")
        live.refresh()
        assert found(live.current()) == []


def test_a_damaged_new_part_is_raised_each_time_until_it_is_whole(home: Home, store: BankStore, tmp_path: Path) -> None:
    with LiveIndex(home) as live:
        add(store, tmp_path, LISTED[:20])
        (part,) = home.banks.rglob("*.parquet")
        whole = part.read_bytes()
        part.write_bytes(whole[:-1])
        with pytest.raises(PartDamagedError):
            live.refresh()
        for _ in range(3):
            with pytest.raises(PartDamagedError):
                live.current()
        part.write_bytes(whole)
        assert len(found(live.current())) == 20


CHANGE = """
import sys
from pathlib import Path
from safehold.home.home import Home
from safehold.ledger import open_ledger
from safehold.matching import BankStore
from safehold.vocabulary import FixedClock
from tests.unit.matching.made_up import AT
from tests.unit.matching.test_live import LISTED, add, texts

with Home.open(Path(sys.argv[1]), FixedClock(AT)) as home:
    store = BankStore(home, open_ledger(home))
    for line in sys.stdin:
        if line.strip() == "add":
            add(store, Path(sys.argv[2]), LISTED[:20])
        else:
            store.withdraw("made-up", texts(LISTED[:5]), reason="made up")
        print("done", flush=True)
"""


def test_what_another_process_adds_and_withdraws_is_in_effect_here(home: Home, tmp_path: Path) -> None:
    command = [sys.executable, "-c", CHANGE, os.fspath(home.path), os.fspath(tmp_path)]
    root = Path(__file__).parents[3]
    with (
        LiveIndex(home) as live,
        subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other,
    ):
        assert found(live.current()) == []
        for order, expected in (("add", 20), ("withdraw", 15)):
            tell(other, order)
            time.sleep(0.01)
            assert len(found(live.current())) == expected
        other.communicate()


def tell(other: "subprocess.Popen[str]", order: str) -> None:
    assert other.stdin is not None
    assert other.stdout is not None
    other.stdin.write(f"{order}\n")
    other.stdin.flush()
    assert other.stdout.readline() == "done\n"


def test_where_nothing_counts_commits_something_may_always_have_changed() -> None:
    watch = ChangeWatch(None)
    assert watch.has_changed()
    assert watch.has_changed()
    watch.close()


def test_threads_may_ask_while_the_banks_change(home: Home, store: BankStore, tmp_path: Path) -> None:
    wrong: list[int] = []
    with LiveIndex(home, small_rows=8) as live:
        stop = threading.Event()

        def ask() -> None:
            last = 0
            while not stop.is_set():
                count = len(found(live.current()))
                wrong.extend([count] if count < last else [])
                last = count

        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        for first in range(0, 60, 6):
            add(store, tmp_path, LISTED[first : first + 6])
        stop.set()
        for thread in threads:
            thread.join()
        wait_until_settled(live)
        assert len(found(live.current())) == 60
    assert wrong == []
