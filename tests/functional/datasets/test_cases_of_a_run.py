"""Held records of a run wait in its case, and what people decide there comes back into the cleaned dataset."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.functional.datasets.builders import (
    LISTED,
    Place,
    captioned,
    jpeg,
    make_place,
    results,
    rows_of,
    safeguard,
    write_tar,
)

from safehold.cases import CaseItem, CaseState, Form, ItemState, Origin, Priority, SubjectKind
from safehold.cases import Place as Where
from safehold.cases.decisions import Decision, ItemDecision, Undoing
from safehold.cases.rules import default_source
from safehold.cases.staff import Person, Role
from safehold.datasets.casework.consequence import DECIDE_AGAIN
from safehold.datasets.casework.handing import hand_over
from safehold.datasets.casework.items import SCHEMA
from safehold.datasets.casework.retrieval import RecordReader
from safehold.datasets.casework.taking import take_back
from safehold.datasets.decide.release import decode_releases, encode_releases
from safehold.datasets.errors import RecordGoneError, RunElsewhereError, UnknownRecordError
from safehold.datasets.freeing import release
from safehold.datasets.layout import Layout
from safehold.datasets.orders import Outcome
from safehold.datasets.proof.held import read_held
from safehold.datasets.run import load_mix, load_run
from safehold.datasets.safeguard import decide
from safehold.vault.review import make_review_key, open_box, read_review_key
from safehold.vocabulary import Action, Algorithm
from safehold.wiring import Workshop
from safehold.wiring.casework import Casework, open_casework

pytestmark = pytest.mark.long

AMIRA, LEAD = Person("amira", frozenset({Role.REVIEWER})), Person("lead", frozenset({Role.QUALITY_LEAD}))


def few_records(folder: Path) -> Path:
    """One shard with a record of each fate."""
    write_tar(
        folder / "00001.tar",
        {
            "a-plain": captioned(11),
            "b-by-sha256": {"jpg": LISTED.by_sha256, "txt": b"colours"},
            "d-near": {"jpg": LISTED.near_pdq, "txt": b"a red cube beside nothing"},
            "e-truncated": {"jpg": jpeg(12, side=64)[:-300]},
            "g-unknown": captioned(14, xyz=b"who knows"),
        },
    )
    return folder


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, Path]:
    """A run over varied tars, scanned and decided once for all tests that only look."""
    root = tmp_path_factory.mktemp("run")
    place = make_place(root)
    with place.open() as workshop:
        make_review_key(workshop.home.keys, out=root / "review.key")
    safeguard(place, [few_records(root / "in")], root / "out")
    return place, root / "out"


def items_of(casework: Casework) -> dict[str, CaseItem]:
    """Items by the record's key, which only their sealed circumstances tell."""
    key = read_review_key(casework.workshop.home.path.parent / "review.key")
    (case,) = casework.cases.list().cases
    found = {}
    for item in casework.cases.items(case.id):
        told = json.loads(open_box(casework.cases.context(item.id), key))
        assert told["schema"] == SCHEMA
        found[told["record"].partition("#")[2]] = item
    return found


def test_what_is_held_and_what_lists_know_waits_in_the_case_of_its_run(scanned: tuple[Place, Path]) -> None:
    place, out = scanned
    with place.open() as workshop:
        casework = open_casework(workshop)
        (case,) = casework.cases.list().cases
        found = items_of(casework)
        rows = rows_of(out)
        held = {name for name, row in rows.items() if row["action"] == "hold"}
        assert set(found) == held | {"b-by-sha256"}
        assert held == {"d-near", "e-truncated", "g-unknown"}
        assert (case.subject.kind, case.subject.mark) == (SubjectKind.SOURCE, load_run(Layout(out)).id)
        assert (case.priority, case.label, case.queue) == (Priority.URGENT, "csam", "datasets")
        known = found["b-by-sha256"].told
    assert (known.origin, known.form, known.action, known.role) == (Origin.DATASET, Form.IMAGE, Action.DENY, "record")
    assert known.content.place is Where.DATASET
    assert any(finding.is_confirmed for finding in known.findings)
    assert {signal.algorithm for signal in known.signals} == set(Algorithm)


def test_no_name_word_or_address_of_a_record_stands_in_cases_or_ledger(scanned: tuple[Place, Path]) -> None:
    place, out = scanned
    words = (b"b-by-sha256", b"d-near", b"a red cube beside", b"00001.tar", str(out).encode())
    for path in (place.home / "safehold.db", *place.home.glob("safehold.db-*")):
        assert not any(word in path.read_bytes() for word in words)
    with place.open() as workshop:
        assert not any(word.decode() in str(one.event) for one in workshop.ledger.events() for word in words)
        for item in items_of(open_casework(workshop)).values():
            assert not any(word.decode() in repr(item) for word in words)
            assert not any(one.place for one in (*item.told.findings, *item.told.gaps))


