"""The sandbox: decode untrusted media in child processes, and lose no more than a record when one dies.

Requests (JSON, and bytes where they carry some) enter a child's stdin; an answer (bytes) or a failure leaves on its
stdout. Nothing is ever unpickled. A child has limits on memory and time, can't write files, start programs or outlive
its parent; the parent believes nothing it says without checking its size.

The program of a child::

    serve({"scan": scan_shard})

and the parent::

    with Pool(module_argv("safehold.datasets.child"), Limits(), size=2) as pool:
        for outcome in pool.run("scan", requests):
            ...

A `Pool` works through many requests of one thread; a `Crew` serves single requests of many threads.
"""

from safehold.media.sandbox.child import Answer, Child, Died, Failed, Progress, module_argv
from safehold.media.sandbox.crew import Crew, Reply
from safehold.media.sandbox.inbox import Outcry
from safehold.media.sandbox.pool import Failure, Outcome, Pool, Skipped
from safehold.media.sandbox.serving import Announce, Request, Task, serve
from safehold.media.sandbox.terms import NETWORK_VARIABLE
from safehold.media.sandbox.wire import NO_RECORD

__all__ = [
    "NETWORK_VARIABLE",
    "NO_RECORD",
    "Announce",
    "Answer",
    "Child",
    "Crew",
    "Died",
    "Failed",
    "Failure",
    "Outcome",
    "Outcry",
    "Pool",
    "Progress",
    "Reply",
    "Request",
    "Skipped",
    "Task",
    "module_argv",
    "serve",
]
