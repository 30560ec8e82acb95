"""On a Ray cluster a scan ends as on one machine, to the byte, also when a node is killed in the middle of it.

These tests need Ray, which `make test` does not install: `make ray-test` runs them.
"""

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from tests.functional.conftest import Call
from tests.functional.datasets.builders import (
    LISTED,
    Place,
    captioned,
    copy_run,
    leftovers,
    plain_records,
    repeated_events,
    results,
    rows_of,
    safeguard,
    varied_tars,
    write_tar,
)
from tests.functional.datasets.conftest import Driver
from tests.functional.datasets.driver import children_of
from tests.functional.datasets.test_isolation import CHILD as HOSTILE_CHILD
from tests.functional.datasets.test_remote_source import served as served  # noqa: PLC0414  # a fixture

from safehold.datasets.proof.verify import verify
from safehold.datasets.scan.child import CHILD_MODULE

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
needs_ray = pytest.mark.skipif(
    os.environ.get("TEST_RAY") != "1" or find_spec("ray") is None,
    reason="needs Ray, which is installed and tested by: make ray-test",
)


@dataclass(slots=True)
class Nodes:
    """The program of `nodes.py`."""

    process: "subprocess.Popen[str]"
    environment: dict[str, str]
    address: str

    def kill(self, number: int) -> list[str]:
        """Kill a node and return the names of its processes."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{number}\n")
        self.process.stdin.flush()
        killed: list[str] = json.loads(self.process.stdout.readline())
        return killed


@pytest.fixture
def nodes() -> Iterator[Nodes]:
    """A head without cores and two nodes with one core each, all on the loopback interface."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # what keeps Ray to the loopback interface
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
    }
    command = [sys.executable, str(HERE / "nodes.py"), "2"]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environment, **pipes) as process:
        assert process.stdout is not None
        yield Nodes(process, environment, json.loads(process.stdout.readline())["address"])
        assert process.stdin is not None
        process.stdin.close()


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


def many_shards(folder: Path) -> Path:
    """Shards of about half a second each, among them one full of cases."""
    pictures = [captioned(number) for number in range(100, 110)]
    for number in range(11):
        write_tar(folder / f"{number:05d}.tar", {f"{row:04d}": pictures[row % 10] for row in range(240)})
    (varied_tars(folder / "varied") / "00001.tar").rename(folder / "00011.tar")
    return folder


@needs_ray
@pytest.mark.slow
def test_a_node_killed_in_the_middle_of_a_scan_changes_nothing_of_the_result(place: Place, nodes: Nodes) -> None:
    source, reference, out = many_shards(place.root / "shards"), place.root / "reference", place.root / "out"
    safeguard(place, [source], reference)
    copy_run(reference, out)
    command = [Path(sys.executable).with_name("safehold"), "--home", place.home, "dataset", "scan", source, "--json"]
    command += ["--out", out, "--policy", place.policy, "--engine", "ray", "--ray-address", nodes.address]
    with subprocess.Popen(command, env=nodes.environment, stdout=subprocess.PIPE) as scanning:
        wait_for(lambda: len(list((out / ".safehold" / "scan").glob("*.arrow"))) >= 3)
        killed = nodes.kill(0)
        committed = len(list((out / ".safehold" / "scan").glob("*.arrow")))
        said, _ = scanning.communicate(timeout=120)
    assert {"raylet", CHILD_MODULE} <= set(killed), "a decoding child was on that node"
    assert committed < 10, "it was the middle"
    assert scanning.returncode == 1, "the listed pictures were found"
    assert json.loads(said)["records"]["total"] == 11 * 240 + 13
    assert results(out) == results(reference)
    assert not verify(out).differences
    assert leftovers(out, place.home) == []
    assert repeated_events(place) == []


@needs_ray
@pytest.mark.slow
def test_a_record_that_ends_its_child_costs_on_ray_what_it_costs_elsewhere(place: Place, driver: Driver) -> None:
    place.write_policy(seconds="1")
    records = {
        "a-plain": captioned(11),
        "b-kill": captioned(12),
        "c-hang": captioned(13),
        "d-raise": captioned(14),
        "e-kill-listed": {"jpg": LISTED.by_sha256},
        "f-plain": captioned(15),
    }
    write_tar(place.root / "shards" / "0.tar", records)
    source = write_tar(place.root / "shards" / "1.tar", plain_records(4)).parent
    reference, out = place.root / "reference", place.root / "out"
    hostile = [sys.executable, "-P", HOSTILE_CHILD]
    said = driver.ask(place, sources=[source], out=reference, workers=2, child=hostile)
    assert said.get("incomplete"), said
    said = driver.ask(place, sources=[source], out=copy_run(reference, out), workers=2, child=hostile, engine="ray")
    assert said.get("incomplete"), said
    gaps = {key: {reason for _, reason in row["gaps"]} for key, row in rows_of(out).items() if row["gaps"]}
    assert gaps == {
        "b-kill": {"crashed"},
        "c-hang": {"timed_out"},
        "d-raise": {"detector_failed"},
        "e-kill-listed": {"crashed"},
    }
    assert results(out) == results(reference)


