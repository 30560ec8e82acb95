"""Exports: complete and sealed for the law, without content and identities for auditors; each verifies offline."""

import dataclasses
import datetime as dt
import hashlib
import io
import json
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from tests.unit.cases.evidence.stand import AMIRA, ASKER, AT, CANARY, CONTENT, REPORTER, SUBJECT, WEN, Room, open_room

from safehold.cases import CaseId, CaseItem, Content, Form, NewItem, Origin, Person, Place, Role
from safehold.cases.axes import Age, AgeBand, Axes, Confidence, HarmType, Scheme, Severity
from safehold.cases.decisions import Decided, DecidedItem, Decision, DecisionId, Reversal, Standing
from safehold.cases.enforcement.enforcement import Enforcement, EnforcementId, EnforcementState, Measure
from safehold.cases.errors import NotForThemError, UnknownCaseError
from safehold.cases.evidence import Basis, Holds
from safehold.cases.exports import Archive, Exports, Keys, Scope, Signing, verify_export
from safehold.cases.exports import audit as audit_profile
from safehold.cases.exports import law as law_profile
from safehold.cases.exports.errors import ExportBrokenError, ExportError
from safehold.cases.exports.record import plain, require_shape
from safehold.cases.exposure.exposure import Exposure, ExposureId, Extent, Purpose
from safehold.ledger import SigningKey
from safehold.ledger.canonical import canonical
from safehold.vault.errors import RecipientKeyError
from safehold.vault.recipient import RecipientKey, make_recipient_key, open_for, read_recipient_key
from safehold.vocabulary import Action, Algorithm, Bits, Finding, FindingKind, Signal, Tier

PROMPT = "zanzibar-prompt-8812"
AUDITOR = Person("auda", frozenset({Role.AUDITOR}))
NAMES = ("noor", "robin", "amira", "wen", "auda", "kim", "sam")


@dataclass
class Given:
    """Decisions, enforcement and exposures as they are given."""

    rows: list[Any] = field(default_factory=list)

    def of_case(self, case: CaseId) -> Sequence[Any]:
        return [row for row in self.rows if row.case == case]


@dataclass
class Desk:
    """A room with a case that was decided, and what exports it."""

    room: Room
    exports: Exports
    decisions: Given
    recipient: RecipientKey
    key_file: Path

    def audit(self, *cases: CaseId, person: Person = AUDITOR) -> bytes:
        out = io.BytesIO()
        self.exports.audit(person, Scope(cases or (self.room.case,)), out)
        return out.getvalue()

    def unpacked(self, sealed: bytes) -> Mapping[str, bytes]:
        return verify_export(sealed, key=read_recipient_key(self.key_file)).files


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_room(tmp_path) as room:
        prompt = NewItem(
            Origin.GATEWAY,
            "chk_1#1",
            Form.TEXT,
            "prompt",
            Action.DENY,
            AT,
            findings=(
                Finding(FindingKind.MATCH, "sha256", "test", "bank@1#5", Tier.TRUSTED, Bits(0), None, "frame 3"),
            ),
            signals=(Signal(Algorithm.SHA256, b"\x07" * 32),),
            content=Content(Place.HELD, "f" * 64),
            context=room.public.box(json.dumps({"prompt": PROMPT}).encode()),
        )
        room.cases.open(SUBJECT, [prompt], actor="system")
        decisions, enforcement, exposures = Given([_decided(room)]), Given([_enforced(room)]), Given([_seen(room)])
        home = room.home
        archive = Archive(
            home.database,
            room.ledger,
            room.cases,
            decisions,
            enforcement,
            exposures,
            room.openings,
            Holds(home.database, room.ledger, room.clock, room.vault),
        )
        key_file = tmp_path / "authority.key"
        signing = Signing(lambda: SigningKey.load_or_create(home.keys, "installation"), b"s" * 32)
        exports = Exports(home.database, room.clock, archive, signing)
        yield Desk(room, exports, decisions, make_recipient_key(key_file), key_file)


