"""Webhooks: what the operator's own systems are told, signed, and delivered again until they have it.

What happened enters in the transaction in which it happened; a signed request to the operator's endpoint leaves. It
says what kind of thing happened and to which id; whoever wants more asks the service, with a key.
:func:`verify` is the receiver's part, and needs no part of a server.
"""

from safehold.service.webhooks.errors import DeliveryRefusedError, DeliverySeenError, DeliveryStaleError
from safehold.service.webhooks.verification import Delivered, verify

__all__ = ["Delivered", "DeliveryRefusedError", "DeliverySeenError", "DeliveryStaleError", "verify"]
