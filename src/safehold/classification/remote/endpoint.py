"""An endpoint as a classifier: a dialect and a transport behind limits, a budget and a breaker.

Every question goes these ways, and whatever stops it is a gap:

1. what the endpoint must not or need not be sent is not sent: empty, too large, no picture of a known kind;
2. an open breaker and a spent budget stop it; a free place is waited for within the timeout;
3. the answer is taken within the timeout and the size limit, by the strict reader of its dialect;
4. the outcome goes to the breaker, if it tells of the endpoint, and into the counts.
"""

import base64
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from threading import BoundedSemaphore, Lock
from typing import Any, Protocol

from safehold.classification.remote.answers import NoAnswerError, answered_model, mapping, strict_json
from safehold.classification.remote.breaker import Breaker, BreakerState
from safehold.classification.remote.budget import Budget
from safehold.classification.remote.dialect import Dialect
from safehold.classification.remote.reading import Failure, RemoteReading, Said
from safehold.classification.remote.terms import OperatedBy, RemoteTerms
from safehold.vocabulary import Clock, Finding, FindingKind, Fraction, Gap, MediaKind

_PICTURES = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"GIF8", "image/gif"))


class Line(Protocol):
    """How questions get there: `Transport`, in anything that is not a test."""

    def post(self, body: bytes, *, until: float, most: int) -> bytes:
        """Return the answer's bytes; `NoAnswerError` where there is none by then, or it is longer."""
        ...

    def close(self) -> None:
        """Close what is open."""
        ...


class Endpoint:
    """One remote classifier; threads may share it.

    Args:
        terms: what it may be sent, and its limits.
        dialect: of its protocol.
        line: the way there.
        clock: for budget and breaker.
    """

    def __init__(self, terms: RemoteTerms, dialect: Dialect, line: Line, clock: Clock) -> None:
        self._terms = terms
        self._dialect = dialect
        self._line = line
        self._accepted = terms.answers_as or (terms.model,)
        self._breaker = Breaker(clock, failures=terms.breaker.failures, seconds=terms.breaker.seconds)
        self._budget = Budget(clock, terms.calls_per_minute)
        self._places = BoundedSemaphore(terms.concurrent)
        self._version = terms.model
        self._outcomes: Counter[str] = Counter()
        self._lock = Lock()

    def __repr__(self) -> str:
        """Return the name alone: no address, no key."""
        return f"Endpoint({self.name!r})"

    @property
    def name(self) -> str:
        """Return the detector's name."""
        return self._terms.name

    @property
    def version(self) -> str:
        """Return the model as it last named itself; the one that is asked for, before it ever answered."""
        return self._version

    @property
    def concepts(self) -> tuple[str, ...]:
        """Return what it can find."""
        return tuple(sorted({*self._terms.text.values(), *self._terms.image.values()}))

    @property
    def surfaces(self) -> frozenset[str]:
        """Return where it is asked."""
        return frozenset(self._terms.surfaces)

    @property
    def reads(self) -> frozenset[MediaKind]:
        """Return what it is sent."""
        kinds = {MediaKind.TEXT: self._terms.text, MediaKind.IMAGE: self._terms.image}
        return frozenset(kind for kind, mapped in kinds.items() if mapped)

    @property
    def is_required(self) -> bool:
        """Return whether its gaps count whatever the policy requires."""
        return self._terms.required

    @property
    def is_party(self) -> bool:
        """Return whether another company gets what it is asked about."""
        return self._terms.operated_by is OperatedBy.PARTY

    @property
    def breaker(self) -> BreakerState:
        """Return whether questions go through."""
        return self._breaker.state

    def outcomes(self) -> Mapping[str, int]:
        """Return how often it "answered", and how often each failure happened; for metrics."""
        with self._lock:
            return dict(self._outcomes)

    def read_text(self, turns: Sequence[Said], *, place: str = "") -> RemoteReading:
        """Judge a text or a conversation, oldest turn first."""
        characters = sum(len(turn.text) for turn in turns)
        if not any(turn.text.strip() for turn in turns):
            return self._gap(Failure.INPUT_EMPTY, place)
        if not self._terms.text:
            return self._gap(Failure.INPUT_UNSUPPORTED, place)
        if characters > self._terms.largest_characters:
            return self._gap(Failure.INPUT_TOO_LARGE, place)
        return self._read(lambda: self._dialect.ask_text(turns), place, is_image=False)

    def read_image(self, data: bytes, *, place: str = "") -> RemoteReading:
        """Judge one picture, in the bytes of its JPEG, PNG, GIF or WebP file."""
        kind = _kind_of(data)
        if not data:
            return self._gap(Failure.INPUT_EMPTY, place)
        if not self._terms.image or not kind:
            return self._gap(Failure.INPUT_UNSUPPORTED, place)
        if len(data) > self._terms.largest_image_bytes:
            return self._gap(Failure.INPUT_TOO_LARGE, place)
        return self._read(
            lambda: self._dialect.ask_image(f"data:{kind};base64,{base64.b64encode(data).decode()}"),
            place,
            is_image=True,
        )

    def close(self) -> None:
        """Close the connections; a question afterwards opens new ones."""
        self._line.close()

    def _read(self, question: Callable[[], dict[str, Any]], place: str, *, is_image: bool) -> RemoteReading:
        until = time.monotonic() + self._terms.timeout_seconds
        if not self._places.acquire(timeout=self._terms.timeout_seconds):
            return self._gap(Failure.OVER_BUDGET, place)
        try:
            return self._admitted(question, place, until, is_image=is_image)
        finally:
            self._places.release()

    def _admitted(
        self, question: Callable[[], dict[str, Any]], place: str, until: float, *, is_image: bool
    ) -> RemoteReading:
        if not self._breaker.admits():
            return self._gap(Failure.BREAKER_OPEN, place)
        if not self._budget.take():
            self._breaker.left()
            return self._gap(Failure.OVER_BUDGET, place)
        settle = self._breaker.left
        try:
            model, scores = self._asked(question(), until, is_image=is_image)
            settle = self._breaker.succeeded
        except NoAnswerError as error:
            if error.failure.is_of_endpoint:
                settle = self._breaker.failed
            return self._gap(error.failure, place)
        finally:
            settle()
        self._count("answered")
        self._version = model
        return RemoteReading(model, tuple(self._findings(model, scores, place)))

    def _asked(self, question: dict[str, Any], until: float, *, is_image: bool) -> tuple[str, Mapping[str, float]]:
        # Lone surrogates, which no UTF-8 can carry, become question marks for the model; our own rules see them.
        body = json.dumps(question, ensure_ascii=False).encode("utf-8", "replace")
        answer = mapping(strict_json(self._line.post(body, until=until, most=self._terms.largest_answer_bytes)))
        model = answered_model(answer, self._accepted)
        return model, self._dialect.scores(answer, is_image=is_image)

    def _findings(self, model: str, scores: Mapping[str, float], place: str) -> list[Finding]:
        reference = f"{self.name}@{model}"
        return [
            Finding(FindingKind.SCORE, self.name, concept, reference, value=Fraction(value), place=place)
            for concept, value in sorted(scores.items())
        ]

    def _gap(self, failure: Failure, place: str) -> RemoteReading:
        self._count(failure.value)
        return RemoteReading(self._version, gaps=(Gap(self.name, failure.reason, place),), failure=failure)

    def _count(self, outcome: str) -> None:
        with self._lock:
            self._outcomes[outcome] += 1


def _kind_of(data: bytes) -> str:
    """Return the media type by the first bytes; "" for what remote models are not sent."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _PICTURES if data.startswith(start)), "")
