"""The decide stage over several shards: what is judged again, what leaves the mix, and what each record ends as."""

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.datasets.made_up import basis, image, layout_of, listing, member, plain, sha256, shard, text

from safehold.datasets.apply.sides import sides_of
from safehold.datasets.decide.basis import Basis
from safehold.datasets.decide.decision import Decision, read_rows, tabulate
from safehold.datasets.decide.stage import (
    Decided,
    conclude,
    final_actions,
    judge_shard,
    read_conclusion,
    read_decisions,
)
from safehold.datasets.errors import DamagedStateError
from safehold.datasets.layout import Layout
from safehold.datasets.scan.ipc import to_ipc
from safehold.screening import Removal, Separation, SeparationRules, default_policy
from safehold.vocabulary import Action, Gap, GapReason

CUBE = image("cube", member("a"), texts=[("txt", "a red cube")])
BALL = image("ball", member("b"), texts=[("txt", "a blue ball")])
SHARDS = (shard(0), shard(1))


def judged(root: Path, observed: list[list], **more: object) -> tuple[Layout, Basis, Decided]:
    made = basis(root, *more.pop("banks", ()), **more)
    layout = layout_of(root / "out", SHARDS[: len(observed)], observed)
    for one in SHARDS[: len(observed)]:
        judge_shard(layout, one, made, source_findings=())
    return layout, made, conclude(layout, SHARDS[: len(observed)], made)


def test_concepts_that_meet_only_across_shards_are_separated(tmp_path: Path) -> None:
    layout, _, decided = judged(tmp_path, [[CUBE, plain("x")], [BALL]])
    assert decided.separation == Separation(removed=frozenset({"adult_sexual"}))
    actions = [list(final_actions(read_decisions(layout, one), decided.separation)) for one in SHARDS]
    assert actions == [[Action.ALLOW, Action.ALLOW], [Action.DENY]]


def test_one_concept_alone_stays(tmp_path: Path) -> None:
    _, _, decided = judged(tmp_path, [[BALL], [plain("x")]])
    assert decided.separation == Separation()


def test_what_is_held_does_not_count_as_remaining(tmp_path: Path) -> None:
    held = replace(CUBE, gaps=(Gap("pdq", GapReason.TRUNCATED),))
    _, _, decided = judged(tmp_path, [[held], [BALL]])
    assert decided.separation == Separation()


def test_a_dataset_of_text_alone_follows_its_own_policy(tmp_path: Path) -> None:
    _, _, decided = judged(tmp_path, [[text("a", "a red cube")], [text("b", "a blue ball")]])
    assert decided.separation == Separation(tolerated=(("minor", "adult_sexual"),))


def test_text_beside_pictures_follows_the_policy_of_the_mix(tmp_path: Path) -> None:
    policy = default_policy()
    milder = replace(policy, text_separation=SeparationRules((), ()))
    both = text("both", "a red cube, a blue ball")
    layout, made, _ = judged(tmp_path, [[both], [plain("x")]], policy=milder)
    assert read_rows(read_decisions(layout, SHARDS[0]))[0].action is Action.HOLD
    before = [layout.decision(one.number).read_bytes() for one in SHARDS]
    for one in SHARDS:
        judge_shard(layout, one, made, source_findings=())
    conclude(layout, SHARDS, made)
    assert [layout.decision(one.number).read_bytes() for one in SHARDS] == before


def test_the_conclusion_is_read_as_it_was_committed(tmp_path: Path) -> None:
    layout, _, decided = judged(tmp_path, [[CUBE], [BALL]])
    assert read_conclusion(layout) == decided
    layout.decided.write_text("{}")
    with pytest.raises(DamagedStateError):
        read_conclusion(layout)


@pytest.mark.parametrize("metadata", [b"[]", b"{}", b"no JSON"])
def test_decisions_that_do_not_say_what_they_were_made_with_are_damaged(tmp_path: Path, metadata: bytes) -> None:
    layout, _, _ = judged(tmp_path, [[CUBE], [BALL]])
    decisions = read_decisions(layout, SHARDS[0]).replace_schema_metadata({b"safehold": metadata})
    layout.decision(0).write_bytes(to_ipc(decisions))
    with pytest.raises(DamagedStateError):
        read_decisions(layout, SHARDS[0])


