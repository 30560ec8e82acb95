"""Safeguard a dataset: the whole way from sources to a certificate, one stage after the other.

    outcome = scan(ScanOrder(("shards/{000..123}.tar",), Path("out")), equipment)

Every step may be killed at any moment and the command repeated: what is committed stays, nothing is done twice.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from safehold.datasets.apply.seal import Sealer
from safehold.datasets.apply.stage import Pace, Step, apply_outputs
from safehold.datasets.casework.handing import hand_over
from safehold.datasets.casework.taking import take_back
from safehold.datasets.decide.basis import Basis
from safehold.datasets.decide.release import decode_releases
from safehold.datasets.decide.stage import check_complete, conclude, judge_shard
from safehold.datasets.equipment import Equipment
from safehold.datasets.errors import ChangedSourceError, DamagedStateError, EngineError, IncompleteScanError
from safehold.datasets.layout import Layout
from safehold.datasets.mapped_columns import require_sought, with_mapped_columns
from safehold.datasets.orders import NobodyWatching, Outcome, ScanOrder, Sighting, Stage, Watcher
from safehold.datasets.overlap import require_no_input_within, require_outside
from safehold.datasets.proof.publish import Published, gather, publish
from safehold.datasets.proof.story import Story
from safehold.datasets.proof.summary import summarise
from safehold.datasets.risk import SourceRisks, load_waivers, save_waivers
from safehold.datasets.run import Run, load_mix, load_run, locked, open_run, require_slices, save_mix
from safehold.datasets.scan.engine import Engine, ProcessEngine
from safehold.datasets.scan.settings import ScanSettings
from safehold.datasets.scan.stage import Scanned, is_scanned, scan_shards
from safehold.datasets.sources import Mix, Shard, ShardError, current_fingerprint, discover, is_remote
from safehold.home import write_atomic
from safehold.media import Limits
from safehold.signals import is_exact
from safehold.vocabulary import Action, GapReason, PdqFlavour

NOBODY = NobodyWatching()
_FLAVOURS = (PdqFlavour.FULL, PdqFlavour.NEAREST_512)


def no_step(_: str) -> None:
    """Take no notice of a commit step."""


def _processes(order: ScanOrder, mix: Mix, equipment: Equipment) -> Engine:
    """Return decoding children of this machine; only where a source lies elsewhere do they get what opens it."""
    is_local = not any(is_remote(shard.location) for shard in mix.shards)
    return ProcessEngine(order.workers, None if is_local else equipment.source_environment)


def scan(
    order: ScanOrder,
    equipment: Equipment,
    *,
    watcher: Watcher = NOBODY,
    engine: Engine | None = None,
    step: Step = no_step,
) -> Outcome:
    """Scan the sources, decide, and write the cleaned dataset with its proof; resume what is already there.

    A slice stops after scan, a dry run after decide.

    Args:
        order: what to safeguard.
        equipment: what to work with.
        watcher: is told how far the work is.
        engine: runs the scan of shards; None for decoding children on this machine.
        step: is told of each commit step.

    Raises:
        UsageError: the sources, the output folder or the policy can't be used; nothing was written.
    """
    _require_exact_arithmetic()
    equipment.require_claimable()
    sources = tuple(map(absolute, order.sources))
    require_outside(order.out, sources)
    mix = discover(sources, with_mapped_columns(order.options, equipment.policy))
    require_no_input_within(order.out, mix)
    risks = SourceRisks.of(mix, equipment, order.waivers)
    layout = Layout(order.out)
    run = open_run(layout, sources, order.options, clock=equipment.clock)
    settings = settings_for(equipment)
    engine = engine or _processes(order, mix, equipment)
    slice_name = str(order.slice.index) if order.slice.total > 1 else ""
    with locked(layout, slice_name=slice_name):
        require_no_shard_gone(layout, mix)
        if slice_name:
            require_slices(layout, order.slice.total)
        save_mix(layout, mix)
        layout.purge_record.unlink(missing_ok=True)
        save_waivers(layout, run, order.waivers, equipment)
        write_atomic(layout.policy, equipment.policy.canonical.encode())
        step("begun")
        shards = order.slice.of(mix.shards)
        if slice_name:
            return _scan_slice(layout, shards, settings, engine=engine, watcher=watcher, step=step)
        work = _Work(layout, run, mix, equipment, risks, watcher, step, min(order.workers, os.cpu_count() or 1))
        work.judge(scan_shards(layout, shards, settings, engine, tick=work.glance), Stage.SCAN)
        outcome = work.finish(dry_run=order.dry_run)
        return outcome if order.dry_run else replace(outcome, handed=hand_over(layout, run, mix.shards, equipment))


def decide(out: Path, equipment: Equipment, *, watcher: Watcher = NOBODY, step: Step = no_step) -> Outcome:
    """Decide again, under another policy, newer lists or lexicons, or what people decided, without decoding anything.

    Raises:
        ForeignOutputError: the folder is not an output of a scan.
        IncompleteScanError: shards are missing, or were scanned for another kind of list.
        ChangedSourceError: an input is no longer what was scanned.
        PolicyError: the policy keeps concepts apart that nothing can claim.
    """
    layout = Layout(out)
    run = load_run(layout)
    with locked(layout):
        mix = load_mix(layout)
        notes = check_complete(layout, mix.shards)
        equipment.require_claimable(scanned_with=notes[0].settings.classifiers)
        needed = replace(settings_for(equipment), flavours=tuple(equipment.index.flavours()))
        _require_served(notes[0].settings, needed)
        require_sought(mix.sought, equipment.policy)
        _require_unchanged(mix.shards, is_purged=layout.purge_record.exists())
        write_atomic(layout.policy, equipment.policy.canonical.encode())
        waivers = load_waivers(layout)
        take_back(layout, run, mix.shards, equipment)
        work = _Work(layout, run, mix, equipment, SourceRisks.of(mix, equipment, waivers), watcher, step)
        work.judge((Scanned(shard, is_fresh=False) for shard in mix.shards), Stage.DECIDE)
        return replace(work.finish(dry_run=False), handed=hand_over(layout, run, mix.shards, equipment))


def absolute(source: str) -> str:
    """Return a source as a child sees it, which works in another folder; an address stays as it is."""
    return source if "://" in source else str(Path.cwd() / source)


def policy_of(out: Path) -> Path | None:
    """Return the file of the policy that an output folder was last decided under; None before the first scan."""
    path = Layout(out).policy
    return path if path.is_file() else None


def settings_for(equipment: Equipment) -> ScanSettings:
    """Return what a scan does so that this equipment, or one with any other list, can decide on it.

    Both PDQ flavours are always computed, though the lists loaded now may need one: the second costs about 3 % of a
    scan, where decoding everything again for a newer list of the other flavour would cost all of it.
    """
    policy = equipment.policy
    limits = Limits(
        pixels=policy.limits.pixels,
        frames=policy.limits.frames,
        clip_pixels=policy.limits.clip_pixels,
        seconds=policy.limits.seconds,
        memory_bytes=policy.limits.memory_bytes,
    )
    return ScanSettings(
        limits=limits,
        flavours=_FLAVOURS,
        inert=tuple(sorted(policy.inert_extensions)),
        classifiers=equipment.classifiers,
        video=policy.video.frames.value,
        short_seconds=policy.video.short_seconds,
        variants=tuple(sorted(policy.variants, key=lambda variant: variant.value)),
    )


def _require_exact_arithmetic() -> None:
    if not is_exact():
        raise EngineError(
            "this machine's matrix products are not exact, so its PDQ values could miss listed pictures",
            advice="Run `safehold doctor`, install numpy anew from its wheel, and unset OPENBLAS_CORETYPE.",
        )


def require_no_shard_gone(layout: Layout, mix: Mix) -> None:
    """Refuse a mix that lacks shards of the one that was scanned before: the same command must not certify less.

    Raises:
        ChangedSourceError: some are gone.
    """
    try:
        before = {shard.location for shard in load_mix(layout).shards}
    except DamagedStateError:  # it is a new run
        return
    gone = sorted(before - {shard.location for shard in mix.shards})
    if gone:
        raise ChangedSourceError(
            f"{len(before) - len(gone)} of {len(before)} shards are still there; the first that is gone is {gone[0]}",
            advice="Bring the shards back, or choose another --out for the smaller source.",
        )


def _scan_slice(
    layout: Layout, shards: Sequence[Shard], settings: ScanSettings, *, engine: Engine, watcher: Watcher, step: Step
) -> Outcome:
    watcher.begin(Stage.SCAN, len(shards), sum(shard.size for shard in shards))
    done = size_bytes = 0
    for scanned in scan_shards(layout, shards, settings, engine):
        shard = scanned.shard
        step(f"scanned {shard.number}")
        done, size_bytes = done + 1, size_bytes + shard.size
        watcher.see(Sighting(shards=done, size_bytes=size_bytes))
    incomplete = any(not is_scanned(layout, shard, settings) for shard in shards)
    return Outcome({"slice": {"shards": done, "bytes": size_bytes}}, found=False, incomplete=incomplete)


def _require_served(scanned: ScanSettings, needed: ScanSettings) -> None:
    if not scanned.serves(needed):
        raise IncompleteScanError(
            "lists or policy need what the scan did not do (a PDQ flavour, a variant, an extension no longer inert)",
            advice="Run `safehold dataset scan` again with the same sources and --out.",
        )


def _require_unchanged(shards: Sequence[Shard], *, is_purged: bool) -> None:
    faults = {shard: fault for shard in shards if (fault := _fault_of(shard)) is not None}
    if faults and is_purged:
        raise ChangedSourceError(
            f"the source was purged: {len(faults)} of {len(shards)} shards are no longer what was scanned",
            advice="What was published stays valid. To decide anew on what the purge left, scan it into another --out.",
        )
    missing = [shard for shard, fault in faults.items() if fault is GapReason.MISSING]
    if missing:
        raise ChangedSourceError(
            f"{len(missing)} of {len(shards)} shards are missing from the source, the first is {missing[0].name}",
            advice="Bring them back to where they were scanned, or scan what is left into another --out.",
        )
    if faults:
        first = next(iter(faults)).name
        raise ChangedSourceError(
            f"{len(faults)} of {len(shards)} shards have changed since the scan, the first is {first}",
            advice="Run `safehold dataset scan` again: it scans what has changed.",
        )


def _fault_of(shard: Shard) -> GapReason | None:
    """Return why a shard's input is not what was scanned, or None."""
    try:
        is_same = current_fingerprint(shard) == shard.fingerprint
    except ShardError as error:
        return error.reason
    return None if is_same else GapReason.CHANGED_SINCE_SCAN


