"""What many held items have in common is stored once, as long as any of them holds it."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.unit.gateway import made_up
from tests.unit.gateway.made_up import CANARY, Desk, Made, open_desk

from safehold.gateway import Item, ItemKind
from safehold.gateway.contents import SealedHeld, drop_unheld, put_in, seal_item
from safehold.gateway.held import HeldItems
from safehold.gateway.purge import Purged, purge
from safehold.gateway.recording import content_of
from safehold.gateway.tables import contents, held
from safehold.ledger.entry import timestamp
from safehold.media.signature_picture import test_signature_png as signature_png
from safehold.vault import CustodianKey
from safehold.vault.errors import ReviewKeyError
from safehold.vault.review import make_review_key, read_review_key

FLOOD = 40


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[tuple[Desk, CustodianKey]]:
    folder = tmp_path / "elsewhere" / "keys"
    folder.mkdir(parents=True)
    key = make_review_key(folder, out=tmp_path / "review.key")
    with open_desk(tmp_path, Made(review_key=key)) as desk:
        yield desk, read_review_key(tmp_path / "review.key")


def upload(desk: Desk, number: int) -> None:
    picture = Item(ItemKind.IMAGE, data=signature_png(), file_name=f"cube-{number}.png")
    desk.ask(picture, account=f"a-{number}")


def forget(desk: Desk) -> Purged:
    retention = made_up.policy().retention
    return purge(desk.home.database, desk.ledger, retention, desk.clock.now(), actor="system")


def other_folder(folder: Path) -> Path:
    keys = folder / "other" / "keys"
    keys.mkdir(parents=True)
    return keys


def opened(desk: Desk, key: CustodianKey) -> list[Item]:
    items = HeldItems(desk.home.database, desk.ledger)
    return [items.open(one.id, key, actor="amira", purpose="review", now=desk.clock.now()) for one in items.list()]


def stored_bytes(desk: Desk) -> int:
    rows = (*desk.rows("gateway_held"), *desk.rows("gateway_contents"))
    return sum(len(row["sealed"]) + len(row["share"]) for row in rows)


def test_a_flood_of_identical_uploads_costs_one_stored_content(kept: tuple[Desk, CustodianKey]) -> None:
    desk, key = kept
    upload(desk, 0)
    once = stored_bytes(desk)
    for number in range(1, FLOOD):
        upload(desk, number)
    assert (len(desk.rows("gateway_held")), len(desk.rows("gateway_contents"))) == (FLOOD, 1)
    assert stored_bytes(desk) - once < FLOOD * 200, "what is each upload's own: its name and kind"
    found = opened(desk, key)
    assert {item.data for item in found} == {signature_png()}
    assert {item.file_name for item in found} == {f"cube-{number}.png" for number in range(FLOOD)}


def test_a_content_goes_with_the_last_item_that_holds_it_and_not_before(kept: tuple[Desk, CustodianKey]) -> None:
    desk, key = kept
    upload(desk, 0)
    desk.pass_seconds(40 * 3600)
    upload(desk, 1)
    desk.pass_seconds(33 * 3600)
    assert forget(desk).held == 1
    (left,) = opened(desk, key)
    assert (left.file_name, left.data) == ("cube-1.png", signature_png())
    desk.pass_seconds(40 * 3600)
    assert forget(desk).held == 1
    assert (desk.rows("gateway_held"), desk.rows("gateway_contents")) == ([], [])
    upload(desk, 2)
    assert opened(desk, key)[0].data == signature_png(), "what comes back is kept again"


def test_a_name_says_nothing_of_the_bytes_to_who_lacks_the_homes_key(kept: tuple[Desk, CustodianKey]) -> None:
    desk, _ = kept
    upload(desk, 0)
    (row,) = desk.rows("gateway_contents")
    assert row["id"] not in {hashlib.sha256(data).hexdigest() for data in (signature_png(), content_of(_bare()))}
    key = made_key(desk)
    sealed = [seal_item(_bare(), key, check_key=bytes([secret]) * 32) for secret in (1, 1, 2)]
    assert sealed[0].body.id == sealed[1].body.id != sealed[2].body.id
    assert len({one.id for one in sealed}) == 3


def made_key(desk: Desk) -> object:
    return desk.checks._records.review_key


def _bare() -> Item:
    return Item(ItemKind.IMAGE, data=signature_png())


def test_items_of_another_text_or_key_share_nothing(kept: tuple[Desk, CustodianKey], tmp_path: Path) -> None:
    desk, _ = kept
    first = desk.checks._records.review_key
    second = make_review_key(other_folder(tmp_path), out=tmp_path / "second.key")
    told = [Item(ItemKind.PROMPT, text=text) for text in ("a red cube", "a blue ball")]
    names = {seal_item(item, key, check_key=b"k" * 32).body.id for item in told for key in (first, second)}
    assert len(names) == 4


def test_another_key_opens_neither_part(kept: tuple[Desk, CustodianKey], tmp_path: Path) -> None:
    desk, _ = kept
    upload(desk, 0)
    make_review_key(other_folder(tmp_path), out=tmp_path / "second.key")
    with pytest.raises(ReviewKeyError):
        opened(desk, read_review_key(tmp_path / "second.key"))


def test_an_item_that_an_earlier_version_kept_is_still_opened_and_removed(kept: tuple[Desk, CustodianKey]) -> None:
    desk, key = kept
    item = Item(ItemKind.PROMPT, text=f"a red cube {CANARY}", file_name="x.txt")
    sealed = desk.checks._records.review_key.seal(content_of(item), check_key=b"k" * 32)
    row = {"id": sealed.id, "decision": "chk_1", "item": 0, "kind": "prompt", "size": sealed.size}
    lies = {"sealed": sealed.object, "share": sealed.share, "review_key": sealed.review_key}
    with desk.home.database.writing() as connection:
        connection.execute(sa.insert(held).values(**row, **lies, expires_at=timestamp(desk.clock.now())))
        connection.execute(sa.update(held).values(expires_at="2999-01-01T00:00:00.000000Z"))
    assert opened(desk, key) == [item]
    with desk.home.database.writing() as connection:
        connection.execute(sa.update(held).values(expires_at="2000-01-01T00:00:00.000000Z"))
    assert forget(desk).held == 1


class KilledError(BaseException):
    """Stands for a kill in the middle of a transaction."""


def killed(desk: Desk, work: Callable[[sa.Connection], None]) -> None:
    with desk.home.database.writing() as connection:
        work(connection)
        raise KilledError


def test_a_kill_between_an_item_and_its_content_leaves_both_or_neither(kept: tuple[Desk, CustodianKey]) -> None:
    desk, _ = kept
    sealed: SealedHeld = seal_item(_bare(), desk.checks._records.review_key, check_key=b"k" * 32)
    with pytest.raises(KilledError):
        killed(desk, lambda connection: put_in(connection, sealed))
    assert desk.rows("gateway_contents") == []
    upload(desk, 0)
    names = [row["id"] for row in desk.rows("gateway_contents")]

    def remove(connection: sa.Connection) -> None:
        connection.execute(sa.delete(held))
        drop_unheld(connection, names)

    with pytest.raises(KilledError):
        killed(desk, remove)
    assert (len(desk.rows("gateway_held")), len(desk.rows("gateway_contents"))) == (1, 1)
    with desk.home.database.reading() as connection:
        dangling = sa.select(held.c.id).where(held.c.content.not_in(sa.select(contents.c.id)))
        assert connection.execute(dangling).first() is None
