import threading
import time
from pathlib import Path

import pytest

from safehold.home import HomeBusyError, HomeUnusableError
from safehold.home.turns import turn


def test_who_has_just_had_the_turn_cannot_overtake_who_waits(tmp_path: Path) -> None:
    order: list[str] = []

    def wait_for_it() -> None:
        with turn(tmp_path / "a.db", 10):
            order.append("waiting")

    for _ in range(3):
        waiting = threading.Thread(target=wait_for_it)
        with turn(tmp_path / "a.db", 10):
            waiting.start()
            time.sleep(0.1)  # by now it asks every five milliseconds only, so that overtaking it would be easy
        with turn(tmp_path / "a.db", 10):
            order.append("again")
        waiting.join(10)
    assert order == ["waiting", "again"] * 3


def test_a_turn_has_one_holder(tmp_path: Path) -> None:
    inside, most = 0, 0

    def take() -> None:
        nonlocal inside, most
        for _ in range(20):
            with turn(tmp_path / "a.db", 10):
                inside += 1
                most = max(most, inside)
                time.sleep(0.0002)
                inside -= 1

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (inside, most) == (0, 1)


def test_waiting_ends_with_what_to_do(tmp_path: Path) -> None:
    with turn(tmp_path / "a.db", 1):
        begun = time.monotonic()
        with pytest.raises(HomeBusyError, match="being written") as caught, turn(tmp_path / "a.db", 0.05):
            pass
        assert 0.04 < time.monotonic() - begun < 2
    assert "Wait" in caught.value.advice
    with turn(tmp_path / "a.db", 0.05):  # who gave up left nothing behind
        pass


def test_an_error_inside_gives_the_turn_back(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), turn(tmp_path / "a.db", 1):
        raise RuntimeError
    with turn(tmp_path / "a.db", 0.05):
        pass


def test_a_place_where_no_lock_can_be_is_told(tmp_path: Path) -> None:
    with pytest.raises(HomeUnusableError), turn(tmp_path / "missing" / "a.db", 1):
        pass
