"""Real decoding children that misbehave on demand."""

import hashlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from safehold.media import ChildStartError, Limits, PoolSpentError
from safehold.media.sandbox import (
    NETWORK_VARIABLE,
    Answer,
    Child,
    Died,
    Failed,
    Outcome,
    Pool,
    Progress,
    Skipped,
    module_argv,
)
from safehold.media.sandbox.pool import MOST_REQUESTS
from safehold.vocabulary import GapReason, InternalError, Seconds

ARGV = (sys.executable, "-P", str(Path(__file__).with_name("misbehaving_child.py")))
LIMITS = Limits(memory_bytes=768 << 20, seconds=Seconds(0.5), opening_seconds=Seconds(2.0), output_bytes=256 << 20)
IS_LINUX = sys.platform.startswith("linux")


@pytest.fixture
def child() -> Iterator[Child]:
    with Child(ARGV, LIMITS) as running:
        yield running


def finish(child: Child, seconds: float = 20.0) -> Answer | Failed | Died:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        event = child.poll(0.2)
        if not isinstance(event, Progress):
            return event
    pytest.fail("the child said nothing")


def run_one(request: dict[str, object], limits: Limits = LIMITS) -> Outcome:
    with Pool(ARGV, limits, size=1) as pool:
        (outcome,) = pool.run("misbehave", [request])
    return outcome


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return not (IS_LINUX and ") Z " in Path(f"/proc/{pid}/stat").read_text())


def test_a_child_answers_request_after_request(child: Child) -> None:
    for number in (1, 2):
        child.submit("misbehave", {"records": number})

        assert finish(child) == Answer(",".join(map(str, range(number))).encode())


@pytest.mark.skipif(not IS_LINUX, reason="the kernel's means are Linux's")
def test_a_child_says_how_it_is_confined(child: Child) -> None:
    child.wait_ready()

    assert child.confinement is not None
    assert child.confinement["dies_with_parent"] is True


def test_large_requests_and_answers_arrive_whole(child: Child) -> None:
    text = "red cube " * 400_000
    child.submit("echo", {"text": text})
    assert finish(child) == Answer(hashlib.sha256(text.encode()).digest())

    child.submit("large", {"bytes": 128 << 20})
    answer = finish(child)

    assert isinstance(answer, Answer)
    assert len(answer.data) == 32 + (128 << 20)
    assert answer.data[:32] == hashlib.sha256(memoryview(answer.data)[32:]).digest()


def test_an_answer_over_the_output_limit_ends_the_child() -> None:
    with Child(ARGV, Limits(output_bytes=1000)) as child:
        child.submit("large", {"bytes": 2048})

        event = finish(child)

    assert isinstance(event, Died)
    assert event.why == "broke the protocol"


def test_a_child_that_lies_about_its_answers_size_is_ended(child: Child) -> None:
    child.submit("lie", {})

    assert finish(child) == Died(0, "broke the protocol")


@pytest.mark.parametrize(
    ("fault", "why"), [("kill", "signal SIGKILL"), ("crash", "signal SIGSEGV"), ("exit", "exit 7")]
)
def test_a_death_names_the_last_record_and_the_manner(child: Child, fault: str, why: str) -> None:
    child.submit("misbehave", {"at": {"2": fault}})

    assert finish(child) == Died(2, why)
    assert child.poll(0) == Died(2, why)
    assert not child.is_alive
    assert child.record == 2


def test_an_exception_crosses_without_its_text(child: Child) -> None:
    child.submit("misbehave", {"at": {"1": "say"}})

    event = finish(child)

    assert isinstance(event, Failed)
    assert (event.record, event.outcry.error, event.outcry.is_ours) == (1, "ValueError", False)
    assert "secret" not in repr(event)
    assert any("misbehaving_child.py" in step for step in event.outcry.where)


def test_our_own_error_crosses_with_its_reason_and_advice(child: Child) -> None:
    child.submit("misbehave", {"at": {"1": "object"}})

    event = finish(child)

    assert isinstance(event, Failed)
    assert event.outcry.is_ours
    assert event.outcry.reason == "truncated"
    assert event.outcry.message == "a picture ends too early"
    assert event.outcry.advice == "Fetch it again."


def test_an_unknown_task_fails_and_the_child_lives_on(child: Child) -> None:
    child.submit("no such task", {})
    assert isinstance(finish(child), Failed)

    child.submit("misbehave", {"records": 1})
    assert finish(child) == Answer(b"0")


def test_what_a_task_prints_does_not_disturb_the_answers(child: Child) -> None:
    child.submit("misbehave", {"at": {"1": "chatter"}})

    assert finish(child) == Answer(b"0,1,2,3")
    child.poll(0.1)
    assert "stray output" in child.complaints


