"""Preservation: confirmed items go from what waits for review into the vault, whole, whatever happens in between."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.unit.console.preserving import PROMPT, REPORTED, Place, decide, report

from safehold.cases import CaseState, Form, NewItem, Origin, Person, Role, Subject, SubjectKind
from safehold.cases import Place as Where
from safehold.cases.awaiting import LOST, PRESERVE, Preserved, preserving
from safehold.cases.evidence.errors import OpeningUnfitError
from safehold.cases.exports import Keys, verify_export
from safehold.cases.tables import case_contexts, case_preservations
from safehold.console.viewing.openers import account_opener
from safehold.console.viewing.viewer import Asking, Viewer
from safehold.gateway.held import HeldItems
from safehold.gateway.reports import Status
from safehold.gateway.tables import held
from safehold.home.outbox.tables import jobs
from safehold.media import test_signature_png as signature_png
from safehold.media.sandbox import Reply
from safehold.vault import ErasureRefusedError, EvidenceId, Label, Reference, ReferenceKind
from safehold.vault.granting import Request, grant
from safehold.vault.recipient import RecipientKey, make_recipient_key, read_recipient_key
from safehold.vault.review import read_review_key
from safehold.vocabulary import Action

NOOR = Person("noor", frozenset({Role.SPECIALIST, Role.REPORTER}))
RECEIPT = Reference(ReferenceKind.RECEIPT, "receipt-1")

pytestmark = pytest.mark.long  # each with a home of its own


def test_a_confirmed_item_is_sealed_to_the_custodians_and_found_there(place: Place) -> None:
    assert place.item.told.content.place is Where.HELD
    assert place.preserver.settle() == 1
    content = place.item.told.content
    assert (content.place, place.state()) == (Where.VAULT, Preserved.KEPT)
    assert place.opened(content.reference) == signature_png()
    assert place.kinds().count("evidence.preserved") == 1


def test_everything_that_is_known_of_an_item_is_sealed_with_it_and_bound_to_it(place: Place) -> None:
    place.preserver.settle()
    item = place.item
    told = place.account(item)
    assert (told["item"], told["case"], told["content"]) == (item.id, item.case, item.told.content.reference)
    assert told["told"] == {"kind": "image", "file_name": "cube.png", "text": "", "turns": []}
    known = told["circumstances"]
    assert [one["text"] for one in known["items"]] == ["", PROMPT]
    assert (known["account"], known["session"], known["model"], known["model_version"]) == ("a-17", "s-3", "cubes", "7")
    assert known["identifiers"] == [{"kind": "screen_name", "value": "cube-friend"}]
    assert (known["occurrences"][0]["address"], known["occurrences"][0]["port"]) == ("192.0.2.7", 4711)
    assert known["conversation"] == [{"role": "user", "text": "a blue ball, please"}]
    (event,) = place.told("evidence.preserved")
    assert event == {
        "item": item.id,
        "case": item.case,
        "evidence": item.told.content.reference,
        "circumstances": place.account_of(item),
    }
    rows = {row.id: row.belongs_to for row in place.vault.list()}
    assert rows == {item.told.content.reference: "", place.account_of(item): item.told.content.reference}
    assert place.vault.fsck().is_sound


def test_the_account_is_held_and_destroyed_with_its_evidence(place: Place) -> None:
    place.preserver.settle()
    evidence, account = EvidenceId(place.item.told.content.reference), place.account_of(place.item)
    hold = place.vault.hold(evidence, "counsel")
    with pytest.raises(ErasureRefusedError):
        place.vault.erase(account, RECEIPT)
    place.vault.release(hold.id)
    place.vault.erase(evidence, RECEIPT)
    assert place.sealed() == []
    assert place.kinds().count("evidence.erased") == 2


def test_words_of_a_report_in_the_case_are_evidence_too(undecided: Place) -> None:
    ticket = report(undecided.casework)
    decide(undecided.casework)
    undecided.casework.reports.decide(ticket, Status.ACTED, actor="nadia", follows_case=True)
    undecided.pass_days(200)
    assert undecided.casework.reports.forget() == 0, "the vault does not have the note"
    assert undecided.preserver.settle() == 2
    assert undecided.casework.reports.forget() == 1
    (item,) = [one for one in undecided.items() if one.told.origin is Origin.REPORT]
    told = undecided.account(item)
    assert (told["report"]["ticket"], told["report"]["category"], told["content"]) == (ticket, "other", None)
    assert told["report"]["words"]["note"] == REPORTED
    assert told["report"]["words"]["contact"] == "reporter@example.org"
    assert item.told.content.place is Where.NOWHERE


def granted(place: Place, evidence: EvidenceId) -> None:
    """Let both custodians open evidence to who exports and looks."""
    openings = place.casework.openings
    asked = openings.request(NOOR, evidence, case=place.item.case, purpose="report")
    for key in place.private_keys():
        given = grant(Request.from_bytes(openings.package(asked.id)), key)
        openings.grant(Person(key.name, frozenset({Role.CUSTODIAN})), given)


def exported(place: Place) -> tuple[Mapping[str, bytes], list[dict[str, str]]]:
    recipient = place.folder / "recipient.key"
    public = read_public(recipient)
    review = read_review_key(place.folder / "review.key")
    sealed = place.casework.exports.law(NOOR, place.item.case, public, Keys(review, None))
    files = verify_export(sealed, key=read_recipient_key(recipient)).files
    return files, json.loads(files["manifest.json"])["missing"]


def read_public(path: Path) -> RecipientKey:
    return make_recipient_key(path) if not path.exists() else RecipientKey(read_recipient_key(path).public_key)


def test_circumstances_that_only_the_vault_has_are_opened_by_two_to_the_console_and_the_law(
    place: Place,
) -> None:
    place.preserver.settle()
    item, account = place.item, place.account_of(place.item)
    with place.casework.workshop.home.database.writing() as connection:
        connection.execute(sa.delete(case_contexts))  # it had had its time
    viewer = Viewer(
        read_review_key(place.folder / "review.key"),
        lambda *_: Reply(b""),
        {},
        open_account=account_opener(place.casework.openings, place.casework.workshop.home.database),
    )
    assert viewer.context(item, b"", Asking(NOOR, "review")) == {}
    files, missing = exported(place)
    assert {"item": item.id, "what": "account", "why": "not_opened"} in missing
    assert json.loads(files["preserved.jsonl"]) == {
        "item": item.id,
        "content": item.told.content.reference,
        "account": account,
    }
    granted(place, account)
    assert viewer.context(item, b"", Asking(NOOR, "review"))["account"] == "a-17"
    assert viewer.context(item, b"", Asking(Person("kim", NOOR.roles), "review")) == {}
    files, missing = exported(place)
    assert json.loads(files[f"account/{item.id}.json"])["circumstances"]["account"] == "a-17"
    assert [one["what"] for one in missing if one["item"] == item.id] == ["content"]
    proven = {one["event"]["kind"] for one in json.loads(files["proofs.json"])["events"]}
    assert {"evidence.sealed", "evidence.preserved", "evidence.opened"} <= proven


def test_an_account_belongs_to_its_case_alone(place: Place) -> None:
    place.preserver.settle()
    item, account = place.item, place.account_of(place.item)
    other = place.casework.cases.open(
        Subject(SubjectKind.MODEL, "cubes"),
        [NewItem(Origin.HAND, "hand#1", Form.FINGERPRINT, "model", Action.HOLD, place.clock.now())],
        actor="nadia",
    )
    with pytest.raises(OpeningUnfitError):
        place.casework.openings.request(NOOR, account, case=other, purpose="report")
    assert [one.case for one in place.casework.cases.find(account)] == [item.case]


def test_a_kill_between_sealing_and_noting_it_keeps_the_bytes_once(place: Place) -> None:
    place.vault.put(signature_png(), Label(place.item.case))  # what had been done when it was killed
    assert place.preserver.settle() == 1
    assert len(place.sealed()) == 2


def test_a_second_job_for_the_same_item_changes_nothing(place: Place) -> None:
    place.preserver.settle()
    before = place.item
    with place.casework.workshop.home.database.writing() as connection:
        place.outbox.enqueue(connection, PRESERVE, {"item": before.id})
    assert place.preserver.settle() == 1
    assert place.item == before
    assert place.kinds().count("evidence.preserved") == 1


def test_confirmed_evidence_waits_for_custodians_for_as_long_as_that_takes(place: Place) -> None:
    place.without_custodians()
    for _ in range(30):  # far longer than jobs are tried, cases stay open and held items may live
        place.pass_days(2)
        assert place.preserver.settle() == 0
        assert place.forget().held == 0
    assert place.outbox.dead() == ()
    assert place.item.told.content.place is Where.HELD
    for name in ("bela", "cleo"):
        place.vault.custodians.generate(name, out=place.folder / f"{name}.key")
    place.pass_days(1)
    assert place.preserver.settle() == 1
    assert "evidence.lost" not in place.kinds()
    assert place.casework.cases.close_settled(actor="system") == 1, "it is closed once the vault has it"


def test_confirmed_evidence_outlives_everything_where_no_console_has_the_review_key(place: Place) -> None:
    for _ in range(10):
        place.pass_days(20)  # workers come by long after its time was over, too
        place.forget()
    items = HeldItems(place.casework.workshop.home.database, place.casework.workshop.ledger).list()
    assert [one.kind.value for one in items] == ["image"]
    assert place.casework.cases.list().cases[0].state is CaseState.DECIDED
    place.pass_days(20)
    assert place.preserver.settle() == 1, "its time was over and nobody had come by"


def test_a_job_that_was_given_up_keeps_its_item_and_is_taken_up_again_a_day_later(place: Place) -> None:
    database = place.casework.workshop.home.database
    (job,) = place.outbox.lease({PRESERVE}, 60)
    place.outbox.failed(job, "OSError", for_good=True)
    for _ in range(4):
        place.pass_days(15)
        assert place.forget().held == 0
    with database.reading() as connection:
        standing = preserving(connection, place.clock.now())
    assert (standing.given_up, standing.late) == (1, 1)
    assert place.preserver.settle() == 1
    with database.reading() as connection:
        assert preserving(connection, place.clock.now()) == type(standing)(0, 0)


def test_a_job_that_was_given_up_is_left_alone_until_a_day_has_passed(place: Place) -> None:
    (job,) = place.outbox.lease({PRESERVE}, 60)
    place.outbox.failed(job, "OSError", for_good=True)
    place.pass_days(0.9)
    assert place.preserver.settle() == 0
    assert len(place.outbox.dead()) == 1


@pytest.mark.parametrize("is_written", [True, False])
def test_evidence_that_no_job_knows_of_is_found_and_taken_up_again(place: Place, *, is_written: bool) -> None:
    with place.casework.workshop.home.database.writing() as connection:
        connection.execute(sa.delete(jobs))  # what the outbox was to do is gone
        if not is_written:
            connection.execute(sa.delete(case_preservations))  # and nothing of it was written down
    place.pass_days(40)
    assert place.forget().held == 0
    assert place.item.told.content.place is Where.HELD
    assert place.preserver.settle() == 1
    assert place.opened(place.item.told.content.reference) == signature_png()


def test_nothing_is_sealed_to_a_lone_custodian_since_no_ceremony_could_open_it(place: Place) -> None:
    place.without_custodians(left=1)
    assert place.preserver.settle() == 0
    assert place.sealed() == []
    place.vault.custodians.generate("bela", out=place.folder / "bela.key")
    place.pass_days(1)
    assert place.preserver.settle() == 1


def test_circumstances_wait_for_the_vault_and_then_go_in_time_like_any_other(place: Place) -> None:
    item = place.item
    place.pass_days(400)
    place.forget()
    assert place.casework.cases.context(item.id) != b"", "the vault does not have them"
    place.preserver.settle()
    assert place.casework.cases.close_settled(actor="system") == 1
    place.pass_days(179)
    assert place.forget().circumstances == 0
    place.pass_days(2)
    assert place.forget().circumstances == 1
    assert place.casework.cases.context(item.id) == b""
    assert place.account(item)["circumstances"]["account"] == "a-17"


def test_what_was_preserved_without_its_circumstances_gets_them(place: Place) -> None:
    evidence = place.left_by_an_earlier_version()
    assert place.preserver.settle() == 1
    assert place.account(place.item)["content"] == evidence
    assert {row.belongs_to for row in place.vault.list()} == {"", evidence}


def test_what_was_gone_before_it_could_be_preserved_is_said_to_be_lost_and_the_rest_is_kept(place: Place) -> None:
    with place.casework.workshop.home.database.writing() as connection:
        connection.execute(sa.delete(held))
    assert place.preserver.settle() == 0
    assert place.kinds().count("evidence.lost") == 1
    assert (place.state(), [job.reason for job in place.outbox.dead()]) == (Preserved.LOST, [LOST])
    assert place.account(place.item)["circumstances"]["account"] == "a-17"
    place.pass_days(3)
    assert place.preserver.settle() == 0
    assert place.kinds().count("evidence.lost") == 1


def test_nothing_of_what_was_never_confirmed_is_sealed(undecided: Place) -> None:
    report(undecided.casework)
    undecided.pass_days(1)
    assert undecided.preserver.settle() == 0
    assert (undecided.sealed(), undecided.state()) == ([], None)


def test_circumstances_alone_are_preserved_where_the_content_was_never_kept(undecided: Place) -> None:
    with undecided.casework.workshop.home.database.writing() as connection:
        connection.execute(sa.text("UPDATE case_items SET place = 'nowhere', content = 'too-large'"))
    decide(undecided.casework)
    assert undecided.preserver.settle() == 1
    assert undecided.account(undecided.item)["circumstances"]["account"] == "a-17"
    assert (undecided.state(), len(undecided.sealed())) == (Preserved.KEPT, 1)