@dataclass(slots=True)
class _Work:
    """One command at work on one output folder."""

    layout: Layout
    run: Run
    mix: Mix
    equipment: Equipment
    risks: SourceRisks
    watcher: Watcher
    step: Step
    writers: int = 1
    seen: Sighting = field(default_factory=Sighting)
    fresh: set[int] = field(default_factory=set)

    @property
    def basis(self) -> Basis:
        """Return what decisions are made with now."""
        releases = decode_releases(self.layout.releases.read_bytes() if self.layout.releases.exists() else b"")
        return self.equipment.basis(waivers=self.risks.waivers, releases=releases)

    def judge(self, scanned: Iterable[Scanned], stage: str) -> None:
        """Judge each shard as it comes."""
        basis = self.basis
        self.watcher.begin(stage, len(self.mix.shards), sum(shard.size for shard in self.mix.shards))
        self.seen = Sighting()
        for one in scanned:
            shard = one.shard
            self.step(f"scanned {shard.number}")
            if one.is_fresh:
                self.fresh.add(shard.number)
            decisions = judge_shard(self.layout, shard, basis, source_findings=self.risks.of_source(shard.source))
            self.step(f"decided {shard.number}")
            self.seen = _seen(self.seen, shard, decisions)
            self.watcher.see(self.seen)

    def glance(self, records: int) -> None:
        """Let the watcher see how many records are done in the shards under work."""
        self.watcher.see(replace(self.seen, records=self.seen.records + records))

    def finish(self, *, dry_run: bool) -> Outcome:
        """Separate concepts over the mix, write the cleaned dataset and its proof."""
        decided = conclude(self.layout, self.mix.shards, self.basis)
        self.step("concluded")
        story = gather(
            self.layout, self.run, self.mix.shards, decided, equipment=self.equipment, waivers=self.risks.waivers
        ).with_files_of(self.mix)
        published = Published(summarise(story, self.equipment), {}) if dry_run else self._write(story)
        return Outcome(
            summary=published.summary,
            found=story.tally.found > 0 or story.tally.separated > 0,
            incomplete=story.tally.unexamined > 0 or story.unread > 0,
            files=published.files,
        )

    def _write(self, story: Story) -> Published:
        outputs = self.mix.outputs
        self.watcher.begin(Stage.APPLY, len(outputs), sum(shard.size for shard in self.mix.shards))
        sealer = Sealer(self.equipment.vault, self.equipment.policy, self.run, self.equipment.actor)
        applied = []
        pace = Pace(self.fresh, self.writers)
        work = apply_outputs(self.layout, self.mix, story.decided.separation, sealer, pace=pace, step=self.step)
        for one in work:
            applied.append(one)
            self.watcher.see(Sighting(shards=len(applied)))
        return publish(self.layout, story.with_applied(tuple(applied)), self.equipment, step=self.step)


def _seen(before: Sighting, shard: Shard, decisions: pa.Table) -> Sighting:
    held = pc.sum(pc.equal(decisions.column("action"), Action.HOLD.value)).as_py() or 0
    gaps = pc.sum(pc.greater(pc.list_value_length(decisions.column("gaps")), 0)).as_py() or 0
    found = pc.sum(decisions.column("found")).as_py() or 0
    return Sighting(
        shards=before.shards + 1,
        records=before.records + decisions.num_rows,
        size_bytes=before.size_bytes + shard.size,
        found=before.found + found,
        held=before.held + held,
        gaps=before.gaps + gaps,
    )
