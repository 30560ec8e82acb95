"""Jobs: what is to be done, under an id that is the same at every try, and when it is tried again."""

import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from safehold.home.errors import UnfitJobError

Payload: TypeAlias = Mapping[str, str | int | bool]
"""What a job is about: ids, digests, counts and single words; flat."""

_KIND = re.compile(r"[a-z][a-z_]*(\.[a-z][a-z_]*)*")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,47}")
_WORD = re.compile(r"[A-Za-z0-9_.:@#+=-]{0,128}")
_DETAIL_COUNT = 32
_LARGEST_INTEGER = 2**53 - 1
_JITTER_PERCENT = 25


@dataclass(frozen=True, slots=True)
class Job:
    """A job that a worker holds.

    Attributes:
        id: the same at every try: what makes a repeated effect harmless.
        kind: what is to be done, a dotted word: "webhook.deliver".
        payload: what it is about.
        attempt: which try this is, from 1.
        created_at: when it was put in, RFC 3339 in UTC.
        lease: which lease this is; it is lost when another worker gets the job.
    """

    id: str
    kind: str
    payload: Payload
    attempt: int
    created_at: str
    lease: str


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """That somebody has taken note of a dead job, and that it need not alarm anybody.

    Attributes:
        by: who.
        at: when, RFC 3339 in UTC.
        reason: why that is well, in one word.
    """

    by: str
    at: str
    reason: str


@dataclass(frozen=True, slots=True)
class DeadJob:
    """A job that is tried no more until a person asks for it.

    Attributes:
        id: of the job.
        kind: what was to be done.
        payload: what it was about.
        attempts: how often it was tried.
        reason: the last failure, in one word.
        created_at: when it was put in, RFC 3339 in UTC.
        died_at: when it was given up, likewise.
        acknowledged: who took note of it; None where nobody has.
    """

    id: str
    kind: str
    payload: Payload
    attempts: int
    reason: str
    created_at: str
    died_at: str
    acknowledged: Acknowledged | None = None


@dataclass(frozen=True, slots=True)
class Retries:
    """When a failed job is tried again: the wait doubles each time.

    Attributes:
        first_seconds: the wait after the first failure.
        longest_seconds: no wait is longer, but for a quarter more.
        attempts: how often a job is tried before it is dead. The default spreads 15 tries over 14 to 17 hours.
    """

    first_seconds: float = 5
    longest_seconds: float = 4 * 3600
    attempts: int = 15

    def wait(self, job_id: str, attempt: int) -> dt.timedelta:
        """Return how long to wait after this try, with up to a quarter more, so that jobs don't come back together.

        The share is drawn from the job's id and the try, so that the same job has the same plan everywhere.
        """
        doubled = min(self.first_seconds * 2.0 ** (attempt - 1), self.longest_seconds)
        drawn = hashlib.sha256(f"{job_id} {attempt}".encode()).digest()[0] % (_JITTER_PERCENT + 1)
        return dt.timedelta(seconds=doubled * (1 + drawn / 100))


def require_fit(kind: str, payload: Payload) -> None:
    """Refuse a job that could carry content: it lies in the database, and in backups, for as long as it is not done.

    Raises:
        UnfitJobError: which part is at fault, without what it holds.
    """
    if not _KIND.fullmatch(kind):
        raise _unfit("kind")
    if len(payload) > _DETAIL_COUNT:
        raise _unfit("number of details")
    for key, value in payload.items():
        if not _KEY.fullmatch(key):
            raise _unfit("name of a detail")
        fits = abs(value) <= _LARGEST_INTEGER if isinstance(value, int) else bool(_WORD.fullmatch(value))
        if not fits:
            raise _unfit(f"detail {key}")


def _unfit(part: str) -> UnfitJobError:
    return UnfitJobError(
        f"the {part} of a job may not go into the outbox: it holds more than an id, digest, count or word",
        advice="This is a defect of Safehold: please report it, without the value. Nothing was put in.",
    )
