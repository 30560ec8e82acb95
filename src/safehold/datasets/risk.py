"""Risks of a whole source: what the register says of it, who waived what, and what the policy makes of the rest."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from safehold.datasets.equipment import Equipment
from safehold.datasets.errors import DamagedStateError, RiskySourceError
from safehold.datasets.layout import Layout
from safehold.datasets.register import Waiver
from safehold.datasets.run import Run
from safehold.datasets.sources import Mix
from safehold.home import write_atomic
from safehold.screening import SourceAction
from safehold.vocabulary import Event, Finding


@dataclass(frozen=True, slots=True)
class SourceRisks:
    """What the register says of the sources of a run.

    Attributes:
        findings: for each source, in order, what holds its records.
        waivers: what was waived.
    """

    findings: tuple[tuple[Finding, ...], ...]
    waivers: tuple[Waiver, ...]

    @classmethod
    def of(cls, mix: Mix, equipment: Equipment, waivers: Sequence[Waiver]) -> "SourceRisks":
        """Look every source up, by all that was typed for it.

        Raises:
            RiskySourceError: the policy refuses such sources, and one is not waived.
        """
        typed = dict.fromkeys(argument for arguments in mix.origins for argument in arguments)
        said = {argument: equipment.register.check_source(argument, waivers=waivers) for argument in typed}
        if equipment.policy.source_action is SourceAction.REFUSE:
            for argument, found in said.items():
                if found:
                    raise RiskySourceError(
                        f"{argument} is on the register of known-risk sources: {found[0].subject}",
                        advice="Use another source, or waive it with: --waive ENTRY --waive-reason WHY",
                    )
        findings = tuple(
            tuple(dict.fromkeys(finding for argument in arguments for finding in said[argument]))
            for arguments in mix.origins
        )
        return cls(findings, tuple(waivers))

    def of_source(self, number: int) -> tuple[Finding, ...]:
        """Return what holds the records of a source, by its number from 0."""
        return self.findings[number]


def save_waivers(layout: Layout, run: Run, waivers: Sequence[Waiver], equipment: Equipment) -> None:
    """Keep the waivers with the run, beside those given before, and record each new one.

    The event comes first, so that nothing is ever waived without one; a repetition after a kill records it once.
    """
    known = load_waivers(layout)
    new = [waiver for waiver in waivers if waiver not in known]
    if not new:
        return
    for waiver in new:
        details = {"run": run.id, "entry": waiver.entry, "waiver": hashlib.sha256(_line(waiver)).hexdigest()}
        equipment.ledger.append_once(Event("source.waived", equipment.actor, equipment.policy.label, details))
    write_atomic(layout.waivers, b"".join(map(_line, (*known, *new))))


def _line(waiver: Waiver) -> bytes:
    return json.dumps(asdict(waiver), sort_keys=True).encode() + b"\n"


def load_waivers(layout: Layout) -> tuple[Waiver, ...]:
    """Return the waivers of a run.

    Raises:
        DamagedStateError: they are not what was written.
    """
    if not layout.waivers.exists():
        return ()
    try:
        return tuple(Waiver(**json.loads(line)) for line in layout.waivers.read_bytes().splitlines())
    except (ValueError, TypeError) as error:
        raise DamagedStateError(
            "the waivers of this run are damaged", advice="Scan again and give the waivers again."
        ) from error
