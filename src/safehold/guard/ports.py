"""How a guard reaches whatever decides: over HTTP, or in this process."""

from typing import Protocol

from safehold.gateway.item import CheckRequest


class Transport(Protocol):
    """Carry a request to whatever decides, and bring back its words; threads may share one."""

    def send(self, request: CheckRequest, idempotency_key: str) -> object:
        """Return the answer as JSON values.

        Raises:
            GuardUnavailableError: nothing was decided; asking later may help.
            GuardLimitedError: the service asks for fewer requests.
            RejectedRequestError: the request can't be used as it is.
        """
        ...

    def close(self) -> None:
        """Give back connections."""
        ...


class AsyncTransport(Protocol):
    """The same without blocking the event loop."""

    async def send(self, request: CheckRequest, idempotency_key: str) -> object:
        """Return the answer as JSON values, as `Transport.send` does."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...
