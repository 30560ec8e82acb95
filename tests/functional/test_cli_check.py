"""Checks from the command line and with real decoding children: the whole path, and what is left when it is cut."""

import io
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from safehold.gateway import Caller, CheckRequest, Context, Item, ItemKind, Scope
from safehold.media.signature_picture import test_signature_png as signature_png
from safehold.vocabulary import Action
from safehold.wiring.gateway import Gateway, open_gateway

Call = Callable[..., Any]
CANARY = "kanarienvogel"


def picture(seed: int = 0) -> bytes:
    noise = np.random.default_rng(seed).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    image, out, exif = Image.fromarray(noise).resize((96, 96)), io.BytesIO(), Image.Exif()
    exif[0x010E] = f"{CANARY}-exif"
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    folder = tmp_path / "files"
    folder.mkdir()
    content = {"plain": picture(), "listed": signature_png(), "broken": b"\xff\xd8\xff\xe0 cut short"}
    for name, data in content.items():
        (folder / f"{CANARY}-{name}.jpg").write_bytes(data)
    return {name: folder / f"{CANARY}-{name}.jpg" for name in content}


@pytest.fixture(autouse=True)
def few_children(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAFEHOLD_MEDIA_CHILDREN", "1")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with open_gateway(
        tmp_path_factory.mktemp("gateway") / "home",
        environment={"SAFEHOLD_ACTOR": "tester", "SAFEHOLD_MEDIA_CHILDREN": "1"},
    ) as opened:
        yield opened


def ask(gateway: Gateway, *items: Item, **context: str) -> Any:
    caller = Caller("tester", frozenset(Scope))
    return gateway.checks.check(CheckRequest(items, Context(**context)), caller)


def test_each_command_ends_with_the_code_of_what_it_found(call: Call, files: dict[str, Path]) -> None:
    fine = call("check", "text", "a red cube", "a blue ball")
    assert (fine.code, fine.data["action"], len(fine.data["items"])) == (0, "allow", 2)
    listed = call("check", "image", files["plain"], files["listed"], files["broken"])
    assert (listed.code, [item["action"] for item in listed.data["items"]]) == (1, ["allow", "deny", "hold"])
    broken = call("check", "edit", files["broken"], "make it brighter")
    assert (broken.code, broken.data["refusal"]) == (4, "not_examined")


def test_a_key_for_review_keeps_what_is_refused_and_the_doctor_says_so(
    call: Call, files: dict[str, Path], home: Path, tmp_path: Path
) -> None:
    from safehold.gateway.held import HeldItems
    from safehold.vault.review import read_review_key
    from safehold.wiring import open_workshop

    assert call("vault", "review-key", "--out", home / "inside.key").code == 2
    made = call("vault", "review-key", "--out", tmp_path / "review.key")
    assert made.code == 0
    assert call("vault", "review-key", "--out", tmp_path / "other.key").code == 2
    call("check", "image", files["listed"])
    with open_workshop(home) as workshop:
        items = HeldItems(workshop.home.database, workshop.ledger)
        (kept,) = items.list()
        key, now = read_review_key(tmp_path / "review.key"), workshop.home.clock.now()
        assert items.open(kept.id, key, actor="tester", purpose="review", now=now).data == signature_png()


def test_a_real_child_examines_what_an_hour_of_text_is_joined_with(gateway: Gateway) -> None:
    assert ask(gateway, Item(ItemKind.IMAGE, data=picture())).action is Action.ALLOW
    assert ask(gateway, Item(ItemKind.OUTPUT_IMAGE, data=signature_png())).action is Action.DENY
    assert ask(gateway, Item(ItemKind.SOURCE_IMAGE, data=picture()), Item(ItemKind.PROMPT, text="brighter")).action is (
        Action.ALLOW
    )
    assert ask(gateway, Item(ItemKind.VIDEO, data=b"RIFF\x00\x00\x00\x00AVI LIST")).action is Action.HOLD


@pytest.mark.sqlite
def test_nothing_that_was_sent_comes_up_in_home_ledger_or_logs(
    gateway: Gateway, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    ask(
        gateway,
        Item(ItemKind.PROMPT, text=f"{CANARY}-prompt child, sexual"),
        Item(ItemKind.IMAGE, id=f"{CANARY}-id", data=picture(), file_name=f"{CANARY}-name.jpg"),
        Item(ItemKind.FILE, data=f"{CANARY}-file".encode(), file_name=f"{CANARY}.txt"),
        account=f"{CANARY}-account",
        session=f"{CANARY}-session",
        model=f"{CANARY}/model",
    )
    events = str([entry.line() for entry in gateway.workshop.ledger.events()])
    home = gateway.workshop.home.path
    with sqlite3.connect(home / "safehold.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(FULL)")
    connection.close()
    stored = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert CANARY.encode() not in stored
    assert CANARY not in events
    assert CANARY not in caplog.text
    assert CANARY not in "".join(capfd.readouterr())


KILLED = """
import os, sys, threading
from pathlib import Path
from safehold.gateway import *
from safehold.wiring.gateway import open_gateway
with open_gateway(Path(sys.argv[1])) as gateway:
    caller = Caller("tester")
    def work():
        while True:
            answer = gateway.checks.check(CheckRequest((Item(ItemKind.PROMPT, text="a red cube"),)), caller)
            os.write(1, answer.id.encode() + b"\\n")
    threads = [threading.Thread(target=work, daemon=True) for _ in range(3)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
"""


@pytest.mark.sqlite
def test_what_was_answered_survives_a_kill_and_what_was_not_is_whole_or_absent(tmp_path: Path, call: Call) -> None:
    home = tmp_path / "home"
    command = [sys.executable, "-c", KILLED, str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        answered = [process.stdout.readline() for _ in range(40)]
        os.killpg(process.pid, signal.SIGKILL)
        answered += process.stdout.readlines()
    ids = {line.decode().strip() for line in answered if line.endswith(b"\n")}
    with sqlite3.connect(home / "safehold.db") as connection:
        decided = {row[0] for row in connection.execute("SELECT id FROM gateway_decisions")}
        events = [row[0] for row in connection.execute("SELECT details FROM events WHERE kind = 'check.decided'")]
    connection.close()
    assert ids <= decided
    assert len(events) == len(decided)
    assert all(any(f'"{one}"' in event for event in events) for one in ids)
    assert call("ledger", "verify").code == 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="children are found by Linux's /proc")
def test_a_child_that_is_killed_costs_at_most_the_item_that_it_had(gateway: Gateway) -> None:
    children = [
        int(folder.name)
        for folder in Path("/proc").glob("[0-9]*")
        if b"safehold.gateway.media_child" in (folder / "cmdline").read_bytes()
        and f"PPid:\t{os.getpid()}\n" in (folder / "status").read_text()
    ]
    assert children
    for pid in children:
        os.kill(pid, signal.SIGKILL)
    actions, deadline = [], time.monotonic() + 20
    while time.monotonic() < deadline:
        actions.append(ask(gateway, Item(ItemKind.IMAGE, data=picture())).action)
        if actions[-1] is Action.ALLOW:
            break
    assert actions[-1] is Action.ALLOW
    assert set(actions[:-1]) <= {Action.HOLD}
    assert ask(gateway, Item(ItemKind.IMAGE, data=signature_png())).action is Action.DENY
