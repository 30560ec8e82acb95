"""How many requests a key may make of one process: a bucket for each that fills at a steady rate.

wait = allowances.take("key-id", 100)        # 0.0: go on; else the seconds until the next one
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

BURST_SECONDS = 2.0
"""A key that was silent may make this many seconds' worth at once."""


@dataclass(slots=True)
class _Bucket:
    filled: float
    at: float


class Allowances:
    """Buckets by key, on one event loop.

    Args:
        monotonic: tells seconds that only grow.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._buckets: dict[str, _Bucket] = {}

    def take(self, key: str, per_second: float) -> float:
        """Take one request from a key's bucket.

        Args:
            key: whose; only known keys, so that there are no more buckets than keys.
            per_second: how fast it fills.

        Returns:
            0.0 where one was there, else after how many seconds one will be.
        """
        now = self._monotonic()
        full = max(1.0, per_second * BURST_SECONDS)
        bucket = self._buckets.setdefault(key, _Bucket(full, now))
        bucket.filled = min(full, bucket.filled + (now - bucket.at) * per_second)
        bucket.at = now
        if bucket.filled >= 1:
            bucket.filled -= 1
            return 0.0
        return (1 - bucket.filled) / per_second