def _decided(room: Room) -> Decided:
    first, second = room.cases.items(room.case)
    axes = Axes(HarmType.TEST, age=Age(AgeBand.UNCLEAR, Confidence.LOW), severities=(Severity(Scheme.INDUSTRY, "B2"),))
    said = (
        DecidedItem(first.id, Decision.CONFIRM, axes, "clear", 1, Standing.STANDS),
        DecidedItem(second.id, Decision.NOT_A_VIOLATION, Axes(), "", 2, Standing.REVERSED),
    )
    back = Reversal("sam", AT + dt.timedelta(hours=3), "mistake")
    return Decided(
        DecisionId("dec_" + "1" * 20),
        room.case,
        "kim",
        AT + dt.timedelta(hours=2),
        "q",
        "r@1",
        False,
        False,
        said,
        back,
    )


def _enforced(room: Room) -> Enforcement:
    return Enforcement(
        id=EnforcementId("enf_" + "2" * 20),
        measure=Measure.WARN,
        subject=SUBJECT,
        case=room.case,
        ground="test",
        days=None,
        references=("chk_1#0",),
        cause="dec_" + "1" * 20,
        people=("kim",),
        state=EnforcementState.IN_FORCE,
        proposed_at=AT,
        proposed_by="system",
        applied_at=AT,
        applied_by="kim",
        ends_at=None,
        ended_at=None,
        lift_asked_by="",
        carried_out_at=None,
        version=1,
    )


def _seen(room: Room) -> Exposure:
    item = room.cases.items(room.case)[0].id
    return Exposure(
        ExposureId("expo_" + "3" * 20), "kim", item, room.case, Purpose.REVIEW, Form.IMAGE, Extent.WHOLE, AT, AT, 4200
    )


def held(item: CaseItem) -> Mapping[str, bytes]:
    return {"data": b"red cube", "told.json": item.told.reference.encode()}


def lines(files: Mapping[str, bytes], name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in files[name].splitlines()]


def test_the_law_gets_everything_that_could_be_opened(desk: Desk) -> None:
    room = desk.room
    room.openings.request(REPORTER, room.evidence, case=room.case, purpose="report")
    (opening,) = room.openings.list()
    for person in (AMIRA, WEN):
        room.openings.grant(person, room.grant_of(opening.id, person.name))
    Holds(room.home.database, room.ledger, room.clock, room.vault).place(
        REPORTER, room.evidence, Basis.US_REPORT, reference="report-1"
    )
    sealed = desk.exports.law(REPORTER, room.case, desk.recipient, Keys(room.review, held))
    public_key = room.ledger.checkpoint().public_key
    found = verify_export(sealed, key=read_recipient_key(desk.key_file), public_key=public_key)
    assert (found.profile, found.is_anchored) == ("law", True)
    files = found.files
    image, prompt = room.cases.items(room.case)
    assert files[f"content/{image.id}/data"] == CONTENT
    assert files[f"content/{prompt.id}/data"] == b"red cube"
    assert json.loads(files[f"context/{prompt.id}.json"]) == {"prompt": PROMPT}
    assert lines(files, "case.jsonl")[0]["subject_mark"] == SUBJECT.mark
    assert [item["signals"][0]["value"] for item in lines(files, "items.jsonl")] == ["00" * 32, "07" * 32]
    (decision,) = lines(files, "decisions.jsonl")
    assert (decision["person"], decision["items"][0]["axes"]["severities"][0]["label"]) == ("kim", "B2")
    assert lines(files, "exposures.jsonl")[0]["milliseconds"] == 4200
    assert lines(files, "enforcement.jsonl")[0]["measure"] == "warn"
    assert lines(files, "holds.jsonl")[0]["rule"] == "us_report"
    assert lines(files, "openings.jsonl")[0]["granted_by"] == ["amira", "wen"]
    manifest = json.loads(files["manifest.json"])
    assert [(one["item"], one["what"], one["why"]) for one in manifest["missing"]] == [
        (image.id, "context", "nothing_kept")
    ]
    kinds = {one["event"]["kind"] for one in json.loads(files["proofs.json"])["events"]}
    assert kinds >= {"evidence.sealed", "case.opened", "opening.granted", "hold.started", "evidence.opened"}
    (exported,) = room.events("case.exported")
    assert (exported["profile"], exported["digest"]) == ("law", hashlib.sha256(files["manifest.json"]).hexdigest())


