"""The manifest points at nothing that is sealed, the tally counts right, and a removal list is mixed."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.unit.datasets.made_up import RUN, basis, image, layout_of, listing, member, pdq_print, plain, sha256, shard

from safehold.datasets.decide.decision import Decision, read_rows
from safehold.datasets.decide.judgement import judge
from safehold.datasets.decide.stage import conclude, final_actions, judge_shard, read_decisions
from safehold.datasets.errors import DamagedStateError, RevealingListError
from safehold.datasets.layout import Layout
from safehold.datasets.proof.manifest import gathered, manifest_of, write_manifest
from safehold.datasets.proof.removals import write_removals
from safehold.datasets.proof.tally import Tally
from safehold.datasets.run import save_mix
from safehold.datasets.scan.observation import Observation, tabulate
from safehold.datasets.sources import Mix
from safehold.screening import Separation, default_policy
from safehold.vocabulary import Action, Algorithm, Bits, Finding, FindingKind, Fraction, Gap, GapReason, Signal, Tier

SHARDS = (shard(0), shard(1))
THRESHOLDS = default_policy().thresholds
POINTER = Signal(Algorithm.SHA256, sha256("listed"), place="json:sha256")
OBSERVED: list[list[Observation]] = [
    [
        plain("plain"),
        replace(image("two", member("a", [pdq_print(bytes(32)), pdq_print(bytes([1]) * 32)]), member("b")), url="u:1"),
        replace(image("listed", member("listed")), url="https://host.example/listed"),
        Observation("points", listed=(POINTER,), url="https://host.example/points"),
        Observation("points-too", listed=(POINTER, Signal(Algorithm.MD5, bytes(16)))),
        Observation("no-member"),
    ],
    [
        replace(image("cube", member("c"), texts=[("txt", "a red cube")]), gaps=(Gap("pdq", GapReason.TRUNCATED),)),
        image("cube-2", member("c2"), texts=[("txt", "a red cube")]),
        image("ball", member("d"), texts=[("txt", "a blue ball")]),
        Observation("", gaps=(Gap("source", GapReason.TRUNCATED),)),
    ],
]


@pytest.fixture
def decided(tmp_path: Path) -> tuple[Layout, Separation]:
    made = basis(tmp_path, listing("made-up", [sha256("listed")]))
    layout = layout_of(tmp_path / "out", SHARDS, OBSERVED)
    for one in SHARDS:
        judge_shard(layout, one, made, source_findings=())
    return layout, conclude(layout, SHARDS, made).separation


def test_every_record_has_its_row(decided: tuple[Layout, Separation], tmp_path: Path) -> None:
    path = tmp_path / "manifest.parquet"
    write_manifest(path, decided[0], RUN, SHARDS, decided[1])
    rows = pq.read_table(path).to_pylist()
    observed = [(one, seen) for one, records in zip(SHARDS, OBSERVED, strict=True) for seen in records]
    assert [row["record"] for row in rows] == [f"{one.name}#{seen.record}" for one, seen in observed]
    assert [row["shard"] for row in rows] == [one.name for one, _ in observed]
    for row, (_, seen) in zip(rows, observed, strict=True):
        if row["confirmed"]:
            continue
        assert row["url"] == seen.url
        assert row["token"] is None
        assert row["hashes"] == [
            {
                "member": made.name,
                "sha256": made.sha256.hex(),
                "sha1": made.sha1.hex(),
                "md5": made.md5.hex(),
                "pdq": [one.value.hex() for one in made.prints],
            }
            for made in seen.members
        ]


def test_rows_are_packed_together_in_order_and_few_shards_wait_at_a_time(decided: tuple[Layout, Separation]) -> None:
    first, second = (manifest_of(decided[0], RUN, one, decided[1]) for one in SHARDS)
    given = 0

    def tables() -> Iterator[pa.Table]:
        nonlocal given
        for table in [first, *[first.slice(0, 0)] * 1000, second]:
            given += 1
            yield table

    together = gathered(tables())
    assert next(together).num_rows == len(OBSERVED[0])
    assert given <= 256
    assert pa.concat_tables([first, *together]).equals(pa.concat_tables([first, second]))
    many = pa.concat_tables([first] * 5000)
    assert [table.num_rows for table in gathered(iter([many, first, second]))] == [30_000, 10]


def test_a_sealed_row_has_a_token_and_neither_hash_nor_address(
    decided: tuple[Layout, Separation], tmp_path: Path
) -> None:
    path = tmp_path / "manifest.parquet"
    write_manifest(path, decided[0], RUN, SHARDS, decided[1])
    sealed = [row for row in pq.read_table(path).to_pylist() if row["confirmed"]]
    assert [row["record"].partition("#")[2] for row in sealed] == ["listed", "points", "points-too"]
    assert all(row["hashes"] is None and row["url"] is None for row in sealed)
    assert sealed[0]["token"] == RUN.token(sha256("listed")) == sealed[1]["token"]
    assert sealed[2]["token"] not in {None, sealed[0]["token"]}
    content = path.read_bytes()
    assert sha256("listed").hex().encode() not in content
    assert b"host.example" not in content


def test_the_manifest_is_private_and_the_same_every_time(decided: tuple[Layout, Separation], tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("one", "two")]
    for path in paths:
        write_manifest(path, decided[0], RUN, SHARDS, decided[1])
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert paths[0].stat().st_mode & 0o777 == 0o600


def test_decisions_of_another_scan_make_no_manifest(decided: tuple[Layout, Separation], tmp_path: Path) -> None:
    layout_of(tmp_path / "out", SHARDS, [OBSERVED[0][1:], OBSERVED[1]])
    with pytest.raises(DamagedStateError, match="another scan"):
        write_manifest(tmp_path / "x", decided[0], RUN, SHARDS, decided[1])


def test_the_tally_counts_what_one_would_count_by_hand(decided: tuple[Layout, Separation]) -> None:
    layout, separation = decided
    tally = Tally()
    actions: Counter[Action] = Counter()
    gaps: Counter[tuple[str, str]] = Counter()
    findings = found = confirmed = unexamined = 0
    for one in SHARDS:
        decisions = read_decisions(layout, one)
        tally.add(decisions, separation, concept_detectors=frozenset({"column"}), thresholds=THRESHOLDS)
        actions.update(final_actions(decisions, separation))
        for row in read_rows(decisions):
            gaps.update({(gap.detector, gap.reason.value) for gap in row.gaps})
            findings += len({(f.kind, f.detector, f.subject, f.tier, f.is_confirmed) for f in row.findings})
            found += row.found
            confirmed += row.confirmed
            unexamined += bool(row.gaps)
    assert tally.actions == actions
    assert tally.records == sum(map(len, OBSERVED)) == actions.total()
    assert tally.gaps == gaps
    assert tally.findings.total() == findings
    assert (tally.found, tally.confirmed, tally.unexamined) == (found, confirmed, unexamined)
    assert tally.claims_before == {"minor": 2, "adult_sexual": 1}
    assert tally.claims_after == {"minor": 1}
    assert tally.separated == 1
    assert tally.kinds == {"image": 6, "text": 3}
    assert tally.unclassified == {"image": 6}


def test_a_released_record_counts_as_examined_by_a_person(tmp_path: Path) -> None:
    rows = read_rows(judge(tabulate([OBSERVED[1][0]]), SHARDS[0], basis(tmp_path)))
    from safehold.datasets.decide.decision import tabulate as of_decisions

    tally = Tally()
    table = of_decisions([replace(rows[0], action=Action.ALLOW, released=True)])
    tally.add(table, Separation(), concept_detectors=frozenset(), thresholds=THRESHOLDS)
    assert (tally.unexamined, tally.released, tally.gaps.total()) == (0, 1, 1)


def test_evidence_below_the_policys_share_of_a_video_is_in_no_count() -> None:
    from safehold.datasets.decide.decision import tabulate as of_decisions

    frame = Finding(FindingKind.MATCH, "pdq", "csam", "bank@1#0", Tier.REVIEW, Bits(2), place="x.mp4 frame 1")
    videos = [replace(frame, detector="vpdq", value=Fraction(share)) for share in (0.79, 0.8)]
    for video, counted in zip(videos, ({"pdq"}, {"pdq", "vpdq"}), strict=True):
        held = Decision("x", "image|pdq", Action.HOLD, rules=("any",), findings=(frame, video))
        tally = Tally()
        tally.add(of_decisions([held]), Separation(), concept_detectors=frozenset(), thresholds=THRESHOLDS)
        assert {detector for _, detector, *_ in tally.findings} == counted


class TestRemovals:
    """A removal list points at nothing."""

    def out(self, root: Path, held: int) -> Path:
        made = basis(root, listing("made-up", [sha256("listed")]))
        gap = (Gap("pdq", GapReason.TRUNCATED),)
        rows = [replace(plain(f"{number}\n"), gaps=gap) for number in range(held)]
        layout = layout_of(root / "out", SHARDS[:1], [[*rows, image("listed", member("listed")), plain("stays")]])
        layout.record.write_text(
            '{"id": "0", "salt": "", "created_at": "", "sources": [], "options":'
            ' {"fields": {}, "slice_files": 1, "shard_rows": 1, "metadata_rows": 1}}'
        )
        save_mix(layout, Mix(SHARDS[:1]))
        judge_shard(layout, SHARDS[0], made, source_findings=())
        conclude(layout, SHARDS[:1], made)
        return root / "out"

    def test_a_list_names_all_that_is_out_sorted_and_without_reasons(self, tmp_path: Path) -> None:
        path = tmp_path / "removed.txt"
        assert write_removals(self.out(tmp_path, 99), path) == 100
        lines = path.read_bytes().splitlines()
        assert lines == sorted([b"00000.tar#listed", *(b"00000.tar#%d\\n" % number for number in range(99))])
        assert path.stat().st_mode & 0o777 == 0o600

    def test_a_list_with_too_many_confirmed_records_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "removed.txt"
        with pytest.raises(RevealingListError) as refused:
            write_removals(self.out(tmp_path, 98), path)
        assert refused.value.advice
        assert not path.exists()
