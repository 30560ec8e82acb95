"""Checks that are answered later.

What was sent stays in this process' memory alone, since it may not lie on a disk before its verdict. If the process
ends first nothing was decided, its lease ends, and a worker marks the request as interrupted: to be sent again. Nothing
passes meanwhile, for nobody was told that it may.

    begun = await deferred.take(order, size)          # then GET /v1/checks/{begun.id}, or wait for the webhook
"""

import asyncio

import sqlalchemy as sa

from safehold.gateway.errors import GatewayError
from safehold.service.checking.deciding import LEASE_SECONDS, answer
from safehold.service.checking.kept import Begun, Then
from safehold.service.checking.order import Order
from safehold.service.checking.state import State
from safehold.service.context import Service
from safehold.service.lanes import LATER_THREADS, busy
from safehold.service.problem import problem_of
from safehold.vocabulary import SafeholdError


class Deferred:
    """The checks of this process that are answered later; on one event loop.

    Args:
        service: what they are decided with.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._running: dict[str, asyncio.Task[None]] = {}
        self._threads = asyncio.Semaphore(LATER_THREADS)

    async def take(self, order: Order, size: int) -> Begun:
        """Take an order, and return what it is kept as.

        Args:
            order: what is to be decided.
            size: how many bytes it holds.

        Raises:
            Problem: 409 as for any repeated request; 503 too much is waiting.
        """
        service = self._service
        if len(self._running) >= service.settings.deferred_checks or not service.load.take(size):
            raise busy()
        try:
            begun = await service.work(self._begin, order)
        except BaseException:
            service.load.give(size)
            raise
        if begun.is_ours:
            task = asyncio.create_task(self._work(begun.id, order))
            self._running[begun.id] = task
            service.measures.deferred.set(len(self._running))
            task.add_done_callback(lambda _: self._left(begun.id, size))
        else:
            service.load.give(size)
        return begun

    async def renew_forever(self) -> None:
        """Keep the leases of what is waiting, until cancelled."""
        while True:
            await asyncio.sleep(LEASE_SECONDS / 4)
            if self._running:
                try:
                    await self._service.work(self._service.kept.renew, tuple(self._running), LEASE_SECONDS)
                except SafeholdError:  # tried again in time, or the leases end: the requests are then sent again
                    self._service.journal.write("deferred.lease_not_renewed", checks=len(self._running))

    async def drain(self, seconds: float) -> None:
        """Wait for what is waiting, but not for long; what is left is marked as interrupted when its lease ends."""
        if self._running:
            await asyncio.wait(self._running.values(), timeout=seconds)
        for task in tuple(self._running.values()):
            task.cancel()

    def _begin(self, order: Order) -> Begun:
        return self._service.kept.begin(order.asked, seconds=LEASE_SECONDS, callback=order.callback)

    async def _work(self, kept: str, order: Order) -> None:
        async with self._threads:
            lane = self._service.lanes.later
            try:
                await lane.run(self._decide, kept, order)
            except SafeholdError:  # the database is gone: the lease ends, a worker says so
                self._service.journal.write("deferred.not_recorded", check=kept)

    def _decide(self, kept: str, order: Order) -> None:
        try:
            body = answer(self._service, order)
        except GatewayError as error:  # asking again would not help: that is the answer
            problem = problem_of(error)
            told = bytes(problem.response().body).decode()
            self._service.kept.finish(kept, problem.status, told, self._then(kept, order, State.DONE))
        except SafeholdError:
            self._service.kept.abandon(kept, self._then(kept, order, State.INTERRUPTED))
        else:
            self._service.kept.finish(kept, 200, body.decode(), self._then(kept, order, State.DONE))

    def _then(self, kept: str, order: Order, state: State) -> Then:
        return lambda connection: announce(self._service, connection, kept, callback=order.callback, state=state)

    def _left(self, kept: str, size: int) -> None:
        self._running.pop(kept, None)
        self._service.measures.deferred.set(len(self._running))
        self._service.load.give(size)


def announce(service: Service, connection: sa.Connection, kept: str, *, callback: str | None, state: State) -> None:
    """Tell a request's webhook, if it has one, once the transaction is committed."""
    if callback is not None and service.webhooks is not None:
        service.webhooks.announce(connection, callback, check=kept, state=state.value)
