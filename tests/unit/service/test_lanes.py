"""Lanes: bounded lines before threads; nobody waits for ever."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

from safehold.service.lanes import Lane
from safehold.service.problem import Problem


def in_loop(what: Callable[[Lane], Awaitable[None]], threads: int = 1, waiting: int = 1) -> None:
    async def run() -> None:
        lane = Lane("test", threads, waiting)
        try:
            await what(lane)
        finally:
            lane.close()

    asyncio.run(run())


def test_work_is_done_in_a_thread_and_its_error_is_raised_where_it_is_waited_for() -> None:
    async def what(lane: Lane) -> None:
        assert await lane.run(threading.current_thread) is not threading.main_thread()
        with pytest.raises(ZeroDivisionError):
            await lane.run(lambda: 1 // 0)
        assert lane.taken == 0

    in_loop(what)


def test_a_full_line_is_told_at_once() -> None:
    gate = threading.Event()

    async def what(lane: Lane) -> None:
        held = [asyncio.create_task(lane.run(gate.wait)) for _ in range(2)]
        await asyncio.sleep(0.01)
        with pytest.raises(Problem) as caught:
            await lane.run(gate.wait)
        assert (caught.value.status, caught.value.code) == (503, "busy")
        gate.set()
        assert await asyncio.gather(*held) == [True, True]
        assert await lane.run(lambda: 1) == 1

    in_loop(what)


def test_work_that_takes_too_long_goes_on_though_nobody_waits() -> None:
    gate, done = threading.Event(), threading.Event()

    def work() -> None:
        gate.wait(5)
        done.set()

    async def what(lane: Lane) -> None:
        with pytest.raises(Problem) as caught:
            await lane.run(work, seconds=0.01)
        assert caught.value.code == "timed_out"
        assert lane.taken == 1
        gate.set()
        assert await lane.run(lambda: done.wait(5))
        assert lane.taken == 0

    in_loop(what)


def test_whoever_is_gone_harms_no_other() -> None:
    gate = threading.Event()

    async def what(lane: Lane) -> None:
        gone = asyncio.create_task(lane.run(gate.wait))
        await asyncio.sleep(0.01)
        gone.cancel()
        gate.set()
        assert await lane.run(lambda: 2) == 2

    in_loop(what, threads=2)
