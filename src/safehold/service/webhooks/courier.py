"""The courier: takes deliveries from the outbox, signs and sends them, and says what became of each.

Rules: a 2xx answer within the time is a delivery that was taken; anything else is tried again, later each time. No
redirect is followed and no answer is read. 410 and a webhook that was revoked end it at once.

    Courier(outbox, endpoints, key, clock, Limits()).deliver_due()
"""

import asyncio
import json
import ssl
from dataclasses import dataclass, field
from functools import cached_property

import httpx

from safehold.home.errors import LeaseLostError
from safehold.home.outbox import Job, Outbox
from safehold.ledger import SigningKey
from safehold.service.fetching import Network, Resolve, resolve
from safehold.service.webhooks.destination import Destination
from safehold.service.webhooks.endpoints import JOB, Endpoints
from safehold.service.webhooks.errors import DeliveryFailedError, WebhookAddressError, WebhookMissingError
from safehold.service.webhooks.signature import headers
from safehold.vocabulary import Clock, SafeholdError

AT_ONCE = 16
"""How many deliveries are under way at a time; a slow endpoint then holds up few others."""

_LEASE_MARGIN_SECONDS = 30.0
_GONE = 410


@dataclass(frozen=True, slots=True)
class Limits:
    """What a delivery may do.

    Attributes:
        seconds: for all of it: resolving, connecting, sending, waiting for the answer's head.
        networks: internal ones that may be delivered to, also without TLS.
        resolve: gives the addresses of a host.
    """

    seconds: float = 10.0
    networks: tuple[Network, ...] = ()
    resolve: Resolve = field(default=resolve)


class Courier:
    """Delivers what is due.

    Args:
        outbox: where deliveries wait.
        endpoints: where they go.
        key: signs them.
        clock: where the time comes from.
        limits: what a delivery may do.
    """

    def __init__(
        self, outbox: Outbox, endpoints: Endpoints, key: SigningKey, *, clock: Clock, limits: Limits | None = None
    ) -> None:
        self._outbox = outbox
        self._endpoints = endpoints
        self._key = key
        self._clock = clock
        self._limits = limits or Limits()

    def deliver_due(self) -> int:
        """Deliver what is due, as much as goes at once, and return how much was taken; safe in several processes."""
        jobs = self._outbox.lease({JOB}, self._limits.seconds + _LEASE_MARGIN_SECONDS, limit=AT_ONCE)
        if not jobs:
            return 0
        return sum(map(self._settle, jobs, asyncio.run(self._deliver(jobs))))

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        """Whose certificates are believed: the usual authorities, or those that SSL_CERT_FILE names; read once."""
        return httpx.create_ssl_context()

    async def _deliver(self, jobs: tuple[Job, ...]) -> list[DeliveryFailedError | None]:
        async with httpx.AsyncClient(verify=self._trusted, trust_env=False, follow_redirects=False) as client:
            return await asyncio.gather(*(self._tried(client, job) for job in jobs))

    def _settle(self, job: Job, failure: DeliveryFailedError | None) -> bool:
        """Say what became of a job; whoever else got it meanwhile, since we were too slow, will say so too."""
        try:
            if failure is None:
                self._outbox.done(job)
            else:
                self._outbox.failed(job, failure.reason, for_good=failure.for_good)
        except LeaseLostError:
            return False
        return failure is None

    async def _tried(self, client: httpx.AsyncClient, job: Job) -> DeliveryFailedError | None:
        try:
            async with asyncio.timeout(self._limits.seconds):
                await self._send(client, job)
        except DeliveryFailedError as error:
            return error
        except (TimeoutError, httpx.TimeoutException):
            return DeliveryFailedError("timed_out")
        except (httpx.HTTPError, OSError, UnicodeError):
            return DeliveryFailedError("unreachable")
        except SafeholdError:  # our own database is in the way
            return DeliveryFailedError("not_looked_up")
        return None

    async def _send(self, client: httpx.AsyncClient, job: Job) -> None:
        to = self._destination(str(job.payload["webhook"]))
        address = to.judged(await asyncio.to_thread(self._limits.resolve, to.host, to.port), self._limits.networks)
        body = body_of(job)
        signed = headers(self._key, job.id, int(self._clock.now().timestamp()), body)
        told = {"Host": to.authority, "Content-Type": "application/json", "User-Agent": "safehold", **signed}
        request = client.build_request(
            "POST", to.at(address), content=body, headers=told, timeout=None, extensions={"sni_hostname": to.host}
        )
        response = await client.send(request, stream=True)
        await response.aclose()
        if not response.is_success:
            raise DeliveryFailedError(f"status_{response.status_code}", for_good=response.status_code == _GONE)

    def _destination(self, name: str) -> Destination:
        try:
            endpoint = self._endpoints.find(name)
            if endpoint.revoked_at is None:
                return Destination.parse(endpoint.url)
        except (WebhookMissingError, WebhookAddressError):
            pass
        raise DeliveryFailedError("revoked", for_good=True)


def body_of(job: Job) -> bytes:
    """Return what is sent: the same bytes at every try.

    Source: Standard Webhooks specification 1.0.0, "Payload structure": `type`, `timestamp`, `data`.
    """
    about = {name: value for name, value in job.payload.items() if name not in {"webhook", "type"}}
    told = {"type": job.payload["type"], "timestamp": job.created_at, "data": about}
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()
