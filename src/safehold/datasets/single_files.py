"""Check single files the way a dataset is checked: decoding child, index, caption rules, screening; nothing is written.

(checked,) = check_files([Path("picture.png")], equipment)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from safehold.datasets.decide.decision import Decision, read_rows
from safehold.datasets.decide.judgement import judge
from safehold.datasets.equipment import Equipment
from safehold.datasets.safeguard import settings_for
from safehold.datasets.scan.engine import Engine, ProcessEngine
from safehold.datasets.scan.part import decode_part
from safehold.datasets.scan.stage import validated
from safehold.datasets.sources import Format, Shard
from safehold.datasets.sources.errors import UnreadableSourceError
from safehold.vocabulary import Action, Gap, GapReason


@dataclass(frozen=True, slots=True)
class Checked:
    """What was decided on one file.

    Attributes:
        path: the file, as it was named.
        decision: the decision; its action is never ALLOW where something required was not examined.
    """

    path: Path
    decision: Decision


def check_files(paths: Sequence[Path], equipment: Equipment, *, engine: Engine | None = None) -> tuple[Checked, ...]:
    """Examine files in decoding children and decide on each, in their order.

    Args:
        paths: files; the caller has seen that they exist.
        equipment: what to work with.
        engine: runs the examination; None for one decoding child on this machine.

    A file of a kind that no dataset holds has no record; it comes back held, with a gap.

    Raises:
        PolicyError: the policy keeps concepts apart that nothing can claim.
        UnreadableSourceError: one is no regular file: whoever reads a pipe may wait for ever.
    """
    equipment.require_claimable()
    for path in paths:
        if not path.is_file():
            raise UnreadableSourceError(f"{path} is no regular file", advice="Name a file, not a pipe or a device.")
    basis = equipment.basis()
    shards = [_shard(number, path.absolute()) for number, path in enumerate(paths)]
    decisions: dict[int, list[Decision]] = {}
    settings = settings_for(equipment)
    for scanned in (engine or ProcessEngine(1)).submit(shards, settings):
        part, _ = decode_part(validated(scanned, settings))
        decisions[scanned.shard.number] = read_rows(judge(part, scanned.shard, basis))
    return tuple(Checked(path, _severest(decisions.get(number))) for number, path in enumerate(paths))


def _shard(number: int, path: Path) -> Shard:
    return Shard(
        number=number,
        source=number,
        format=Format.FOLDER,
        name=f"{number}",
        location=str(path.parent),
        files=(path.name,),
        size=path.stat().st_size,
    )


def _severest(decisions: Sequence[Decision] | None) -> Decision:
    if not decisions:
        gap = Gap("source", GapReason.UNKNOWN_KIND)
        return Decision(record="", profile="|", action=Action.HOLD, gaps=(gap,))
    return max(decisions, key=lambda decision: decision.action)