def test_what_could_not_be_opened_is_named_and_why(desk: Desk) -> None:
    room = desk.room
    room.granted()  # to somebody else
    files = desk.unpacked(desk.exports.law(REPORTER, room.case, desk.recipient))
    image, prompt = room.cases.items(room.case)
    missing = {(one["item"], one["what"]): one["why"] for one in json.loads(files["manifest.json"])["missing"]}
    assert missing == {
        (image.id, "context"): "nothing_kept",
        (image.id, "content"): "not_opened",
        (prompt.id, "context"): "no_review_key",
        (prompt.id, "content"): "no_review_key",
    }
    assert not [name for name in files if name.startswith(("content/", "context/"))]


def test_an_export_for_the_law_opens_for_its_recipient_alone_and_shows_nothing(desk: Desk, tmp_path: Path) -> None:
    room = desk.room
    sealed = desk.exports.law(REPORTER, room.case, desk.recipient, Keys(room.review, held))
    for word in (CANARY, PROMPT.encode(), SUBJECT.mark.encode(), room.case.encode(), b"manifest", b"red cube"):
        assert word not in sealed
    make_recipient_key(tmp_path / "other.key")
    with pytest.raises(RecipientKeyError):
        verify_export(sealed, key=read_recipient_key(tmp_path / "other.key"))
    with pytest.raises(ExportBrokenError, match="private key"):
        verify_export(sealed)
    for place in (0, 30, 200, len(sealed) // 2, len(sealed) - 40):
        changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        with pytest.raises((RecipientKeyError, ExportBrokenError)):
            verify_export(changed, key=read_recipient_key(desk.key_file))


def test_a_package_that_somebody_put_together_anew_is_refused(desk: Desk) -> None:
    """The recipient's public key is public: anybody can seal to it."""
    room = desk.room
    sealed = desk.exports.law(REPORTER, room.case, desk.recipient)
    files = dict(desk.unpacked(sealed))
    manifest = json.loads(files["manifest.json"])

    def again(changes: Mapping[str, bytes | None]) -> bytes:
        made = {name: data for name, data in {**files, **changes}.items() if data is not None}
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as archive:
            for name, data in made.items():
                header = tarfile.TarInfo(name)
                header.size = len(data)
                archive.addfile(header, io.BytesIO(data))
        return desk.recipient.seal(out.getvalue())

    assert verify_export(again({}), key=read_recipient_key(desk.key_file)).profile == "law"
    changed = files["items.jsonl"].replace(b'"role":"upload"', b'"role":"prompt"')
    stated = {**manifest["files"], "items.jsonl": _listed(changed)}
    for changes in (
        {"items.jsonl": changed},
        {"items.jsonl": changed, "manifest.json": canonical({**manifest, "files": stated})},
        {"manifest.json": canonical({**manifest, "missing": []})},
        {"manifest.json": canonical({**manifest, "made_by": "mallory"})},
        {"manifest.json": canonical({**manifest, "more": 1})},
        {"further": b"x"},
        {"../out": b"x"},
        {"holds.jsonl": None},
        {"export-proof.json": None},
        {"export-proof.json": files["proofs.json"]},
        {"proofs.json": files["proofs.json"].replace(b'"actor":"system"', b'"actor":"mallory"')},
    ):
        with pytest.raises(ExportBrokenError):
            verify_export(again(changes), key=read_recipient_key(desk.key_file))


def _listed(data: bytes) -> dict[str, object]:
    return {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def test_roles_decide_who_exports_what(desk: Desk) -> None:
    room = desk.room
    for person in (ASKER, AUDITOR, AMIRA):
        with pytest.raises(NotForThemError):
            desk.exports.law(person, room.case, desk.recipient)
    for person in (ASKER, REPORTER):
        with pytest.raises(NotForThemError):
            desk.audit(person=person)
    with pytest.raises(UnknownCaseError):
        desk.exports.law(REPORTER, CaseId("case_00"), desk.recipient)
    with pytest.raises(ExportError):
        desk.exports.audit(AUDITOR, Scope(), io.BytesIO())
    assert room.events("case.exported") == []


def _records(module: Any) -> set[type]:
    return {one for one in vars(module).values() if dataclasses.is_dataclass(one) and one.__module__ == module.__name__}


def _fields(records: set[type]) -> set[str]:
    return {one.name for record in records for one in dataclasses.fields(record)}


def _types(hint: Any) -> Iterator[Any]:
    inner = get_args(hint)
    if not inner:
        yield hint
    for one in inner:
        yield from _types(one)


def test_the_two_profiles_have_no_field_in_common() -> None:
    laws, audits = _records(law_profile), _records(audit_profile)
    assert len(laws) > 10
    assert len(audits) > 6
    assert _fields(laws) & _fields(audits) == set()


def test_no_field_for_auditors_can_hold_text_bytes_or_a_record_of_the_other_profile() -> None:
    names = {"AuditCaseId", "AuditDecisionId", "Pseudonym", "Digest", "Kind", "QueueName", "RulesLabel", "Schema"}
    for record in _records(audit_profile):
        for name, hint in get_type_hints(record).items():
            for one in _types(hint):
                is_plain = one in {int, bool, dt.datetime, type(None), Ellipsis}
                is_word = getattr(one, "__name__", "") in names and hasattr(one, "__supertype__")
                is_enum = isinstance(one, type) and issubclass(one, Enum)
                is_key = one is str and "Mapping" in str(hint)  # of counts
                assert is_plain or is_word or is_enum or is_key or one in _records(audit_profile), name


def test_a_field_of_the_other_profile_is_refused(desk: Desk) -> None:
    lines = [json.loads(line) for line in desk.audit().splitlines()]
    first = {line["record"]: number for number, line in reversed(list(enumerate(lines))) if line["record"] != "seal"}
    for name in sorted(_fields(_records(law_profile))):
        for number in first.values():
            more = {**lines[number], "value": {**lines[number]["value"], name: "x"}}
            changed = [*lines[:number], more, *lines[number + 1 :]]
            with pytest.raises(ExportBrokenError, match="fields"):
                verify_export(b"".join(canonical(line) + b"\n" for line in changed))
    item = plain(law_profile.LawHold("h", "e", "b", "", "", AT, None, None))
    require_shape(item, law_profile.LawHold)
    for name in sorted(_fields(_records(audit_profile))):
        with pytest.raises(ExportBrokenError):
            require_shape({**item, name: "x"}, law_profile.LawHold)  # type: ignore[dict-item]


def test_one_profile_never_passes_for_the_other(desk: Desk) -> None:
    """Also where somebody seals an export for auditors to the law's recipient."""
    with pytest.raises(ExportBrokenError):
        verify_export(desk.recipient.seal(desk.audit()), key=read_recipient_key(desk.key_file))
    law = open_for(desk.exports.law(REPORTER, desk.room.case, desk.recipient), read_recipient_key(desk.key_file))
    with pytest.raises(ExportBrokenError):
        verify_export(law)


@pytest.mark.parametrize(
    "text", ["", "safehold-recipient:", "safehold-recipient:AAAA", "x", "safehold-review:" + "A" * 44]
)
def test_what_is_no_recipients_key_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(RecipientKeyError):
        RecipientKey.parse(text)
    (tmp_path / "key").write_text(text)
    with pytest.raises(RecipientKeyError):
        read_recipient_key(tmp_path / "key")


def test_a_recipients_key_is_never_overwritten_and_for_its_owner_alone(tmp_path: Path) -> None:
    made = make_recipient_key(tmp_path / "key")
    assert RecipientKey.parse(made.text) == made
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(RecipientKeyError):
        make_recipient_key(tmp_path / "key")
