"""What may enter the ledger: ids, digests, counts, versions, booleans and single words; nothing that could be content.

The ledger is kept for ever and published. So the shape of a value is the guard: no spaces, slashes or backslashes, no
dots but those of a version number, bounded length. A file name, a path, a web or mail address, a sentence can't pass.
"""

import re
from collections.abc import Sequence

from safehold.ledger.canonical import LARGEST_INTEGER
from safehold.ledger.errors import UnfitEventError
from safehold.ledger.keychain import KEY_EVENTS
from safehold.vocabulary import Event

WORD_LENGTH = 64
DIGEST_LENGTH = 128
DETAIL_COUNT = 32

_KIND = re.compile(r"[a-z][a-z_]*(\.[a-z][a-z_]*)+")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,47}")
_DIGEST = re.compile(r"[0-9a-f]*")
_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:@#+=-]*")
_POLICY = re.compile(r"(?P<word>[^ ]+)( sha256:[0-9a-f]{64})?")
_DOTTED = re.compile(r"[A-Za-z0-9]*(?:\.[A-Za-z0-9]*)+")
_VERSION = re.compile(r"v?\d{1,4}(\.\d{1,4}){1,2}(\.?(a|b|rc|dev|post)\d{1,4})?|v?\d{1,4}(\.dev|\.post)\d{1,4}")
_LABEL = re.compile(r"(alpha|beta|rc|pre|dev|post)\.\d{1,4}")


def is_fit(value: str) -> bool:
    """Return whether a text may be a detail or an actor: a digest, an id, a version or a single word.

    Rooms that let a person choose a name (of a bank, a custodian) ask this before they accept it.
    """
    if _DIGEST.fullmatch(value):
        return len(value) <= DIGEST_LENGTH
    if len(value) > WORD_LENGTH or not _WORD.fullmatch(value) or "::" in value:
        return False
    return "." not in value or all(_VERSION.fullmatch(run) or _LABEL.fullmatch(run) for run in _DOTTED.findall(value))


def admit_all(events: Sequence[Event]) -> None:
    """Refuse events of the other rooms that could carry content, or that only the ledger itself may record.

    Raises:
        UnfitEventError: which field is at fault, without what it holds.
    """
    for event in events:
        admit(event)
        if event.kind in KEY_EVENTS:
            raise UnfitEventError(
                "only the ledger itself records changes of its key", advice="This is a defect of Safehold: report it."
            )


def admit(event: Event) -> None:
    """Refuse an event that could carry content.

    Raises:
        UnfitEventError: which field is at fault, without what it holds.
    """
    if len(event.kind) > WORD_LENGTH or not _KIND.fullmatch(event.kind):
        raise _unfit("kind")
    if not event.actor or not is_fit(event.actor):
        raise _unfit("actor")
    policy = _POLICY.fullmatch(event.policy)
    if event.policy and not (policy and is_fit(policy["word"])):
        raise _unfit("policy")
    if len(event.details) > DETAIL_COUNT:
        raise _unfit("number of details")
    for key, value in event.details.items():
        _admit_detail(key, value)


def _admit_detail(key: object, value: object) -> None:
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise _unfit("name of a detail")
    if isinstance(value, int):  # bool is one
        if abs(value) > LARGEST_INTEGER:
            raise _unfit(f"detail {key}")
    elif not isinstance(value, str) or not is_fit(value):
        raise _unfit(f"detail {key}")


def _unfit(field: str) -> UnfitEventError:
    return UnfitEventError(
        f"the {field} of an event may not go into the ledger: it holds more than an id, digest, count, version or word",
        advice="This is a defect of Safehold: please report it, without the value. Nothing was recorded.",
    )