def test_the_same_run_again_puts_nothing_in_twice(scanned: tuple[Place, Path]) -> None:
    place, out = scanned
    with place.open() as workshop:
        before = open_casework(workshop).cases.list().cases
        again = decide(out, workshop.equipment(place.policy))
        assert open_casework(workshop).cases.list().cases == before
    assert again.handed is not None
    assert (again.handed.case, again.handed.added, again.handed.waiting) == (before[0].id, 0, before[0].items)


def test_a_record_is_read_again_for_review_and_the_ledger_says_so_before(scanned: tuple[Place, Path]) -> None:
    place, _ = scanned
    with place.open() as workshop:
        reader = RecordReader(workshop.record_cases(), workshop.ledger)
        item = items_of(open_casework(workshop))["d-near"]
        content = reader.read(item.told.content.reference, actor="amira", purpose="review")
        opened = [one.event for one in workshop.ledger.events() if one.event.kind == "record.opened"]
        with pytest.raises(UnknownRecordError):
            reader.read(item.told.content.reference[:-1] + "x", actor="amira", purpose="review")
        with pytest.raises(RunElsewhereError):
            reader.read("0" * 16 + "#" + "0" * 64, actor="amira", purpose="review")
        with pytest.raises(RunElsewhereError):
            reader.read("../../etc#x", actor="amira", purpose="review")
    assert content.main == LISTED.near_pdq
    assert (opened[-1].actor, opened[-1].details["purpose"]) == ("amira", "review")


def test_of_many_the_gravest_wait_first_and_others_follow(tmp_path: Path) -> None:
    place = make_place(tmp_path)
    out = _without_cases(place, tmp_path)
    with place.open() as workshop:
        equipment, layout = workshop.equipment(place.policy), Layout(out)
        run, shards = load_run(layout), load_mix(layout).shards
        first = hand_over(layout, run, shards, equipment, most=1)
        again = hand_over(layout, run, shards, equipment, most=1)
        cases = open_casework(workshop).cases
        (case,) = cases.list().cases
        assert all(any(one.is_confirmed for one in item.told.findings) for item in cases.items(case.id))
        rest = hand_over(layout, run, shards, equipment)
    assert first is not None
    assert rest is not None
    assert (first.added, first.waiting) == (1, 1)
    assert first.left > 0
    assert again == replace(first, added=0)
    assert (rest.added, rest.left) == (first.left, 0)


def _without_cases(place: Place, root: Path) -> Path:
    """Return the output of a run that nobody has handed over yet."""
    with place.open() as workshop:
        from tests.functional.datasets.builders import HERE

        from safehold.datasets.orders import ScanOrder
        from safehold.datasets.safeguard import scan

        equipment = replace(workshop.equipment(place.policy), cases=None)
        outcome = scan(ScanOrder((str(few_records(root / "in")),), root / "out"), equipment, engine=HERE)
        assert outcome.handed is None
    return root / "out"


@pytest.fixture
def own(tmp_path: Path) -> tuple[Place, Path]:
    place = make_place(tmp_path)
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        default_source().replace(
            "share: { confirm: 0.1, not_a_violation: 0.05, automatic: 0.0 }",
            "share: { confirm: 0.0, not_a_violation: 0.0, automatic: 0.0 }",
        )
    )
    settings = place.home / "settings.yaml"
    settings.write_text(settings.read_text() + f"case_rules: {rules}\n")
    with place.open() as workshop:
        make_review_key(workshop.home.keys, out=tmp_path / "review.key")
    safeguard(place, [few_records(tmp_path / "in")], tmp_path / "out")
    return place, tmp_path / "out"


def say(workshop: Workshop, verdicts: Mapping[str, Decision]) -> Any:
    casework = open_casework(workshop)
    found = items_of(casework)
    (case,) = casework.cases.list().cases
    said = [ItemDecision(found[name].id, verdict) for name, verdict in verdicts.items()]
    claim = casework.queues.claim(case.id, AMIRA)
    made = casework.decisions.decide(AMIRA, case.id, said, seen=casework.cases.show(case.id).version, claim=claim)
    casework.queues.give_back(claim, "done")
    return made


def decided(place: Place, workshop: Workshop, out: Path) -> Outcome:
    return decide(out, workshop.equipment(place.policy))


