"""Remote classifiers: models that answer over HTTP, on the operator's own machines or a party's.

A chat or a picture enters; findings leave, or a gap: an answer that is late, unreadable, refused or out of range is
never "clean". Which endpoints there are, what each may be sent and what its categories mean stands in one reviewed
file. `HTTP` is spoken in :mod:`safehold.classification.remote.transport` alone, which needs the extra `server`.

    classifiers = load_remote(read_remote(path), environment, SystemClock())
    reading = classifiers[0].read_text((Said("user", "a red cube"),))
    reading.findings, reading.gaps
"""

from safehold.classification.remote.breaker import Breaker, BreakerState
from safehold.classification.remote.card import RemoteCard, remote_card
from safehold.classification.remote.endpoint import Endpoint
from safehold.classification.remote.errors import (
    RemoteKeyError,
    RemoteSettingsError,
    TransportMissingError,
)
from safehold.classification.remote.loading import load_remote, read_remote
from safehold.classification.remote.reading import Failure, RemoteClassifier, RemoteReading, Said, read_all
from safehold.classification.remote.terms import Protocol, RemoteTerms, RemoteTermsFile

__all__ = [
    "Breaker",
    "BreakerState",
    "Endpoint",
    "Failure",
    "Protocol",
    "RemoteCard",
    "RemoteClassifier",
    "RemoteKeyError",
    "RemoteReading",
    "RemoteSettingsError",
    "RemoteTerms",
    "RemoteTermsFile",
    "Said",
    "TransportMissingError",
    "load_remote",
    "read_all",
    "read_remote",
    "remote_card",
]
