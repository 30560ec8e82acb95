"""Members that a policy calls inert: hashed and looked up, and otherwise no reason to hold a record."""

import pytest

from safehold.datasets.scan.examination import examine
from safehold.datasets.scan.settings import ScanSettings
from safehold.datasets.sources import Member, Record, Text
from safehold.media import Limits
from safehold.media import test_signature_png as signature_png
from safehold.screening import Subject, default_policy, screen
from safehold.vocabulary import Action, GapReason, MediaKind, PdqFlavour

INERT = ScanSettings(Limits(), (PdqFlavour.FULL,), ("npy",))
STRICT = ScanSettings(Limits(), (PdqFlavour.FULL,))
ARRAY = Member("0.npy", "npy", b"\x93NUMPY\x01\x00 and some numbers")


def record(*members: Member) -> Record:
    return Record("0", members, (Text("txt", "a red cube"),))


def action(seen: Record, settings: ScanSettings) -> Action:
    found = examine(seen, settings)
    examined = found.examined | {"caption-rules"}
    return screen(Subject(found.kinds, (), found.gaps, examined), default_policy()).action


def test_a_record_with_an_inert_member_is_not_held_for_it() -> None:
    assert action(record(ARRAY), INERT) is Action.ALLOW
    assert action(record(ARRAY), STRICT) is Action.HOLD


def test_an_inert_member_is_hashed_like_any_other() -> None:
    (member,) = examine(record(ARRAY), INERT).members
    assert member.size_bytes == len(ARRAY.data)
    assert {"sha256", "sha1", "md5"} <= examine(record(ARRAY), INERT).examined


@pytest.mark.parametrize("settings", [INERT, STRICT])
def test_media_under_an_inert_name_is_examined_as_what_it_is(settings: ScanSettings) -> None:
    found = examine(record(Member("0.npy", "npy", signature_png())), settings)
    assert MediaKind.IMAGE in found.kinds
    assert found.members[0].prints


def test_an_unknown_member_beside_an_inert_one_still_holds_the_record() -> None:
    found = examine(record(ARRAY, Member("0.bin", "bin", b"\x00\x01\x02")), INERT)
    assert [gap.reason for gap in found.gaps] == [GapReason.UNKNOWN_KIND]
    assert MediaKind.UNKNOWN in found.kinds