def test_what_is_no_violation_goes_into_the_cleaned_dataset_and_out_again_when_that_is_reversed(
    own: tuple[Place, Path],
) -> None:
    place, out = own
    with place.open() as workshop:
        made = say(workshop, {"d-near": Decision.NOT_A_VIOLATION, "e-truncated": Decision.CANNOT_TELL})
        assert rows_of(out)["d-near"]["action"] == "hold"
        decided(place, workshop, out)
        rows = rows_of(out)
        assert (rows["d-near"]["action"], rows["e-truncated"]["action"]) == ("allow", "hold")
        once = results(out)
        decided(place, workshop, out)
        assert results(out) == once
        open_casework(workshop).decisions.reverse(LEAD, made, "wrong_person")
        open_casework(workshop).decisions.settle()
        undone = [(one.reference, one.outcome, one.why) for one in open_casework(workshop).decisions.outcomes(made)]
        assert (load_run(Layout(out)).id, Undoing.STANDS, DECIDE_AGAIN) in undone
        decided(place, workshop, out)
        assert rows_of(out)["d-near"]["action"] == "hold"
        events = [one.event for one in workshop.ledger.events() if one.event.kind.startswith("record.release")]
        item = items_of(open_casework(workshop))["d-near"]
    assert [one.kind for one in events] == ["record.released", "record.release_withdrawn"]
    assert events[0].details["by"] == events[1].details["by"] == made
    assert item.state is ItemState.UNDECIDED


def test_what_a_trusted_list_knows_is_decided_with_nobody_looking_and_what_is_near_is_not(
    own: tuple[Place, Path],
) -> None:
    place, _ = own
    with place.open() as workshop:
        casework = open_casework(workshop)
        casework.decisions.settle()
        states = {name: item.state for name, item in items_of(casework).items()}
        opened = [one.event.kind for one in workshop.ledger.events()]
    assert states.pop("b-by-sha256") is ItemState.DECIDED
    assert set(states.values()) == {ItemState.UNDECIDED}
    assert "record.opened" not in opened


def test_a_release_outlives_its_case_and_one_that_somebody_made_here_is_never_taken_back(
    own: tuple[Place, Path],
) -> None:
    place, out = own
    run = load_run(Layout(out))
    with place.open() as workshop:
        equipment = workshop.equipment(place.policy)
        (name,) = [one.name for one in read_held(out, limit=9).records if one.name.endswith("d-near")]
        release(out, [name], reason="decided in a meeting", equipment=equipment)
        decided(place, workshop, out)
        (told,) = decode_releases(Layout(out).releases.read_bytes()).values()
        assert told.reason == "decided in a meeting"
        by_case = replace(told, reason="decided in case_0123456789abcdef0123 by dec_0123456789abcdef0123")
        Layout(out).releases.write_bytes(encode_releases([by_case]))
        forgotten = replace(equipment, cases=replace(workshop.record_cases(), verdicts=_Forgotten()))
        assert take_back(Layout(out), run, load_mix(Layout(out)).shards, forgotten).withdrawn == 0
        assert take_back(Layout(out), run, load_mix(Layout(out)).shards, equipment).withdrawn == 1


class _Forgotten:
    """Verdicts of a home that has forgotten the run's case."""

    def items(self, _run: str) -> dict[str, Any]:
        return {}

    def standing(self, _run: str) -> dict[str, Any]:
        return {}


def test_what_a_list_confirms_is_never_freed_whatever_somebody_decides(own: tuple[Place, Path]) -> None:
    place, out = own
    with place.open() as workshop:
        say(workshop, {"b-by-sha256": Decision.NOT_A_VIOLATION})
        decided(place, workshop, out)
    assert rows_of(out)["b-by-sha256"]["action"] == "deny"


def test_what_is_not_held_any_more_waits_no_longer_and_waits_again_once_it_is_held_again(
    own: tuple[Place, Path],
) -> None:
    place, out = own
    with place.open() as workshop:
        casework = open_casework(workshop)
        before = items_of(casework)
        policy = place.policy.read_text()
        place.policy.write_text(policy.replace("  pdq: 31", "  pdq: 0"))
        milder = decided(place, workshop, out)
        near = items_of(casework)["d-near"]
        assert milder.handed is not None
        assert (milder.handed.withdrawn, near.state) == (1, ItemState.DECIDED)
        place.policy.write_text(policy)
        again = decided(place, workshop, out)
        assert again.handed is not None
        assert (again.handed.added, items_of(casework)["d-near"].state) == (1, ItemState.UNDECIDED)
        assert again.handed.waiting == len(before)
        assert casework.cases.show(near.case).state is CaseState.OPEN


def test_a_source_that_changed_is_not_read_for_review(own: tuple[Place, Path]) -> None:
    place, _ = own
    with place.open() as workshop:
        reader = RecordReader(workshop.record_cases(), workshop.ledger)
        item = items_of(open_casework(workshop))["d-near"]
        (place.root / "in" / "00001.tar").write_bytes(b"something else")
        with pytest.raises(RecordGoneError):
            reader.read(item.told.content.reference, actor="amira", purpose="review")
