"""What every remote classifier keeps to, over loopback: an answer that can't be used is a gap, never clean."""

import io
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from PIL import Image

from safehold.classification.remote import (
    Endpoint,
    Failure,
    Protocol,
    RemoteTermsFile,
    Said,
    load_remote,
    read_all,
)
from safehold.classification.remote.sandbox import MODEL, Fault, SandboxEndpoint
from safehold.vocabulary import FindingKind, GapReason, MediaKind, SystemClock

SHORT = 0.25
"""A timeout that is meant to be reached; any other is long, since the machine may be busy."""
PHRASE = "red cube"
CATEGORIES = {
    Protocol.OPENAI_MODERATION: "shapes/cubes",
    Protocol.LLAMA_GUARD: "S4",
    Protocol.POLICY_PROMPT: "C1",
}
KEY = "canary-of-the-key"


@pytest.fixture(params=list(Protocol), ids=lambda protocol: protocol.value)
def protocol(request: pytest.FixtureRequest) -> Protocol:
    found: Protocol = request.param
    return found


@pytest.fixture
def sandbox(protocol: Protocol) -> Iterator[SandboxEndpoint]:
    category = CATEGORIES[protocol]
    with SandboxEndpoint({PHRASE: category}, picture_category=category, slow_seconds=2) as running:
        yield running


def terms_of(protocol: Protocol, url: str, folder: Path) -> dict[str, object]:
    category = CATEGORIES[protocol]
    terms: dict[str, object] = {
        "name": "far-away",
        "protocol": protocol.value,
        "url": url,
        "model": MODEL,
        "operated_by": "own",
        "key": {"variable": "FAR_KEY"},
        "surfaces": ["input"],
        "text": {category: "red_cube"},
        "timeout_seconds": 10,
        "largest_answer_bytes": 4096,
    }
    if protocol is Protocol.POLICY_PROMPT:
        policy = folder / "policy.txt"
        policy.write_text("C1 is whatever names a red cube.")
        terms["policy_file"] = policy
    else:
        terms["image"] = {category: "red_cube"}
    return terms


Open = Callable[..., Endpoint]


@pytest.fixture
def opened(protocol: Protocol, sandbox: SandboxEndpoint, tmp_path: Path) -> Iterator[Open]:
    with ExitStack() as stack:

        def open_one(**changed: object) -> Endpoint:
            terms = {**terms_of(protocol, sandbox.url, tmp_path), **changed}
            file = RemoteTermsFile.model_validate({"format": "safehold.remote/1", "classifiers": [terms]})
            (endpoint,) = load_remote(file, {"FAR_KEY": KEY}, SystemClock())
            stack.callback(endpoint.close)
            return endpoint

        yield open_one


@pytest.fixture
def classifier(opened: Open) -> Endpoint:
    return opened()


def said(text: str) -> tuple[Said, ...]:
    return (Said("user", text),)


def picture() -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(held, "PNG")
    return held.getvalue()


def test_what_it_finds_is_a_score_by_the_model_that_answered(classifier: Endpoint, sandbox: SandboxEndpoint) -> None:
    reading = classifier.read_text(said("a red cube"), place="caption")
    (finding,) = reading.findings
    assert (reading.gaps, reading.failure, reading.version) == ((), None, MODEL)
    assert (finding.kind, finding.detector, finding.subject) == (FindingKind.SCORE, "far-away", "red_cube")
    assert (finding.reference, finding.place) == (f"far-away@{MODEL}", "caption")
    assert finding.value is not None
    assert finding.value > 0.9
    assert sandbox.keys == [f"Bearer {KEY}"]


def test_what_it_does_not_find_is_a_low_score_and_not_silence(classifier: Endpoint) -> None:
    (finding,) = classifier.read_text(said("a blue ball")).findings
    assert finding.value is not None
    assert finding.value < 0.1


def test_turns_are_judged_together(classifier: Endpoint) -> None:
    turns = (Said("system", "be kind"), Said("user", "a red cube"), Said("assistant", "here"), Said("user", "and?"))
    (finding,) = classifier.read_text(turns).findings
    assert finding.value is not None
    assert finding.value > 0.9


def test_a_picture_is_judged_or_said_not_to_be(classifier: Endpoint, sandbox: SandboxEndpoint) -> None:
    reading = classifier.read_image(picture())
    if MediaKind.IMAGE in classifier.reads:
        assert [finding.subject for finding in reading.findings] == ["red_cube"]
    else:
        assert [gap.reason for gap in reading.gaps] == [GapReason.UNSUPPORTED_FORMAT]
        assert sandbox.asked == []


EXPECTED = {
    Fault.SLOW: Failure.TIMED_OUT,
    Fault.DRIPS: Failure.TIMED_OUT,
    Fault.HANGS_UP: Failure.UNREACHABLE,
    Fault.SERVER_ERROR: Failure.BROKEN,
    Fault.BUSY: Failure.OVERLOADED,
    Fault.FORBIDDEN: Failure.REFUSED_ACCESS,
    Fault.REJECTS: Failure.REJECTED,
    Fault.REDIRECTS: Failure.REJECTED,
    Fault.GARBAGE: Failure.ANSWER_UNUSABLE,
    Fault.EMPTY: Failure.ANSWER_UNUSABLE,
    Fault.HUGE: Failure.ANSWER_TOO_LARGE,
    Fault.WRONG_SCHEMA: Failure.ANSWER_UNUSABLE,
    Fault.CUT_OFF: Failure.ANSWER_UNUSABLE,
    Fault.TALKS: Failure.ANSWER_UNUSABLE,
    Fault.NOT_A_NUMBER: Failure.ANSWER_UNUSABLE,
    Fault.OUT_OF_RANGE: Failure.ANSWER_UNUSABLE,
    Fault.REPEATED_KEY: Failure.ANSWER_UNUSABLE,
    Fault.OTHER_MODEL: Failure.OTHER_MODEL,
}


@pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.value)
def test_a_misbehaving_endpoint_is_a_gap_in_time(opened: Open, sandbox: SandboxEndpoint, fault: Fault) -> None:
    late = fault in {Fault.SLOW, Fault.DRIPS}
    classifier = opened(timeout_seconds=SHORT) if late else opened()
    sandbox.misbehave(fault)
    started = time.monotonic()
    reading = classifier.read_text(said("a blue ball"))
    assert time.monotonic() - started < (sandbox.slow_seconds if late else 10)
    assert reading.findings == ()
    (gap,) = reading.gaps
    assert (gap.detector, gap.reason) == (
        "far-away",
        GapReason.TIMED_OUT if late else GapReason.DETECTOR_FAILED,
    )
    assert reading.failure in (
        {EXPECTED.get(fault)} if fault in EXPECTED else {Failure.DECLINED, Failure.ANSWER_UNUSABLE}
    )


def test_after_a_fault_it_answers_again(classifier: Endpoint, sandbox: SandboxEndpoint) -> None:
    for fault in (Fault.HANGS_UP, Fault.HUGE, Fault.GARBAGE):
        sandbox.misbehave(fault)
        assert classifier.read_text(said("a blue ball")).gaps
    sandbox.misbehave(None)
    assert classifier.read_text(said("a red cube")).findings
    assert classifier.outcomes()["answered"] == 1


def test_nobody_there_is_a_gap(opened: Open) -> None:
    with SandboxEndpoint() as ended:
        url = ended.url
    reading = opened(url=url).read_text(said("a red cube"))
    assert (reading.findings, reading.failure) == ((), Failure.UNREACHABLE)


def test_an_endpoint_that_keeps_failing_is_left_alone(opened: Open, sandbox: SandboxEndpoint) -> None:
    classifier = opened(breaker={"failures": 2, "seconds": 600})
    sandbox.misbehave(Fault.SERVER_ERROR)
    failures = [classifier.read_text(said("a blue ball")).failure for _ in range(4)]
    assert failures == [Failure.BROKEN, Failure.BROKEN, Failure.BREAKER_OPEN, Failure.BREAKER_OPEN]
    assert len(sandbox.asked) == 2


def test_answers_that_an_input_spoils_open_no_breaker(opened: Open, sandbox: SandboxEndpoint) -> None:
    classifier = opened(breaker={"failures": 1, "seconds": 600})
    for fault in (Fault.GARBAGE, Fault.DECLINES, Fault.REJECTS, Fault.TALKS, Fault.HUGE):
        sandbox.misbehave(fault)
        assert classifier.read_text(said("a blue ball")).gaps
    sandbox.misbehave(None)
    assert classifier.read_text(said("a red cube")).findings


def test_a_spent_budget_is_a_gap_without_a_call(opened: Open, sandbox: SandboxEndpoint) -> None:
    classifier = opened(calls_per_minute=2)
    failures = [classifier.read_text(said("a blue ball")).failure for _ in range(3)]
    assert failures == [None, None, Failure.OVER_BUDGET]
    assert len(sandbox.asked) == 2


def test_more_questions_at_a_time_than_allowed_wait_no_longer_than_the_timeout(
    opened: Open, sandbox: SandboxEndpoint
) -> None:
    classifier = opened(concurrent=1, timeout_seconds=SHORT)
    sandbox.misbehave(Fault.SLOW)
    started = time.monotonic()
    readings = read_all([classifier] * 4, lambda one: one.read_text(said("a blue ball")))
    assert time.monotonic() - started < sandbox.slow_seconds
    assert {reading.failure for reading in readings} <= {Failure.TIMED_OUT, Failure.OVER_BUDGET}
    assert all(reading.gaps and not reading.findings for reading in readings)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", GapReason.EMPTY), (" \n", GapReason.EMPTY), ("x" * 101, GapReason.OVER_LIMIT)],
)
def test_what_must_not_be_sent_is_a_gap_and_not_cut(
    text: str, reason: GapReason, opened: Open, sandbox: SandboxEndpoint
) -> None:
    classifier = opened(largest_characters=100)
    assert [gap.reason for gap in classifier.read_text(said(text)).gaps] == [reason]
    assert sandbox.asked == []


def test_any_text_can_be_asked_about(classifier: Endpoint) -> None:
    assert classifier.read_text(said('a "red cube" \ud800 \x00 ثقب \U0001f9ca')).findings


def test_neither_content_nor_key_nor_address_shows(
    classifier: Endpoint, sandbox: SandboxEndpoint, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("WARNING")
    readings = []
    for fault in (Fault.GARBAGE, Fault.OTHER_MODEL, Fault.SERVER_ERROR, None):
        sandbox.misbehave(fault)
        readings.append(classifier.read_text(said("canary-of-the-text")))
    seen = f"{classifier!r} {readings!r} {classifier.outcomes()!r} {caplog.text} {capsys.readouterr()}"
    assert "canary" not in seen
    assert "127.0.0.1" not in seen
    assert "canary" not in repr(Said("user", "canary-of-the-text"))
