"""The port that every surface is a view of: a request and a caller enter, an answer leaves.

answer = checks.check(request, caller)
answer.action                               # what to do
to_json(answer, caller)                     # safehold.gateway.outward: what may be said of it
"""

from typing import Protocol

from safehold.gateway.answer import Answer
from safehold.gateway.caller import Caller
from safehold.gateway.item import CheckRequest


class Checks(Protocol):
    """Decide on requests; threads may share one."""

    def check(self, request: CheckRequest, caller: Caller) -> Answer:
        """Decide, record and answer; blocks until the decision and its event are durable.

        What could not be examined is a gap in the answer, never an error. After an error nothing was decided: let
        nothing pass.

        Raises:
            GatewayError: the request can't be used as it is; asking again would not help.
            SafeholdError: nothing could be decided or recorded; asking again later may help.
        """
        ...
