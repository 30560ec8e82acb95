"""The gateway's decoding child: the bytes of one item in, what can be seen of them out, as JSON.

Run as ``python -m safehold.gateway.media_child`` by a crew, under the sandbox's limits. It has no home, no index and no
way to write a file. What it answers is validated by `safehold.gateway.media` before anything is done with it.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

from safehold.classification import Classifier, load_classifiers
from safehold.examination import Examiner, Notes, ObservedMember
from safehold.gateway.media_wire import MediaTerms, encode
from safehold.media.sandbox import Announce, Request, Task, serve
from safehold.vocabulary import GapReason

CHILD_MODULE = "safehold.gateway.media_child"
TASK = "examine"


def examine(
    data: bytes | memoryview, terms: MediaTerms, classifiers: Sequence[Classifier], announce: Announce
) -> bytes:
    """Return what is seen of an item; whatever a decoder throws costs the opening of it and nothing else.

    Args:
        data: all of it.
        terms: how.
        classifiers: the loaded image classifiers.
        announce: is told that work goes on.
    """
    announce(0)
    beat = partial(announce, 0)
    try:
        return encode(*_seen(data, terms, classifiers, beat))
    except MemoryError:
        return encode(*_seen(data, terms, (), beat, poison=GapReason.OVER_LIMIT))
    except Exception:  # noqa: BLE001  # the worker loop: the fault becomes a gap, never a pass
        return encode(*_seen(data, terms, (), beat, poison=GapReason.DETECTOR_FAILED))


def _seen(
    data: bytes | memoryview,
    terms: MediaTerms,
    classifiers: Sequence[Classifier],
    beat: Callable[[], object],
    *,
    poison: GapReason | None = None,
) -> tuple[ObservedMember, Notes]:
    notes = Notes(beat)
    return Examiner(terms, classifiers, poison).examine(data, "", notes), notes


def _task() -> Task:
    """Return the task; the classifiers stay loaded from one request to the next."""
    loaded: dict[tuple[str, ...], tuple[Classifier, ...]] = {}

    def work(request: Request, announce: Announce) -> bytes:
        terms = MediaTerms.from_json(request["terms"])
        if terms.classifiers not in loaded:
            loaded[terms.classifiers] = load_classifiers(terms.classifiers)
        data = cast("memoryview", request.get("data", memoryview(b"")))
        return examine(data, terms, loaded[terms.classifiers], announce)

    return work


if __name__ == "__main__":
    serve({TASK: _task()})