def test_progress_names_the_record_and_beats(child: Child) -> None:
    child.submit("misbehave", {"at": {"2": "loop"}})
    time.sleep(0.5)

    event = child.poll(0)

    assert isinstance(event, Progress)
    assert event.record == 2
    assert event.beat > 0


def test_no_secret_is_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not a real one")
    monkeypatch.setenv("HOME", "/nowhere")
    monkeypatch.setenv("SAFEHOLD_ENGINE", "numpy")
    with Child(ARGV, LIMITS, environment={"GRANTED": "1"}) as child:
        child.submit("environment", {})
        answer = finish(child)

    assert isinstance(answer, Answer)
    names = answer.data.decode().split()
    assert not {"AWS_SECRET_ACCESS_KEY", "HOME"} & set(names)
    assert {"GRANTED", "SAFEHOLD_ENGINE"} <= set(names)


def test_a_child_cant_write_files(tmp_path: Path) -> None:
    outcome = run_one({"at": {"1": "write"}, "path": str(tmp_path / "escaped")})

    assert [skipped.record for skipped in outcome.skipped] == [1]
    assert not (tmp_path / "escaped").exists() or (tmp_path / "escaped").read_bytes() == b""


@pytest.mark.parametrize(
    ("fault", "needed", "version"),
    [
        ("remove", "landlock", 1),
        ("signal parent", "landlock", 6),
        ("parent's secrets", "landlock", 1),
        ("fork", "filters_calls", 1),
        ("program", "filters_calls", 1),
        ("socket", "filters_calls", 1),
    ],
)
def test_a_child_cant_reach_beyond_itself(child: Child, fault: str, needed: str, version: int, tmp_path: Path) -> None:
    child.wait_ready()
    if (child.confinement or {}).get(needed, 0) < version:  # type: ignore[operator]
        pytest.skip("this kernel can't")
    kept = tmp_path / "kept"
    kept.write_bytes(b"kept")

    outcome = run_one({"at": {"1": fault}, "path": str(kept)})

    assert outcome.skipped == (Skipped(1, GapReason.CRASHED, "PermissionError"),)
    assert kept.read_bytes() == b"kept"


@pytest.mark.skipif(not IS_LINUX, reason="the kernel's means are Linux's")
def test_sockets_stay_open_to_a_child_that_reads_over_the_network() -> None:
    with Child(ARGV, LIMITS, environment={NETWORK_VARIABLE: "1"}) as child:
        child.submit("misbehave", {"at": {"1": "socket"}})

        assert finish(child) == Answer(b"0,1,2,3")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("kill", GapReason.CRASHED),
        ("crash", GapReason.CRASHED),
        ("say", GapReason.CRASHED),
        ("memory", GapReason.OVER_LIMIT),
        ("loop", GapReason.TIMED_OUT),
        ("spin", GapReason.TIMED_OUT),
    ],
)
def test_a_poison_record_is_skipped_and_all_others_are_answered(fault: str, reason: GapReason) -> None:
    outcome = run_one({"at": {"2": fault}})

    assert outcome.data == b"0,1,3"
    assert [(skipped.record, skipped.reason) for skipped in outcome.skipped] == [(2, reason)]
    assert outcome.failure is None
    assert outcome.attempts == 3


def test_several_poison_records_are_each_skipped() -> None:
    outcome = run_one({"at": {"0": "kill", "2": "crash"}, "records": 5})

    assert outcome.data == b"1,3,4"
    assert {skipped.record for skipped in outcome.skipped} == {0, 2}


def test_records_that_were_to_be_skipped_from_the_start_stay_skipped() -> None:
    outcome = run_one({"at": {"2": "kill"}, "skip": [0, 1]})

    assert outcome.data == b"3"
    assert [skipped.record for skipped in outcome.skipped] == [2]


@pytest.mark.parametrize(("fault", "reason"), [("kill", GapReason.CRASHED), ("loop", GapReason.TIMED_OUT)])
def test_a_request_that_fails_twice_before_any_record_fails_as_a_whole(fault: str, reason: GapReason) -> None:
    outcome = run_one({"at": {"-1": fault}})

    assert outcome.failure is not None
    assert outcome.failure.reason is reason
    assert (outcome.data, outcome.attempts) == (b"", 2)


def test_our_own_error_fails_the_request_at_once() -> None:
    outcome = run_one({"at": {"1": "object"}})

    assert outcome.failure is not None
    assert outcome.failure.reason is GapReason.TRUNCATED
    assert outcome.failure.outcry is not None
    assert outcome.failure.outcry.advice == "Fetch it again."
    assert outcome.attempts == 1


