"""A decoding child that misbehaves on demand: the program behind the sandbox's tests. No harm is meant or done."""

import ctypes
import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from safehold.media.errors import TruncatedMediaError
from safehold.media.sandbox import Announce, Request, serve


def _write_file(path: str) -> None:
    Path(path).write_bytes(b"escaped")


def _remove_file(path: str) -> None:
    Path(path).unlink()


def _exhaust_memory(_: str) -> None:
    np.ones(1 << 31, np.uint8)


def _loop(_: str) -> None:
    while True:
        time.sleep(0.01)


def _spin(_: str) -> None:
    while True:
        pass


def _signal_parent(_: str) -> None:
    os.kill(os.getppid(), 0)  # asks for the right only: a test that fails must not end the test run


def _crash(_: str) -> None:
    ctypes.string_at(0)


def _say(_: str) -> None:
    raise ValueError("the secret caption")


def _object(_: str) -> None:
    raise TruncatedMediaError("a picture ends too early", advice="Fetch it again.")


def _chatter(_: str) -> None:
    os.write(1, b"stray output")
    print("more", file=sys.stdout, flush=True)  # noqa: T201


FAULTS: Mapping[str, Callable[[str], object]] = {
    "kill": lambda _: os.kill(os.getpid(), signal.SIGKILL),
    "crash": _crash,
    "loop": _loop,
    "spin": _spin,
    "exit": lambda _: os._exit(7),
    "memory": _exhaust_memory,
    "write": _write_file,
    "remove": _remove_file,
    "fork": lambda _: os.fork(),
    "program": lambda _: subprocess.run(["/bin/true"], check=True),
    "socket": lambda _: socket.socket(),
    "signal parent": _signal_parent,
    "say": _say,
    "object": _object,
    "chatter": _chatter,
    "parent's secrets": lambda _: Path(f"/proc/{os.getppid()}/environ").read_bytes(),
    "close": lambda _: os.closerange(3, 64),
}


def misbehave(request: Request, announce: Announce) -> bytes:
    """Go through the records; on those in "at", commit the fault. Answer which records were done."""
    at, skip = request.get("at", {}), request.get("skip", [])
    assert isinstance(at, dict)
    assert isinstance(skip, list)
    done = []
    if "-1" in at:
        FAULTS[at["-1"]](str(request.get("path", "")))
    for record in range(int(str(request.get("records", 4)))):
        if record in skip:
            continue
        announce(record)
        if str(record) in at:
            FAULTS[at[str(record)]](str(request.get("path", "")))
        done.append(str(record))
    return ",".join(done).encode()


def large(request: Request, announce: Announce) -> bytes:
    """Answer so many bytes, with their digest in front."""
    announce(0)
    data = bytes(range(256)) * (int(str(request["bytes"])) // 256)
    return hashlib.sha256(data).digest() + data


def echo(request: Request, announce: Announce) -> bytes:
    """Answer the digest of the request's text."""
    announce(0)
    return hashlib.sha256(str(request["text"]).encode()).digest()


def carried(request: Request, announce: Announce) -> bytes:
    """Answer the digest of the bytes that the request carries."""
    announce(0)
    data = request.get("data", b"")
    assert isinstance(data, bytes | memoryview)
    return hashlib.sha256(data).digest()


def environment(_: Request, announce: Announce) -> bytes:
    """Answer the names of the environment's variables."""
    announce(0)
    return " ".join(sorted(os.environ)).encode()


def identity(_: Request, announce: Announce) -> bytes:
    """Answer the process id."""
    announce(0)
    return str(os.getpid()).encode()


def lie(_: Request, announce: Announce) -> bytes:
    """Claim an answer of four gigabytes."""
    announce(0)
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, b"A\xff\xff\xff\xff")
        except OSError:
            continue
    time.sleep(30)
    return b""


def stubborn(_: Request, announce: Announce) -> bytes:
    """Die on record 3, however often it is told to skip it."""
    announce(3)
    os._exit(1)


TASKS = {
    "misbehave": misbehave,
    "large": large,
    "carried": carried,
    "echo": echo,
    "environment": environment,
    "identity": identity,
    "lie": lie,
    "stubborn": stubborn,
}

if __name__ == "__main__":
    serve(TASKS)
