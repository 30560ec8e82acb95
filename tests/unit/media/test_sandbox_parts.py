"""The parts of the sandbox that need no child."""

import errno
import os
import resource
import struct
from collections.abc import Iterator

import pytest

from safehold.media import Limits
from safehold.media.sandbox.confinement import _ruleset
from safehold.media.sandbox.filter import _MACHINES, _assemble, _Machine
from safehold.media.sandbox.inbox import Inbox, Outcry, ProtocolError, parse_object
from safehold.media.sandbox.terms import Terms
from safehold.media.sandbox.wire import HEADER, MessageType, read_exactly, wait_readable, wait_writable, write_message
from safehold.vocabulary import Seconds

EPERM, ENOSYS, ALLOW = 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS, 0x7FFF0000


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    yield reading, writing
    for descriptor in (reading, writing):
        try:
            os.close(descriptor)
        except OSError:
            continue


def run_filter(
    machine: _Machine, call: int, argument: int = 0, *, audit: int | None = None, network: bool = False
) -> int:
    """Interpret the filter as the kernel would."""
    data = struct.pack("<IIQQ", call, audit or machine.audit, 0, argument)
    steps = list(struct.iter_unpack("<HBBI", _assemble(machine, allow_network=network)))
    at, value = 0, 0
    while True:
        code, if_true, if_false, operand = steps[at]
        if code == 0x06:
            return int(operand)
        if code == 0x20:
            (value,) = struct.unpack_from("<I", data, operand)
        else:
            holds = {0x15: value == operand, 0x45: bool(value & operand), 0x35: value >= operand}[code]
            at += if_true if holds else if_false
        at += 1


@pytest.mark.parametrize("machine", _MACHINES.values(), ids=list(_MACHINES))
def test_the_filter_refuses_processes_and_sockets_and_allows_the_rest(machine: _Machine) -> None:
    for call in (*machine.processes, machine.socket):
        assert run_filter(machine, call) == EPERM
    assert run_filter(machine, machine.clone3) == ENOSYS
    assert run_filter(machine, machine.clone, 0x01200011) == EPERM
    assert run_filter(machine, machine.clone, 0x003D0F00) == ALLOW
    assert run_filter(machine, 0) == ALLOW
    assert run_filter(machine, machine.socket, network=True) == ALLOW
    assert run_filter(machine, machine.processes[0], network=True) == EPERM


def test_the_filter_refuses_calls_of_another_architecture() -> None:
    machine = _MACHINES["x86_64"]

    assert run_filter(machine, 0, audit=0x40000003) == EPERM
    assert run_filter(machine, 0x40000000 | 59) == EPERM


@pytest.mark.parametrize(("version", "words"), [(1, 1), (3, 1), (4, 2), (5, 2), (6, 3), (9, 3)])
def test_the_landlock_rules_grow_with_the_kernel(version: int, words: int) -> None:
    rules = struct.unpack(f"<{words}Q", _ruleset(version, allow_network=False))

    assert rules[0] & 0b1100 == 0  # reading stays
    assert rules[0] & 0b0011 == 0b0011  # executing and writing go
    assert rules[0] < 1 << 16
    if words > 1:
        assert rules[1] == 0b11
        assert struct.unpack(f"<{words}Q", _ruleset(version, allow_network=True))[1] == 0


def test_terms_survive_the_environment() -> None:
    terms = Terms(7, 1234, Limits(pixels=5, seconds=Seconds(1.5)))

    assert Terms.from_environment(terms.to_environment()) == terms


def test_limits_survive_a_dict_and_refuse_unknown_names() -> None:
    limits = Limits(frames=3)

    assert Limits.from_dict(limits.to_dict()) == limits
    with pytest.raises(TypeError):
        Limits.from_dict({"colour": 3})


def test_messages_arrive_whole_however_they_are_cut(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    inbox = Inbox(reading, 1000)
    message = HEADER.pack(b"A", 5) + b"hello" + HEADER.pack(b"A", 0) + HEADER.pack(b"F", 2) + b"{}"
    arrived = []

    for byte in message:
        os.write(writing, bytes([byte]))
        if (whole := inbox.receive()) is not None:
            arrived.append(whole)

    assert arrived == [(MessageType.ANSWER, b"hello"), (MessageType.ANSWER, b""), (MessageType.FAILURE, b"{}")]
    assert inbox.received == len(message)


@pytest.mark.parametrize("header", [b"X\0\0\0\1", b"A\0\0\x03\xe9", b"F\0\1\0\1", b"S\xff\xff\xff\xff"])
def test_a_wrong_type_or_size_is_refused_before_room_is_made(pipe: tuple[int, int], header: bytes) -> None:
    reading, writing = pipe
    os.write(writing, header)

    with pytest.raises(ProtocolError):
        Inbox(reading, 1000).receive()


def test_a_closed_pipe_is_the_end(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    os.close(writing)

    with pytest.raises(EOFError):
        Inbox(reading, 1000).receive()
    with pytest.raises(EOFError):
        read_exactly(reading, 1)


@pytest.mark.parametrize("payload", [b"", b"[]", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_object_is_refused(payload: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse_object(payload)


def test_a_failure_of_another_shape_is_refused() -> None:
    with pytest.raises(ProtocolError):
        Outcry.parse(b'{"error": "x", "where": "here"}')


def test_a_failures_texts_are_cut_short() -> None:
    outcry = Outcry.parse(b'{"error": "' + b"x" * 5000 + b'", "where": [], "is_ours": "yes"}')

    assert len(outcry.error) == 300
    assert outcry.is_ours is False


def test_messages_are_written_with_their_length(pipe: tuple[int, int]) -> None:
    reading, writing = pipe

    write_message(writing, MessageType.ANSWER, b"hello")

    assert wait_readable([reading], 1) == {reading}
    assert wait_writable(writing, 1)
    assert bytes(read_exactly(reading, 10)) == b"A\0\0\0\5hello"
    assert wait_readable([reading], 0) == frozenset()


def test_waiting_knows_descriptors_above_1023(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 1100:
        pytest.skip("too few descriptors are allowed here")
    high = 1090
    os.dup2(reading, high)
    try:
        os.write(writing, b"x")
        assert wait_readable([high], 1) == {high}
    finally:
        os.close(high)
