"""Whatever an endpoint answers: a score between 0 and 1 for every concept, or a gap. Never silence, never an error."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safehold.classification.remote import Endpoint, Protocol, RemoteTerms, Said
from safehold.classification.remote.answers import NoAnswerError
from safehold.classification.remote.dialect import Dialect
from safehold.classification.remote.loading import dialect_of
from safehold.classification.remote.reading import Failure
from safehold.vocabulary import SystemClock

TEXT = {"A": "red_cube", "B": "blue_ball"}


class Answering:
    """A line at whose end somebody answers these bytes."""

    def __init__(self) -> None:
        self.answer = b""

    def post(self, body: bytes, *, until: float, most: int) -> bytes:
        del body, until
        if len(self.answer) > most:
            raise NoAnswerError(Failure.ANSWER_TOO_LARGE)
        return self.answer

    def close(self) -> None:
        """Close nothing."""


def terms(protocol: Protocol, policy_file: Path | None) -> RemoteTerms:
    given = {"name": "far", "url": "http://127.0.0.1/v1", "model": "m", "operated_by": "own", "surfaces": ["input"]}
    budget = {"calls_per_minute": 1_000_000}
    return RemoteTerms.model_validate(
        {**given, **budget, "protocol": protocol.value, "text": TEXT, "policy_file": policy_file}
    )


def dialect(protocol: Protocol) -> tuple[RemoteTerms, Dialect]:
    with TemporaryDirectory() as folder:
        policy = Path(folder, "policy.txt")
        policy.write_text("A is a red cube, B a blue ball.")
        asked = terms(protocol, policy if protocol is Protocol.POLICY_PROMPT else None)
        return asked, dialect_of(asked)


SCALARS = (
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats() | st.sampled_from(["safe", "unsafe\nA", "m", "A"])
)
WORDS = st.sampled_from(
    ["model", "results", "category_scores", "categories", "choices", "message", "content", "finish_reason", "A", "B"]
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=4))
SCORES = st.fixed_dictionaries(dict.fromkeys(TEXT, st.floats(0, 1) | st.floats(0, 1) | SCALARS))
SAID = st.one_of(
    SCALARS,
    st.sampled_from(['{"violation": 1, "categories": ["B"]}', '{"violation": 0, "categories": []}', "safe"]),
    st.sampled_from(["unsafe\nA,B", "unsafe\nS9", "unsafe\n", "safe\nunsafe\nA", "unsafe", "safe."]),
    st.fixed_dictionaries({"violation": SCALARS, "categories": st.lists(SCALARS, max_size=2)}).map(json.dumps),
)
REASONS = st.sampled_from(["stop", "stop", "length", None])
CHOICES = st.builds(lambda said, reason: [{"message": {"content": said}, "finish_reason": reason}], SAID, REASONS)
NEARLY = st.fixed_dictionaries(
    {
        "model": st.sampled_from(["m", "m", "m2"]),
        "results": st.builds(lambda scores: [{"category_scores": scores}], SCORES) | JSON,
        "choices": CHOICES | JSON,
    }
)
ANSWERS = st.binary(max_size=40) | (JSON | NEARLY | NEARLY).map(lambda value: json.dumps(value).encode())


def said(content: str) -> dict[str, object]:
    return {"choices": [{"message": {"content": content}, "finish_reason": "stop"}]}


RIGHT: dict[Protocol, dict[str, object]] = {
    Protocol.OPENAI_MODERATION: {"results": [{"category_scores": {"A": 0, "B": 1}}]},
    Protocol.LLAMA_GUARD: said("unsafe\nA"),
    Protocol.POLICY_PROMPT: said('{"violation": 1, "categories": ["A"]}'),
}


@pytest.mark.parametrize("protocol", list(Protocol), ids=lambda protocol: protocol.value)
def test_an_answer_is_scores_for_every_concept_or_a_gap(protocol: Protocol) -> None:
    line = Answering()
    endpoint = Endpoint(*dialect(protocol), line, SystemClock())

    @given(ANSWERS)
    @settings(max_examples=150, deadline=None)
    def ask(answer: bytes) -> None:
        line.answer = answer
        reading = endpoint.read_text((Said("user", "a red cube"),))
        if reading.gaps:
            assert (reading.findings, len(reading.gaps)) == ((), 1)
            assert reading.failure is not None
            return
        assert [finding.subject for finding in reading.findings] == ["blue_ball", "red_cube"]
        assert all(finding.value is not None and 0 <= finding.value <= 1 for finding in reading.findings)
        assert json.loads(answer)["model"] == "m"

    ask()
    line.answer = json.dumps({"model": "m"} | RIGHT[protocol]).encode()
    assert endpoint.read_text((Said("user", "a red cube"),)).failure is None