def test_a_task_that_takes_no_notice_of_skips_ends_all_the_same() -> None:
    with Pool(ARGV, LIMITS, size=1) as pool:
        (outcome,) = pool.run("stubborn", [{}])

    assert outcome.failure is not None
    assert outcome.attempts == 3


def test_every_request_has_one_outcome_whatever_happens_to_others() -> None:
    requests = [{"at": {"1": "kill"}} if number % 3 == 0 else {"records": number} for number in range(8)]

    with Pool(ARGV, LIMITS, size=2) as pool:
        outcomes = {outcome.number: outcome for outcome in pool.run("misbehave", requests)}
        again = list(pool.run("misbehave", [{"records": 1}]))

    assert sorted(outcomes) == list(range(8))
    assert outcomes[5].data == b"0,1,2,3,4"
    assert [len(outcomes[number].skipped) for number in range(8)] == [1, 0, 0, 1, 0, 0, 1, 0]
    assert [outcome.data for outcome in again] == [b"0"]


def test_a_child_serves_so_many_requests_and_is_then_replaced() -> None:
    with Pool(ARGV, LIMITS, size=1, most_requests=2) as pool:
        served = [int(outcome.data) for outcome in pool.run("identity", [{}] * 3)]
        served += [int(outcome.data) for outcome in pool.run("identity", [{}])]
        assert not is_running(served[0])

    assert served[0] == served[1]
    assert served[2] == served[3] != served[0]
    assert MOST_REQUESTS == 64


def test_requests_are_taken_only_when_a_child_is_free() -> None:
    taken = []

    def requests() -> Iterator[dict[str, object]]:
        for number in range(6):
            taken.append(number)
            yield {"records": 1}

    with Pool(ARGV, LIMITS, size=2) as pool:
        outcomes = pool.run("misbehave", requests())
        next(outcomes)

        assert len(taken) <= 4, "two that ended at once, and two for the children that they left free"
        outcomes.close()  # type: ignore[attr-defined]


def test_no_requests_have_no_outcomes() -> None:
    with Pool(ARGV, LIMITS, size=2) as pool:
        assert list(pool.run("misbehave", [])) == []


def test_a_closed_pool_says_so() -> None:
    pool = Pool(ARGV, LIMITS, size=1)
    pool.close()

    with pytest.raises(PoolSpentError):
        list(pool.run("misbehave", [{}]))


@pytest.mark.parametrize("argv", [module_argv("safehold.no_such_module"), (sys.executable, "-c", "pass")])
def test_a_program_that_does_not_start_is_an_error_of_ours_not_an_endless_loop(argv: tuple[str, ...]) -> None:
    with Pool(argv, LIMITS, size=2) as pool, pytest.raises(ChildStartError) as caught:
        list(pool.run("misbehave", [{}, {}]))

    assert isinstance(caught.value, InternalError)
    assert caught.value.advice


def test_a_program_that_keeps_silent_is_given_up() -> None:
    with Child((sys.executable, "-c", "import time; time.sleep(60)"), LIMITS) as child:
        with pytest.raises(ChildStartError):
            child.wait_ready(0.5)

        assert not child.is_alive


def test_a_program_that_speaks_nonsense_is_given_up() -> None:
    program = (sys.executable, "-c", "print('hello, world, this is no message')")

    with Child(program, LIMITS) as child, pytest.raises(ChildStartError, match="broke the protocol"):
        child.wait_ready()


def test_stopping_a_child_twice_is_safe(child: Child) -> None:
    child.wait_ready()
    child.kill()
    child.kill()

    assert child.poll(0) == Died(-1, "was stopped")
    assert not is_running(child.pid)


def test_a_request_to_a_dead_child_is_a_death_not_an_exception(child: Child) -> None:
    child.wait_ready()
    os.kill(child.pid, signal.SIGKILL)
    time.sleep(0.2)

    child.submit("misbehave", {})

    assert isinstance(finish(child), Died)


PARENT = """
    import sys, time
    from safehold.media import Limits
    from safehold.media.sandbox import Child
    children = [Child({argv!r}, Limits()) for _ in range(2)]
    for child, fault in zip(children, ("spin", None)):
        child.wait_ready()
        if fault:
            child.submit("misbehave", {{"at": {{"1": fault}}}})
    print(*(child.pid for child in children), flush=True)
    time.sleep(60)
"""


def test_no_child_outlives_a_killed_parent() -> None:
    program = textwrap.dedent(PARENT).format(argv=ARGV)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        children = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(children) == 2
        assert all(is_running(pid) for pid in children)

        parent.kill()

    deadline = time.monotonic() + 10
    while any(is_running(pid) for pid in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(is_running(pid) for pid in children)
