"""Deciding on orders: the answer is kept before it is told, where whoever asked may ask again."""

from dataclasses import dataclass

from safehold.gateway import Answer, Caller, CheckRequest
from safehold.service.checking.order import Order
from safehold.service.checking.translation import to_bytes
from safehold.service.context import Service

LEASE_SECONDS = 120.0
"""For how long a request under way belongs to its process; it is renewed well before."""


@dataclass(frozen=True, slots=True)
class Decided:
    """The body of an answer.

    Attributes:
        body: JSON.
        is_repeated: whether it had been given before.
    """

    body: bytes
    is_repeated: bool = False


def decide(service: Service, order: Order) -> Decided:
    """Decide on an order and return the answer; blocks.

    Raises:
        Problem: 409 the same is under way, or the idempotency key belongs to another request.
        SafeholdError: nothing was decided.
    """
    if order.asked.repeat is None:
        return Decided(answer(service, order))
    with service.kept.once(order.asked) as earlier:
        if earlier is not None:
            return Decided(earlier.encode(), is_repeated=True)
        return Decided(service.kept.keep(order.asked, answer(service, order).decode()).encode())


def answer(service: Service, order: Order) -> bytes:
    """Decide on an order, and return the outward words of the answer."""
    return to_bytes(decided(service, order.request, order.key.caller), order.key.caller)


def decided(service: Service, request: CheckRequest, caller: Caller) -> Answer:
    """Decide on a request and count the decision; blocks.

    Raises:
        SafeholdError: nothing was decided.
    """
    found = service.checks.check(request, caller)
    service.measures.count(found)
    return found
