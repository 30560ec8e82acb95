"""Verification: what a receiver does with a delivery before it believes it. Pure; needs nothing of a server.

1. the signature is one of the sender's key over id, time and the whole body;
2. it was signed within five minutes of now, so that an old one can't be sent again;
3. its id was not seen before, so that a fresh one can't be sent again either.

What the caller still owes: put a delivery's id in when what follows from it is done, best in one transaction with it,
and keep the ids for a day at least: the tries of one delivery, each freshly signed, are spread over up to 17 hours. One
that was seen is answered with 200: the sender tries again until it hears that it was taken.

    delivered = verify(request.headers, body, public_keys=["whpk_..."], now=datetime.now(UTC), seen=ids)
"""

import datetime as dt
import json
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from safehold.service.webhooks.errors import DeliveryRefusedError, DeliverySeenError, DeliveryStaleError
from safehold.service.webhooks.signature import ID, SIGNATURE, TIMESTAMP, is_signed, signed_bytes

WINDOW_SECONDS = 300
"""How far a delivery's time may be from ours, either way, the end included; the Standard Webhooks libraries' choice."""

_DIGITS = 12
"""Until the year 33658."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """A delivery that was verified.

    Attributes:
        id: the same at every try; remember it.
        sent_at: when this try was sent, to the second.
        kind: of what happened: "check.answered".
        about: ids and words that say to what; ask the service for more.
    """

    id: str
    sent_at: dt.datetime
    kind: str
    about: Mapping[str, object]


def verify(
    headers: Mapping[str, str],
    body: bytes,
    *,
    public_keys: Iterable[str],
    now: dt.datetime,
    seen: Container[str] = (),
) -> Delivered:
    """Return what was delivered, once it is sure that it is genuine, fresh and new.

    Args:
        headers: of the request; upper and lower case are one.
        body: of the request, exactly as it came.
        public_keys: the sender's, ``whpk_...``; two while it changes.
        now: aware.
        seen: ids of deliveries that were taken.

    Raises:
        DeliveryRefusedError: it is not the sender's, or not whole.
        DeliveryStaleError: its time is too far from ours.
        DeliverySeenError: it was taken before.
        MalformedKeyError: a key is none.
    """
    told = {name.lower(): value for name, value in headers.items()}
    delivery, seconds, signatures = (told.get(name, "") for name in (ID, TIMESTAMP, SIGNATURE))
    if not delivery or not seconds.isascii() or not seconds.isdigit() or len(seconds) > _DIGITS:
        raise _refused()
    if not is_signed(signatures, signed_bytes(delivery, seconds, body), frozenset(public_keys)):
        raise _refused()
    sent_at = dt.datetime.fromtimestamp(int(seconds), dt.UTC)
    if abs((now - sent_at).total_seconds()) > WINDOW_SECONDS:
        raise DeliveryStaleError("a delivery of another time", advice="Answer 400; check this machine's clock.")
    if delivery in seen:
        raise DeliverySeenError("a delivery that was taken before", advice="Answer 200 and do nothing.")
    return _read(delivery, sent_at, body)


def _read(delivery: str, sent_at: dt.datetime, body: bytes) -> Delivered:
    try:
        fields = json.loads(body)
        return Delivered(delivery, sent_at, kind=str(fields["type"]), about=dict(fields["data"]))
    except (ValueError, KeyError, TypeError) as error:
        raise _refused() from error


def _refused() -> DeliveryRefusedError:
    return DeliveryRefusedError(
        "not a delivery of the key's holder",
        advice="Answer 400 and do nothing; compare the public key with: safehold webhook list",
    )