def test_the_digest_changes_with_what_decides_and_with_nothing_else(tmp_path: Path) -> None:
    def digest(name: str, observed: list[list] | None = None, **more: object) -> str:
        (tmp_path / name).mkdir()
        return judged(tmp_path / name, observed or [[plain("x")], [CUBE]], **more)[2].digest

    one = digest("one")
    assert digest("same") == one
    others = [
        digest("bank", banks=[listing("made-up", [sha256("nobody")])]),
        digest("policy", policy=replace(default_policy(), digest="other")),
        digest("record", [[plain("y")], [CUBE]]),
    ]
    assert len({one, *others}) == 4


def test_a_shard_that_fails_elsewhere_is_judged_again(tmp_path: Path) -> None:
    from safehold.datasets.scan.part import unread_part

    torn = unread_part(GapReason.TRUNCATED)
    layout, made, _ = judged(tmp_path, [[plain("a"), torn]])
    layout_of(tmp_path / "out", SHARDS[:1], [[plain("a"), plain("b"), torn]])
    assert judge_shard(layout, SHARDS[0], made, source_findings=()).num_rows == 3


def test_a_withdrawn_entry_frees_its_record(tmp_path: Path) -> None:
    bank = listing("made-up", [sha256("listed")])
    layout, _, _ = judged(tmp_path, [[image("x", member("listed"))]], banks=[bank])
    assert read_rows(read_decisions(layout, SHARDS[0]))[0].action is Action.DENY
    without = listing("made-up", [sha256("another")])
    judge_shard(layout, SHARDS[0], basis(tmp_path, without), source_findings=())
    assert read_rows(read_decisions(layout, SHARDS[0]))[0].action is Action.ALLOW


CONCEPTS = ("a", "b", "c", "d")
SEPARATIONS = [
    Separation(),
    Separation(removed=frozenset({"a"})),
    Separation(outputs=(("a", "b"),)),
    Separation(removed=frozenset({"d"}), outputs=(("a", "b"), ("a", "c"))),
    Separation(outputs=(("a", "b"), ("c", "d"))),
    Separation(tolerated=(("a", "b"),)),
]


@pytest.mark.parametrize("separation", SEPARATIONS)
def test_every_record_that_stays_is_on_exactly_one_side_and_no_pair_meets_there(separation: Separation) -> None:
    claimed = [chosen for size in range(5) for chosen in itertools.combinations(CONCEPTS, size)]
    decisions = tabulate([Decision(str(row), "|", Action.ALLOW, claims=one) for row, one in enumerate(claimed)])
    sides = sides_of(separation)
    for one, final in zip(claimed, final_actions(decisions, separation), strict=True):
        taking = [side for side in sides if side.takes(one)]
        if final is Action.ALLOW:
            assert len(taking) == 1
            assert separation.removed.isdisjoint(one)
            assert not any(set(pair) <= set(one) for pair in separation.outputs)
        else:
            assert separation.removed.intersection(one) or not taking


@pytest.mark.parametrize("action", [Action.HOLD, Action.DENY])
def test_separation_makes_nothing_milder(action: Action) -> None:
    decisions = tabulate([Decision("x", "|", action, claims=("a",)), Decision("y", "|", action)])
    assert list(final_actions(decisions, Separation(removed=frozenset({"a"})))) == [action, action]


def test_two_outputs_of_a_policy_are_two_sides(tmp_path: Path) -> None:
    policy = default_policy()
    pair = replace(policy.separation.across_mix[0], remove=Removal.TWO_OUTPUTS)
    apart = replace(policy, separation=replace(policy.separation, across_mix=(pair,)))
    _, _, decided = judged(tmp_path, [[CUBE], [BALL]], policy=apart)
    clean, other = sides_of(decided.separation)
    assert (clean.folder, other.folder) == ("clean", "clean-adult_sexual")
    assert [side.takes(("minor",)) for side in (clean, other)] == [True, False]
    assert [side.takes(("adult_sexual",)) for side in (clean, other)] == [False, True]
