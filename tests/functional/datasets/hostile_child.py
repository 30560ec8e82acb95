"""A decoding child that does what the key of a record says: the program behind the isolation tests."""

import os
import signal
import sys
import time
from typing import Any

import numpy as np

from safehold.datasets.scan import child
from safehold.datasets.scan.examination import examine
from safehold.datasets.scan.observation import Observation
from safehold.datasets.sources import Record
from safehold.media.sandbox import serve


def misbehave(key: str) -> None:
    if "kill" in key:
        os.kill(os.getpid(), signal.SIGKILL)
    if "hang" in key:
        time.sleep(3600)
    if "swell" in key:
        np.ones(8 << 30, np.uint8)
    if "raise" in key:
        raise ValueError("the secret caption")


def examine_badly(record: Record, *arguments: Any, **options: Any) -> Observation:
    """Examine as ever, but a record that is to be opened does what its key says first."""
    if options.get("poison") is None:
        misbehave(record.key)
    return examine(record, *arguments, **options)


if __name__ == "__main__":
    child.examine = examine_badly
    answers = {"": child._serve_scan, "nonsense": lambda _request, _announce: b"ARROW1 no such part"}
    serve({child.TASK: answers["".join(sys.argv[1:])]})
