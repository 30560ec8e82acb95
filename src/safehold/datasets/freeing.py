"""Free held records: a person looked, gives a reason, and the record goes into the cleaned dataset.

What is confirmed by hash, or removed by separation, can't be freed: that is the policy's to change, in the open.
"""

import hmac
from collections.abc import Iterable, Sequence
from pathlib import Path

from safehold.datasets.decide.decision import Decision, read_rows
from safehold.datasets.decide.judgement import record_id
from safehold.datasets.decide.release import Release, decode_releases, encode_releases, grounds_of
from safehold.datasets.decide.stage import read_decisions
from safehold.datasets.equipment import Equipment
from safehold.datasets.errors import UnknownRecordError
from safehold.datasets.run import Layout, Run, load_mix, load_run, locked
from safehold.datasets.sources import Shard
from safehold.home import write_atomic
from safehold.vocabulary import Action, Event


def release(out: Path, records: Sequence[str], *, reason: str, equipment: Equipment) -> int:
    """Record that a person frees held records; the next `decide` puts them into the cleaned dataset.

    Args:
        out: the output folder.
        records: record ids, "OUTPUT#KEY", as the manifest names them.
        reason: why, in the person's words; it stays in the output folder and goes into no ledger.
        equipment: the ledger, the clock and who it is.

    Returns:
        how many records are newly released; releasing one again on the same grounds changes nothing.

    Raises:
        UnknownRecordError: a record is not there, or not held. Nothing was released then.
    """
    layout = Layout(out)
    run = load_run(layout)
    if not reason.strip():
        raise UnknownRecordError("a release needs a reason", advice="Say with --reason why the record may be used.")
    with locked(layout):
        held = _held(layout, records)
        known = decode_releases(layout.releases.read_bytes() if layout.releases.exists() else b"")
        now = equipment.clock.now().isoformat()
        asked = [
            Release(record, reason, equipment.actor, now, grounds_of(decision.findings, decision.gaps))
            for record, decision in held.items()
        ]
        new = [one for one in asked if one.record not in known or known[one.record].grounds != one.grounds]
        for one in new:  # before it takes effect, so that nothing is ever freed without its event
            equipment.ledger.append_once(_event(run, one, equipment))
        write_atomic(layout.releases, encode_releases([*known.values(), *new]))
    return len(new)


def _event(run: Run, one: Release, equipment: Equipment) -> Event:
    pseudonym = hmac.new(run.salt, one.record.encode("utf-8", "surrogateescape"), "sha256").hexdigest()
    details = {"run": run.id, "record": pseudonym, "grounds": one.grounds}
    return Event("record.released", equipment.actor, equipment.policy.label, details)


def _held(layout: Layout, records: Iterable[str]) -> dict[str, Decision]:
    found: dict[str, Decision] = {}
    for record in records:
        candidates = [
            decision for shard in _shards_of(layout, record) for decision in _decisions_on(layout, shard, record)
        ]
        if not candidates:
            raise UnknownRecordError(
                f"there is no record {record}", advice="Copy the record id from manifest.parquet: OUTPUT#KEY."
            )
        for decision in candidates:
            if decision.action is not Action.HOLD and not decision.released:
                raise UnknownRecordError(
                    f"{record} is not held: its action is {decision.action.value}",
                    advice="Only held records can be released; what a policy removes, the policy must change.",
                )
        found[record] = candidates[0]
    return found


def _shards_of(layout: Layout, record: str) -> list[Shard]:
    return [shard for shard in load_mix(layout).shards if record.startswith(record_id(shard, ""))]


def _decisions_on(layout: Layout, shard: Shard, record: str) -> list[Decision]:
    decisions = read_decisions(layout, shard)
    rows = [
        row for row, key in enumerate(decisions.column("record").to_pylist()) if key and record_id(shard, key) == record
    ]
    return read_rows(decisions.take(rows))
