"""Check in this process: the same words as over HTTP, without a network between."""

import asyncio
from contextlib import AbstractContextManager

from sqlalchemy.exc import SQLAlchemyError

from safehold.gateway.caller import Caller
from safehold.gateway.checks import Checks
from safehold.gateway.errors import GatewayError
from safehold.gateway.item import CheckRequest
from safehold.gateway.outward import to_json
from safehold.guard.errors import GuardUnavailableError, RejectedRequestError
from safehold.vocabulary import SafeholdError


class InProcessTransport:
    """Ask `Checks` directly.

    Args:
        checks: what decides.
        caller: in whose name it is asked.
        opened: what to close in the end.
    """

    def __init__(self, checks: Checks, caller: Caller, opened: AbstractContextManager[object] | None = None) -> None:
        self._checks = checks
        self._caller = caller
        self._opened = opened

    def send(self, request: CheckRequest, idempotency_key: str) -> object:  # noqa: ARG002  # nothing is sent twice
        """Return the answer as JSON values, as `Transport.send` says."""
        try:
            return to_json(self._checks.check(request, self._caller), self._caller)
        except GatewayError as error:
            raise RejectedRequestError("the request can't be checked as it is", advice=error.advice) from error
        except SafeholdError as error:
            raise GuardUnavailableError("nothing could be decided", advice=error.advice) from error
        except (OSError, SQLAlchemyError) as error:
            raise GuardUnavailableError(
                "nothing could be decided or recorded", advice="Look at the home's database and disk."
            ) from error

    def close(self) -> None:
        """Close what was opened for this."""
        if self._opened is not None:
            opened, self._opened = self._opened, None
            opened.__exit__(None, None, None)


class AsyncInProcessTransport:
    """The same in a thread, so that the event loop goes on."""

    def __init__(self, inner: InProcessTransport) -> None:
        self._inner = inner

    async def send(self, request: CheckRequest, idempotency_key: str) -> object:
        """Return the answer as JSON values, as `Transport.send` says."""
        return await asyncio.to_thread(self._inner.send, request, idempotency_key)

    async def close(self) -> None:
        """Close what was opened for this."""
        await asyncio.to_thread(self._inner.close)
