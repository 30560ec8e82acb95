"""The benchmark of a scan refuses a scan that saw less, or else, than the other side."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.datasets.made_up import SETTINGS, layout_of, shard

from safehold.datasets.scan.observation import Observation
from safehold.examination import ObservedMember
from safehold.vocabulary import Algorithm, Gap, GapReason, MediaKind, Signal

pytest.importorskip("pdqhash", reason="brought by the extra bench")

from benchmarks import _scan_compared as compared
from benchmarks.pictures import jpeg

PICTURE = jpeg(64, 64, seed=1)
MADE = compared.by_our_kernels(SETTINGS.flavours, ())


def seen(number: int) -> Observation:
    prints = tuple(Signal(Algorithm.PDQ, one.value, one.flavour, one.quality, "") for _, one in MADE(PICTURE))
    digests = [made(PICTURE).digest() for made in (hashlib.sha256, hashlib.sha1, hashlib.md5)]
    member = ObservedMember(f"{number}.jpg", MediaKind.IMAGE, len(PICTURE), *digests, prints)
    return Observation(f"{number:07d}", frozenset({MediaKind.IMAGE}), members=(member,))


def counted(folder: Path, observations: list[Observation]) -> int:
    layout_of(folder, [shard()], [observations])
    return compared.require_same_observations(folder, [folder / "00000.tar"], lambda _: PICTURE, MADE)


def test_a_scan_that_saw_every_picture_as_the_other_side_does_is_counted(tmp_path: Path) -> None:
    assert counted(tmp_path, [seen(0), seen(1)]) == 2


@pytest.mark.parametrize(
    "altered",
    [
        lambda one: replace(one, members=()),
        lambda one: replace(one, record="0000007"),
        lambda one: replace(one, gaps=(Gap("pdq", GapReason.CRASHED),)),
        lambda one: replace(one, members=(replace(one.members[0], prints=()),)),
        lambda one: replace(one, members=(replace(one.members[0], md5=bytes(16)),)),
    ],
)
def test_a_scan_that_saw_less_or_else_is_refused(altered: Callable[[Observation], Observation], tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        counted(tmp_path, [seen(0), altered(seen(1))])
