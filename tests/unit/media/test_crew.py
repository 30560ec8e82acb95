"""A crew of real children that threads share: what each may do to it, and what a request learns of that."""

import hashlib
import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from safehold.media import Limits
from safehold.media.sandbox import Answer, Child, Crew, Progress, Reply
from safehold.vocabulary import GapReason, Seconds

ARGV = (sys.executable, "-P", str(Path(__file__).with_name("misbehaving_child.py")))
IS_LINUX = sys.platform.startswith("linux")
LIMITS = Limits(memory_bytes=768 << 20, seconds=Seconds(1.0), opening_seconds=Seconds(2.0), output_bytes=1 << 20)
LARGE = os.urandom(3 << 20)


def digest_of(crew: Crew, data: bytes) -> Reply:
    return crew.ask("carried", {}, data=data)


def identity(crew: Crew) -> bytes:
    return crew.ask("identity", {}).data


def test_a_request_carries_bytes_of_any_length_to_the_child() -> None:
    with Child(ARGV, LIMITS) as child:
        for data in (b"", b"x", LARGE, memoryview(LARGE)[1:]):
            child.submit("carried", {}, data=data)
            while isinstance(event := child.poll(5.0), Progress):
                continue
            assert event == Answer(hashlib.sha256(data).digest())


def test_threads_share_a_crew_and_each_gets_its_own_answer() -> None:
    pieces = [LARGE[start : start + 100_000] for start in range(0, 2_000_000, 100_000)]
    with Crew(ARGV, LIMITS, size=2) as crew, ThreadPoolExecutor(6) as threads:
        replies = list(threads.map(lambda piece: digest_of(crew, piece), pieces))
    assert [reply.data for reply in replies] == [hashlib.sha256(piece).digest() for piece in pieces]


@pytest.mark.parametrize(
    ("act", "reason"),
    [("crash", GapReason.CRASHED), ("loop", GapReason.TIMED_OUT), ("say", GapReason.DETECTOR_FAILED)],
)
def test_what_kills_or_holds_up_a_child_costs_its_request_alone(act: str, reason: GapReason) -> None:
    with Crew(ARGV, LIMITS, size=1) as crew:
        first = identity(crew)
        reply = crew.ask("misbehave", {"records": 1, "at": {"0": act}})
        assert (reply.failure, reply.data) == (reason, b"")
        assert "secret" not in reply.why
        assert digest_of(crew, b"next").data == hashlib.sha256(b"next").digest()
        assert identity(crew) != first


def test_a_child_that_died_while_it_was_idle_costs_nothing() -> None:
    with Crew(ARGV, LIMITS, size=1) as crew:
        pid = int(identity(crew))
        os.kill(pid, signal.SIGKILL)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        assert digest_of(crew, b"x").failure is None


def test_a_child_is_replaced_after_so_many_requests() -> None:
    with Crew(ARGV, LIMITS, size=1, most_requests=2) as crew:
        seen = [identity(crew) for _ in range(4)]
    assert seen[0] == seen[1] != seen[2] == seen[3]


def test_a_request_that_finds_no_child_free_in_time_is_told_so() -> None:
    with Crew((*ARGV[:-1], str(Path(__file__))), LIMITS, size=1) as crew:  # a program that is no child
        reply = crew.ask("carried", {}, waiting_seconds=0.1)
        assert reply.failure is GapReason.TIMED_OUT
        assert crew.living == 0


@pytest.mark.skipif(not IS_LINUX, reason="children die with the thread that started them on Linux alone")
def test_children_live_on_when_the_thread_that_asked_ends() -> None:
    with Crew(ARGV, LIMITS, size=1) as crew:
        with ThreadPoolExecutor(1) as thread:
            first = thread.submit(identity, crew).result()
        time.sleep(0.05)
        assert identity(crew) == first


def test_a_closed_crew_leaves_no_child_behind() -> None:
    crew = Crew(ARGV, LIMITS, size=2)
    pid = int(identity(crew))
    crew.close()
    crew.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert crew.ask("carried", {}, waiting_seconds=0.0).failure is GapReason.TIMED_OUT
