"""A slot: what looks after one decoding child on a node of a cluster.

A shard comes in as JSON, its part or a `fault` leaves. The slot itself opens no record: like everywhere, that is left
to a confined child, which lives on from shard to shard; a record that kills it costs that record.

A node reads files of its own. So before each shard the slot looks whether size and time of the inputs are those that
the supervisor saw: a part of other files under the same name must not stand for these.
"""

import os
import platform
from collections.abc import Mapping, Sequence
from typing import Any

from safehold.datasets.scan.child import CHILD_MODULE, TASK
from safehold.datasets.scan.engine import child_environment, part_of, request_of
from safehold.datasets.scan.likeness import is_seen, traits_of
from safehold.datasets.scan.settings import ScanSettings
from safehold.datasets.sources import Shard
from safehold.media.errors import ChildStartError
from safehold.media.sandbox import Pool, module_argv

FAULT = "fault"
HIDDEN, NO_CHILD = "hidden", "no child"

Answer = bytes | Mapping[str, str]
"""A part; or why there is none: `FAULT` is `HIDDEN`, or `NO_CHILD` with a `message` and an `advice`."""


class Slot:
    """One decoding child and its supervisor on a node. Not for threads, but for `glance`."""

    def __init__(
        self, settings: Mapping[str, Any], *, variables: Sequence[str] | None = None, argv: Sequence[str] | None = None
    ) -> None:
        """Prepare the slot; the child starts with the first shard.

        Args:
            settings: the scan's, as `ScanSettings.to_json` gives them.
            variables: names of this node's variables for children that read sources behind an address; None keeps the
                network from them. Values never travel.
            argv: the children's program; this node's installation of ours if not stated.
        """
        self._settings = ScanSettings.from_json(settings)
        named = None if variables is None else {name: os.environ[name] for name in variables if name in os.environ}
        self._pool = Pool(
            tuple(argv or module_argv(CHILD_MODULE)),
            self._settings.limits,
            size=1,
            environment=child_environment(named),
            tick=self._note,
        )
        self._records = 0

    def describe(self, probes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Say where this is, its traits, and the numbers of those of some shards whose inputs it does not see."""
        shards = [Shard.from_json(probe) for probe in probes]
        hidden = [shard.number for shard in shards if not is_seen(shard)]
        return {"node": platform.node(), "traits": traits_of(self._settings), "hidden": hidden}

    def scan(self, told: Mapping[str, Any]) -> bytes | dict[str, str]:
        """Return the part of a shard, or the fault that kept it from being read."""
        shard = Shard.from_json(told)
        if not is_seen(shard):
            return {FAULT: HIDDEN}
        try:
            (outcome,) = self._pool.run(TASK, (request_of(shard, self._settings),))
        except ChildStartError as error:
            return {FAULT: NO_CHILD, "message": str(error), "advice": error.advice}
        finally:
            self._records = 0
        return part_of(shard, self._settings, outcome)

    def glance(self) -> int:
        """Return how many records of the present shard are done."""
        return self._records

    def close(self) -> None:
        """End the child; repeating is safe."""
        self._pool.close()

    def _note(self, records: int) -> None:
        self._records = records
