"""Retrieval: the bytes of one held record, read from the source again for whoever reviews it, in memory alone.

    record = RecordReader(record_cases, ledger).read("RUN#PSEUDONYM", actor="amira", purpose="review")
    record.picture

The ledger says who had which record read, and why, before it is read. Nothing of it is kept.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from safehold.datasets.casework.record_cases import RecordCases
from safehold.datasets.casework.record_child import CHILD_MODULE, TASK
from safehold.datasets.casework.verdicts import pseudonym_in
from safehold.datasets.decide.judgement import record_id
from safehold.datasets.decide.stage import read_decisions
from safehold.datasets.errors import RecordGoneError, UnknownRecordError
from safehold.datasets.layout import Layout
from safehold.datasets.run import load_mix, load_run
from safehold.datasets.scan.engine import child_environment
from safehold.datasets.sources import Shard, ShardError, current_fingerprint, is_remote
from safehold.ledger import EventLog
from safehold.media import Limits, sniff
from safehold.media.sandbox import Outcome, Pool, module_argv
from safehold.vocabulary import Event, MediaKind

MOST_BYTES = 1 << 28
"""How much of one record's files is read for review: any picture, and clips of some minutes."""

_SNIFFED_BYTES = 4096
_SHOWN = (MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.AUDIO)


@dataclass(frozen=True, slots=True)
class RecordContent:
    """What a record holds.

    Attributes:
        files: its files: what kind of name each has ("jpg"), and the bytes.
        texts: captions, each after where it stood.
        url: the address that it came from; None for none.
        left_out: how many files were too large.
    """

    files: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)
    texts: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    url: str | None = field(default=None, repr=False)
    left_out: int = 0

    @property
    def main(self) -> bytes:
        """Return the bytes that a reviewer looks at: the first picture, else clip, else sound; b"" for none."""
        kinds = [(sniff(data[:_SNIFFED_BYTES], "").kind, data) for _, data in self.files]
        return next((data for wanted in _SHOWN for kind, data in kinds if kind is wanted), b"")

    @property
    def words(self) -> str:
        """Return the captions, one after the other."""
        return "\n\n".join(text for _, text in self.texts)


class RecordReader:
    """Reads records for review; threads may share it.

    Args:
        cases: where runs lie, and which of their records are in cases.
        ledger: says who had what read.
        source_environment: variables for children that read sources behind an address.
    """

    def __init__(
        self, cases: RecordCases, ledger: EventLog, *, source_environment: Mapping[str, str] | None = None
    ) -> None:
        self._cases = cases
        self._ledger = ledger
        self._environment = dict(source_environment or {})
        self._places: dict[str, tuple[bytes, Mapping[str, tuple[Shard, str]]]] = {}

    def read(self, reference: str, *, actor: str, purpose: str) -> RecordContent:
        """Return what a record holds, in memory.

        Args:
            reference: "RUN#PSEUDONYM", where an item's content lies.
            actor: who reviews it.
            purpose: why, in one word.

        Raises:
            RunElsewhereError: the run's folder is not on this machine.
            UnknownRecordError: no case has such a record.
            RecordGoneError: the source is no longer what was scanned, or the record can't be read.
            UnfitEventError: the purpose is more than a word.
        """
        run, _, _ = reference.partition("#")
        shard, key = self._place(run, pseudonym_in(reference))
        told = {"run": run, "record": pseudonym_in(reference), "purpose": purpose}
        self._ledger.append(Event("record.opened", actor, "", told))
        return _content(self._answer(shard, key))

    def _place(self, run: str, pseudonym: str) -> tuple[Shard, str]:
        """Return the shard and key of a record that a case has; found again once the run was decided again."""
        layout = Layout(self._cases.runs.folder_of(run))
        decided = layout.decided.read_bytes() if layout.decided.exists() else b""
        known = self._places.get(run)
        if known is None or known[0] != decided or pseudonym not in known[1]:
            self._places = {run: (decided, self._found(run, layout))}
        try:
            return self._places[run][1][pseudonym]
        except KeyError as error:
            raise UnknownRecordError(
                "no case has such a record of this run", advice="Run `safehold dataset decide` on its folder again."
            ) from error

    def _found(self, run: str, layout: Layout) -> Mapping[str, tuple[Shard, str]]:
        wanted = {pseudonym_in(name) for name in self._cases.verdicts.items(run)}
        salted = load_run(layout)
        if salted.id != run:
            raise RecordGoneError("another run lies in this run's folder", advice="Look for where it was moved to.")
        found: dict[str, tuple[Shard, str]] = {}
        for shard in load_mix(layout).shards:
            for key in read_decisions(layout, shard).column("record").to_pylist():
                pseudonym = salted.pseudonym(record_id(shard, key))
                if pseudonym in wanted:
                    found[pseudonym] = shard, key
        return found

    def _answer(self, shard: Shard, key: str) -> bytes:
        try:
            if current_fingerprint(shard) != shard.fingerprint:
                raise _gone("its source has changed since the scan")
        except ShardError as error:
            raise _gone("its source is gone") from error
        environment = child_environment(self._environment if is_remote(shard.location) else None)
        request = {"shard": shard.to_json(), "key": key, "most_bytes": MOST_BYTES}
        with Pool(module_argv(CHILD_MODULE), Limits(), size=1, environment=environment) as pool:
            (outcome,) = pool.run(TASK, (request,))
        return _data(outcome)


def _data(outcome: Outcome) -> bytes:
    if outcome.failure is not None or not outcome.data:
        raise _gone("nothing could be read of it")
    return outcome.data


def _content(answer: bytes) -> RecordContent:
    """Return what a child says; it has opened a hostile file, so that nothing is believed that has another shape."""
    head, _, rest = answer.partition(b"\n")
    try:
        told = json.loads(head)
        files, start = [], 0
        for extension, size in told["files"]:
            files.append((str(extension), rest[start : start + int(size)]))
            start += int(size)
        texts = tuple((str(place), str(text)) for place, text in told["texts"])
        url = None if told["url"] is None else str(told["url"])
        left_out = int(told["left_out"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _gone("its child answered what no child of ours would") from error
    if start != len(rest):
        raise _gone("its child answered what no child of ours would")
    return RecordContent(tuple(files), texts, url, left_out)


def _gone(why: str) -> RecordGoneError:
    return RecordGoneError(
        f"the record can't be read: {why}", advice="Decide by what is known of it, or scan the source again."
    )