def below(parent: int) -> set[int]:
    return {pid for child in children_of(parent) for pid in (child, *below(child))}


def is_running(pid: int) -> bool:
    """Whether there is such a process that could read or decode; Ray's two agents look for it for a minute or two."""
    with suppress(OSError):
        command = Path(f"/proc/{pid}/cmdline").read_bytes()  # of a process that only waits to be reaped it is empty
        return command != b"" and b"Agent" not in command
    return False


def listening(pids: set[int]) -> set[str]:
    """The addresses, as the kernel writes them, at which some processes take connections."""
    inodes = set()
    for pid in pids:
        for link in Path(f"/proc/{pid}/fd").glob("*"):
            with suppress(OSError):
                inodes.update(re.findall(r"socket:\[(\d+)\]", str(link.readlink())))
    lines = [line.split() for name in ("tcp", "tcp6") for line in Path("/proc/net", name).read_text().splitlines()[1:]]
    return {words[1].partition(":")[0] for words in lines if words[3] == "0A" and words[9] in inodes}


def folder_of(pids: set[int]) -> Path:
    """The folder that was made for the files of a Ray of our own."""
    commands = (Path(f"/proc/{pid}/cmdline").read_bytes().decode() for pid in pids if is_running(pid))
    return Path(next(found[1] for command in commands if (found := re.search(r"(/tmp/safehold-\w+)/r", command))))


LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}


@needs_ray
@pytest.mark.slow
def test_a_ray_of_our_own_keeps_to_this_machine_ends_with_its_supervisor_and_the_scan_resumes(
    place: Place, driver: Driver
) -> None:
    source, reference, out = many_shards(place.root / "shards"), place.root / "reference", place.root / "out"
    safeguard(place, [source], reference)
    copy_run(reference, out)
    before = below(os.getpid())
    driver.tell(place, sources=[source], out=out, workers=2, engine="ray")
    wait_for(lambda: len(list((out / ".safehold" / "scan").glob("*.arrow"))) >= 2)
    started = below(os.getpid()) - before
    assert len(started) > 5
    assert listening(started) <= LOOPBACK
    assert listening(started), "something listens, and it was found"
    folder = folder_of(started)
    assert folder.stat().st_mode & 0o077 == 0
    os.kill(driver.supervisor(), signal.SIGKILL)
    assert driver.hear()["killed"]
    wait_for(lambda: not any(is_running(pid) for pid in started))
    said = driver.ask(place, sources=[source], out=out, workers=2)
    assert said.get("error") is None, said
    assert results(out) == results(reference)
    assert leftovers(out, place.home) == []
    shutil.rmtree(folder)  # nobody else is left to


@needs_ray
@pytest.mark.slow
def test_a_source_behind_an_address_is_read_by_the_children_of_a_slot(
    place: Place, served: tuple[Path, str], driver: Driver
) -> None:
    folder, address = served
    write_tar(folder / "00000.tar", {**plain_records(4), "empty": captioned(7) | {"jpg": b""}})
    said = driver.ask(place, sources=[f"{address}/00000.tar"], out=place.root / "remote", engine="ray")
    assert said.get("error") is None, said
    safeguard(place, [folder / "00000.tar"], place.root / "local")
    clean = [place.root / name / "clean" / "00000.tar" for name in ("remote", "local")]
    assert clean[0].read_bytes() == clean[1].read_bytes()


@pytest.mark.skipif(find_spec("ray") is not None, reason="Ray is installed here")
def test_where_ray_is_missing_the_error_says_how_to_install_it(call: Call, tmp_path: Path) -> None:
    shard = write_tar(tmp_path / "0.tar", plain_records(1))
    said = call("dataset", "scan", shard, "--out", tmp_path / "out", "--engine", "ray")
    assert said.code == 2
    assert "pip install 'safehold[ray]'" in said.errors
    assert not (tmp_path / "out").exists()


def test_the_address_of_a_cluster_goes_with_its_engine(call: Call, tmp_path: Path) -> None:
    shard = write_tar(tmp_path / "0.tar", plain_records(1))
    said = call("dataset", "scan", shard, "--out", tmp_path / "out", "--ray-address", "127.0.0.1:6379")
    assert said.code == 2
    assert "--engine ray" in said.errors
