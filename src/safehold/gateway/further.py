"""Further detectors: classifiers elsewhere, asked while our own look; late, failing or missing ones leave a gap.

They come through the port of `safehold.classification.remote`. A gap of one counts where the policy requires it by
name, or where it is registered as required; any other's is coverage, and says nothing against an item.

    asked = further.ask(item, kinds)
    further.collect(asked, required={"moderation"}, deadline=time.monotonic() + 5)
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from safehold.classification.remote import RemoteClassifier, RemoteReading, Said
from safehold.gateway.item import Item, ItemKind, Surface
from safehold.screening import Subject
from safehold.vocabulary import Gap, GapReason, MediaKind

_THREADS = 32
"""How many questions may be under way; more wait, and are late if they wait too long."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question under way.

    Attributes:
        classifier: who was asked.
        reading: its answer, when it comes.
    """

    classifier: RemoteClassifier
    reading: "Future[RemoteReading]"


class Further:
    """The further detectors of an installation; threads may share it.

    Args:
        classifiers: in the order of the settings.
    """

    def __init__(self, classifiers: Sequence[RemoteClassifier] = ()) -> None:
        self._classifiers = tuple(classifiers)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="further") if classifiers else None

    def close(self) -> None:
        """Wait for no further answer; repeating is safe."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)

    def ask(self, item: Item, kind: MediaKind, *, parties: bool = False) -> tuple[Asked, ...]:
        """Ask everybody who reads such an item on its surface, and return at once.

        Args:
            item: what it is about.
            kind: what its bytes are, TEXT where it is text.
            parties: whether to ask other companies about a picture, which must have been looked up; else all others.
        """
        if self._threads is None:
            return ()
        threads = self._threads
        return tuple(
            Asked(one, threads.submit(_read, one, item, kind)) for one in self._readers(item, kind, parties=parties)
        )

    def spared(self, item: Item, kind: MediaKind) -> dict[str, str]:
        """Return name to version of the companies that are told nothing of a picture, since a list may know it.

        Answers name them all the same: whoever saw that one was left out would know that a list had fired.
        """
        return {one.name: one.version for one in self._readers(item, kind, parties=True)}

    def _readers(self, item: Item, kind: MediaKind, *, parties: bool) -> Iterator[RemoteClassifier]:
        for one in self._classifiers:
            is_reader = item.kind.surface.value in one.surfaces and kind in one.reads
            if is_reader and parties is (one.is_party and kind is MediaKind.IMAGE):
                yield one

    @staticmethod
    def collect(asked: Sequence[Asked], *, required: frozenset[str], deadline: float) -> tuple[Subject, dict[str, str]]:
        """Return what was answered, with the versions of who was asked.

        Args:
            asked: the questions.
            required: the detectors that the policy requires.
            deadline: until when to wait, as `time.monotonic` counts.
        """
        subject, versions = Subject(frozenset()), {one.classifier.name: one.classifier.version for one in asked}
        for one in asked:
            read = _outcome(one, deadline)
            counts = one.classifier.is_required or one.classifier.name in required
            examined = frozenset() if read.gaps else frozenset({one.classifier.name})
            subject = Subject(
                frozenset(),
                (*subject.findings, *read.findings),
                (*subject.gaps, *(read.gaps if counts else ())),
                subject.examined | examined,
            )
            versions[one.classifier.name] = read.version
        return subject, versions


def _read(classifier: RemoteClassifier, item: Item, kind: MediaKind) -> RemoteReading:
    if kind is MediaKind.IMAGE:
        return classifier.read_image(item.data)
    role = "assistant" if item.kind.surface is Surface.OUTPUT else "user"
    if item.kind is ItemKind.MESSAGES:
        return classifier.read_text([Said(turn.role, turn.text) for turn in item.turns])
    text = item.text if item.kind.is_text else item.data.decode("utf-8", "replace")
    return classifier.read_text([Said(role, text)])


def _outcome(asked: Asked, deadline: float) -> RemoteReading:
    """Return an answer, or the gap that stands for what went wrong, whatever it was."""
    name, version = asked.classifier.name, asked.classifier.version
    try:
        error = asked.reading.exception(timeout=max(0.0, deadline - time.monotonic()))
    except TimeoutError:
        asked.reading.cancel()
        return RemoteReading(version, gaps=(Gap(name, GapReason.TIMED_OUT),))
    if error is not None:
        return RemoteReading(version, gaps=(Gap(name, GapReason.DETECTOR_FAILED),))
    return asked.reading.result()
