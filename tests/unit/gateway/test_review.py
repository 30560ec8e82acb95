"""What is kept of held and denied items, and who can open it."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.gateway import made_up
from tests.unit.gateway.made_up import CANARY, Desk, Made, open_desk

from safehold.gateway import Item, ItemKind, Turn
from safehold.gateway.errors import DigestKeyError, HeldItemMissingError
from safehold.gateway.held import HeldItems
from safehold.gateway.marks import KEY_NAME, Marks, digest_key
from safehold.gateway.purge import purge
from safehold.home.backup import backup
from safehold.ledger import UnfitEventError
from safehold.media.signature_picture import test_signature_png as signature_png
from safehold.vault import CustodianKey
from safehold.vault.errors import ReviewKeyError
from safehold.vault.review import ReviewKey, SealedItem, make_review_key, open_item, read_review_key

BOTH = f"a red cube and a blue ball {CANARY}"


@pytest.fixture
def keys(tmp_path: Path) -> tuple[ReviewKey, CustodianKey]:
    folder = tmp_path / "elsewhere" / "keys"
    folder.mkdir(parents=True)
    made = make_review_key(folder, out=tmp_path / "review.key")
    return made, read_review_key(tmp_path / "review.key")


def opened(desk: Desk, key: CustodianKey) -> list[Item]:
    items = HeldItems(desk.home.database, desk.ledger)
    return [items.open(one.id, key, actor="amira", purpose="review", now=desk.clock.now()) for one in items.list()]


def test_held_and_denied_items_are_kept_and_nothing_else(tmp_path: Path, keys: tuple[ReviewKey, CustodianKey]) -> None:
    with open_desk(tmp_path, Made(review_key=keys[0])) as desk:
        desk.say(f"a green tree {CANARY}")
        answer = desk.ask(
            Item(ItemKind.PROMPT, text="a green tree"), Item(ItemKind.IMAGE, data=signature_png(), file_name="x.png")
        )
        desk.say(BOTH)
        desk.ask(Item(ItemKind.MESSAGES, turns=(Turn("user", BOTH),)))
        found = opened(desk, keys[1])
        (kept,) = HeldItems(desk.home.database, desk.ledger).list(answer.id)
        events = desk.events("held.opened")
    assert {item.kind for item in found} == {ItemKind.IMAGE, ItemKind.PROMPT, ItemKind.MESSAGES}
    assert Item(ItemKind.IMAGE, data=signature_png(), file_name="x.png") in found
    assert Item(ItemKind.PROMPT, text=BOTH) in found
    assert (kept.kind, kept.review_key) == (ItemKind.IMAGE, keys[0].name)
    assert [event["purpose"] for event in events] == ["review"] * 3


def test_without_a_review_key_nothing_is_kept(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        desk.say(BOTH)
        assert desk.rows("gateway_held") == []
        assert not desk.checks.keeps_held_items


@pytest.mark.parametrize("changes", [{"retention__held_hours": 0}, {"retention__held_bytes": 1}])
def test_a_policy_may_keep_nothing_or_nothing_large(
    tmp_path: Path, keys: tuple[ReviewKey, CustodianKey], changes: dict[str, int]
) -> None:
    with open_desk(tmp_path, Made(made_up.policy(**changes), review_key=keys[0])) as desk:
        desk.ask(Item(ItemKind.IMAGE, data=signature_png()))
        assert desk.rows("gateway_held") == []


def test_what_is_kept_ends_by_itself(tmp_path: Path, keys: tuple[ReviewKey, CustodianKey]) -> None:
    with open_desk(tmp_path, Made(review_key=keys[0])) as desk:
        desk.say(BOTH)
        desk.pass_seconds(72 * 3600 - 1)
        assert len(opened(desk, keys[1])) == 1
        desk.pass_seconds(1)
        with pytest.raises(HeldItemMissingError):
            opened(desk, keys[1])
        purged = purge(desk.home.database, desk.ledger, made_up.policy().retention, desk.clock.now(), actor="t")
        assert purged.held == 1
        assert desk.rows("gateway_held") == []


def test_a_purpose_of_more_than_a_word_opens_nothing(tmp_path: Path, keys: tuple[ReviewKey, CustodianKey]) -> None:
    with open_desk(tmp_path, Made(review_key=keys[0])) as desk:
        desk.say(BOTH)
        items = HeldItems(desk.home.database, desk.ledger)
        with pytest.raises(UnfitEventError):
            items.open(items.list()[0].id, keys[1], actor="amira", purpose="to look at it", now=desk.clock.now())


def test_another_key_and_a_changed_item_do_not_open(keys: tuple[ReviewKey, CustodianKey]) -> None:
    sealed = keys[0].seal(b"content", check_key=b"k" * 32)
    assert open_item(sealed, keys[1]) == b"content"
    flipped = bytearray(sealed.object)
    flipped[-40] ^= 1
    bad: list[tuple[SealedItem, CustodianKey]] = [
        (sealed, CustodianKey("review", b"x" * 32)),
        (replace(sealed, object=bytes(flipped)), keys[1]),
        (replace(sealed, id="0" * 64), keys[1]),
    ]
    for item, key in bad:
        with pytest.raises(ReviewKeyError):
            open_item(item, key)


def test_two_sealings_of_the_same_item_have_nothing_in_common(keys: tuple[ReviewKey, CustodianKey]) -> None:
    one, other = (keys[0].seal(b"content", check_key=b"k" * 32) for _ in range(2))
    assert one.id != other.id
    assert one.share[-80:] != other.share[-80:]


def test_the_private_half_is_private_and_never_in_the_home(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "keys"
    folder.mkdir(parents=True)
    out = tmp_path / "review.key"
    with pytest.raises(ReviewKeyError):
        make_review_key(folder, out=folder / "review.key")
    first = make_review_key(folder, out=out)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    with pytest.raises(ReviewKeyError):
        make_review_key(folder, out=tmp_path / "other.key")
    with pytest.raises(ReviewKeyError):
        make_review_key(folder, out=out, replaces=True)
    second = make_review_key(folder, out=tmp_path / "other.key", replaces=True)
    assert ReviewKey.load(folder) == second != first


def test_files_that_are_no_keys_are_named(tmp_path: Path) -> None:
    (tmp_path / "review.pub").write_text("something")
    with pytest.raises(ReviewKeyError):
        ReviewKey.load(tmp_path)
    with pytest.raises(ReviewKeyError):
        read_review_key(tmp_path / "review.pub")
    (tmp_path / KEY_NAME).write_text("not hex")
    with pytest.raises(DigestKeyError):
        digest_key(tmp_path)


def test_the_key_of_marks_is_made_once_and_private(tmp_path: Path) -> None:
    key = digest_key(tmp_path)
    assert digest_key(tmp_path) == key
    assert len(key) == 32
    assert stat.S_IMODE((tmp_path / KEY_NAME).stat().st_mode) == 0o600
    marks = Marks(key)
    assert marks.of("account", "") is None
    assert marks.of("account", "a") != marks.of("session", "a") != Marks(b"x" * 32).of("session", "a")
    assert marks.of("account", "\ud800")


def test_a_backup_holds_the_public_half_and_the_key_of_marks_only_where_private_keys_are_asked_for(
    tmp_path: Path,
) -> None:
    with open_desk(tmp_path) as desk:
        make_review_key(desk.home.keys, out=tmp_path / "review.key")
        digest_key(desk.home.keys)
        plain = backup(desk.home, tmp_path / "plain.tar")
        whole = backup(desk.home, tmp_path / "whole.tar", with_private_keys=True)
    assert {"keys/review.pub"} == plain.files.keys() & {"keys/review.pub", f"keys/{KEY_NAME}"}
    assert {"keys/review.pub", f"keys/{KEY_NAME}"} <= whole.files.keys()


def test_with_another_key_of_marks_conduct_begins_anew(tmp_path: Path) -> None:
    assert Marks(b"a" * 32).of("account", "x") != Marks(b"b" * 32).of("account", "x")
    (tmp_path / "keys").mkdir()
    first = digest_key(tmp_path / "keys")
    (tmp_path / "keys" / KEY_NAME).unlink()
    assert digest_key(tmp_path / "keys") != first
