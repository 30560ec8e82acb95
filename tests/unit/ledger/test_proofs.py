"""Some events of a ledger, proven without the rest."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import Places

from safehold.ledger import BadSignatureError, Ledger, ProofFailedError, SigningKey, open_ledger
from safehold.ledger.merkle import Frontier, inclusion_proof, leaf_hash
from safehold.ledger.proofs import EventProof, inclusion_paths, prove
from safehold.vocabulary import Event, SystemClock

LEAVES = [leaf_hash(str(number).encode()) for number in range(70)]


@pytest.fixture
def ledger(chosen_places: Places, tmp_path: Path) -> Ledger:
    opened = open_ledger(chosen_places.open(tmp_path / "home", SystemClock()))
    for number in range(20):
        opened.append(Event("bank.imported", "tester", details={"number": number}))
        if number % 7 == 3:
            opened.checkpoint()
    return opened


@given(st.integers(1, 70), st.data())
def test_one_pass_gives_the_proofs_that_the_standard_defines(size: int, data: st.DataObject) -> None:
    skipped = data.draw(st.integers(0, size - 1))
    wanted = sorted(data.draw(st.sets(st.integers(skipped, size - 1), min_size=1, max_size=5)))
    found = inclusion_paths(Frontier().extended(LEAVES[:skipped]), LEAVES[skipped:size], wanted)
    assert found == {place: inclusion_proof(LEAVES[:size], place) for place in wanted}


@pytest.mark.parametrize("wanted", [[0], [20], [3, 4, 5, 19], list(range(21))], ids=str)
def test_what_is_proven_verifies_offline_from_its_text(ledger: Ledger, wanted: list[int]) -> None:
    proof = prove(ledger, wanted)
    again = EventProof.from_json(proof.to_json())
    again.verify(ledger.checkpoint().public_key)
    assert [one.entry.seq for one in again.events] == wanted
    assert again == proof


def test_nothing_asked_proves_nothing_and_what_is_not_there_is_refused(ledger: Ledger) -> None:
    assert prove(ledger, []).events == ()
    for place in (-1, 21):
        with pytest.raises(ProofFailedError):
            prove(ledger, [place])


def test_an_altered_moved_or_foreign_event_is_not_proven(ledger: Ledger) -> None:
    proof = prove(ledger, [4, 9])
    first, second = proof.events
    for events in (
        (replace(first, path=second.path), second),
        (replace(first, path=first.path[:-1]),),
        (replace(first, entry=replace(first.entry, seq=5)),),
    ):
        with pytest.raises(ProofFailedError):
            replace(proof, events=events).verify()
    text = proof.to_json()
    for changed in (text.replace("tester", "mallory"), text.replace('"number":3', '"number":4'), "{}", "[]", "", "x"):
        with pytest.raises(ProofFailedError):
            EventProof.from_json(changed)
    fields = json.loads(text)
    fields["checkpoint"]["size"] += 1
    with pytest.raises(BadSignatureError):
        EventProof.from_json(json.dumps(fields, separators=(",", ":"), sort_keys=True))


def test_somebody_elses_signature_is_not_the_installations(ledger: Ledger) -> None:
    proof = prove(ledger, [4])
    proof.verify()
    with pytest.raises(ProofFailedError, match="another key"):
        proof.verify(SigningKey.generate().public_key)


def test_events_are_found_by_a_whole_detail_and_not_by_a_part_of_one(ledger: Ledger) -> None:
    place = ledger.append(Event("hold.started", "tester", details={"hold": "open_1", "evidence": "ab"}))
    ledger.append(Event("hold.started", "tester", details={"hold": "openX1", "evidence": "abc"}))
    assert ledger.places(["open_1"]) == ledger.places(["ab", "open_1"], kinds=["hold.started"]) == (place,)
    assert ledger.places(["open_1"], kinds=["hold.ended"]) == ledger.places(["open_1"], start=place + 1) == ()
    assert ledger.places([]) == ledger.places(["hold"]) == ledger.places(["_"]) == ()
