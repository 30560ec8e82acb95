"""The port of remote classifiers: what is said or shown enters, a reading leaves; nothing is raised on failure."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from safehold.vocabulary import Finding, Gap, GapReason, MediaKind


class Failure(Enum):
    """Why an endpoint gave no usable answer; for counters and people who run it, never for callers."""

    TIMED_OUT = "timed_out"
    UNREACHABLE = "unreachable"
    REFUSED_ACCESS = "refused_access"
    OVERLOADED = "overloaded"
    BROKEN = "broken"
    REJECTED = "rejected"
    ANSWER_TOO_LARGE = "answer_too_large"
    ANSWER_UNUSABLE = "answer_unusable"
    OTHER_MODEL = "other_model"
    DECLINED = "declined"
    OVER_BUDGET = "over_budget"
    BREAKER_OPEN = "breaker_open"
    INPUT_TOO_LARGE = "input_too_large"
    INPUT_EMPTY = "input_empty"
    INPUT_UNSUPPORTED = "input_unsupported"

    @property
    def reason(self) -> GapReason:
        """Return the reason that a gap of this failure carries."""
        return _REASONS.get(self, GapReason.DETECTOR_FAILED)

    @property
    def is_of_endpoint(self) -> bool:
        """Return whether it tells of the endpoint, whatever was sent to it.

        Only such failures open a breaker: otherwise whoever finds an input that makes a model answer nonsense could
        switch the classifier off for everybody.
        """
        return self in _OF_ENDPOINT


_REASONS = {
    Failure.TIMED_OUT: GapReason.TIMED_OUT,
    Failure.INPUT_TOO_LARGE: GapReason.OVER_LIMIT,
    Failure.INPUT_EMPTY: GapReason.EMPTY,
    Failure.INPUT_UNSUPPORTED: GapReason.UNSUPPORTED_FORMAT,
}
_OF_ENDPOINT = frozenset(
    {Failure.TIMED_OUT, Failure.UNREACHABLE, Failure.REFUSED_ACCESS, Failure.OVERLOADED, Failure.BROKEN}
)


@dataclass(frozen=True, slots=True)
class Said:
    """One turn of what is to be judged.

    Attributes:
        role: "user", "assistant", "system" or "tool".
        text: what is said.
    """

    role: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RemoteReading:
    """What a remote classifier says of one text or picture.

    Attributes:
        version: the model as it named itself; the one that was asked for where it did not answer.
        findings: one score a concept, high and low alike; empty where there is a gap.
        gaps: one, where there was no usable answer; else none.
        failure: why there is a gap; None where there is none.
    """

    version: str
    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()
    failure: Failure | None = None


class RemoteClassifier(Protocol):
    """Judge texts and pictures somewhere else; threads may share one.

    Attributes:
        name: the detector's name in findings, gaps and policies.
        version: of the model, as it last named itself.
        concepts: what it can find.
        surfaces: where it is asked: "input", "output", "edit", "account".
        reads: TEXT, IMAGE or both.
        is_required: whether a gap of its counts whatever the policy requires.
        is_party: whether another company gets what it is asked about: it may not be sent pictures that a list knows.
    """

    @property
    def name(self) -> str: ...  # noqa: D102  said above, like the others
    @property
    def version(self) -> str: ...  # noqa: D102
    @property
    def concepts(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def surfaces(self) -> frozenset[str]: ...  # noqa: D102
    @property
    def reads(self) -> frozenset[MediaKind]: ...  # noqa: D102
    @property
    def is_required(self) -> bool: ...  # noqa: D102
    @property
    def is_party(self) -> bool: ...  # noqa: D102

    def read_text(self, turns: Sequence[Said], *, place: str = "") -> RemoteReading:
        """Judge a text or a conversation, oldest turn first; blocks for no longer than the endpoint's timeout."""
        ...

    def read_image(self, data: bytes, *, place: str = "") -> RemoteReading:
        """Judge one picture, in the bytes of its file; blocks for no longer than the endpoint's timeout."""
        ...


def read_all(
    classifiers: Sequence[RemoteClassifier], read: Callable[[RemoteClassifier], RemoteReading]
) -> tuple[RemoteReading, ...]:
    """Ask several at the same time, so that together they take as long as the slowest; readings in their order.

    Args:
        classifiers: whom to ask.
        read: the question, for instance ``lambda one: one.read_text(turns)``.
    """
    if len(classifiers) < 2:
        return tuple(read(one) for one in classifiers)
    with ThreadPoolExecutor(len(classifiers), thread_name_prefix="remote-classifier") as threads:
        return tuple(threads.map(read, classifiers))
