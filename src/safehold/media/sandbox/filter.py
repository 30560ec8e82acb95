"""The system-call filter: no new processes, no programs, no sockets, no other process's memory.

Threads stay allowed (libraries start them); `clone3`, whose flags a filter can't see, is said not to exist, so that
the C library falls back to `clone`. Machines other than x86-64 and AArch64 go without the filter.

Source: seccomp(2), `linux/audit.h`, `asm/unistd.h`; classic BPF as in `linux/filter.h`.
"""

import ctypes
import errno
import platform
import struct
from dataclasses import dataclass

_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2
_LOAD, _IF_EQUAL, _IF_ANY_BIT, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000
_AT_NUMBER, _AT_ARCHITECTURE, _AT_FIRST_ARGUMENT = 0, 4, 16
_CLONE_THREAD = 0x00010000
_X32_BIT = 0x40000000


@dataclass(frozen=True, slots=True)
class _Machine:
    """Numbers of one architecture."""

    audit: int
    clone: int
    clone3: int
    processes: tuple[int, ...]
    socket: int


_MACHINES = {
    # fork, vfork, execve, execveat, ptrace, process_vm_readv, process_vm_writev, io_uring_setup, pidfd_getfd
    "x86_64": _Machine(0xC000003E, 56, 435, (57, 58, 59, 322, 101, 310, 311, 425, 438), 41),
    "aarch64": _Machine(0xC00000B7, 220, 435, (221, 281, 117, 270, 271, 425, 438), 198),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def install_filter(library: ctypes.CDLL, *, allow_network: bool) -> bool:
    """Install the filter for good in this thread; needs `no_new_privs`. Return whether it holds."""
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        return False
    code = _assemble(machine, allow_network=allow_network)
    program = _Program(len(code) // 8, code)
    return bool(library.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0)


def _assemble(machine: _Machine, *, allow_network: bool) -> bytes:
    """Return the filter: each test either returns at once or falls through to the next."""
    refused = machine.processes if allow_network else (*machine.processes, machine.socket)
    steps = [
        _step(_LOAD, _AT_ARCHITECTURE),
        _step(_IF_EQUAL, machine.audit, if_true=1),
        _step(_RETURN, _REFUSE | errno.EPERM),
        _step(_LOAD, _AT_NUMBER),
        *_refuse(_IF_AT_LEAST, _X32_BIT, errno.EPERM),
        *_refuse(_IF_EQUAL, machine.clone3, errno.ENOSYS),
    ]
    for number in refused:
        steps += _refuse(_IF_EQUAL, number, errno.EPERM)
    steps += [
        _step(_IF_EQUAL, machine.clone, if_true=1),
        _step(_RETURN, _ALLOW),
        _step(_LOAD, _AT_FIRST_ARGUMENT),
        _step(_IF_ANY_BIT, _CLONE_THREAD, if_true=1),
        _step(_RETURN, _REFUSE | errno.EPERM),
        _step(_RETURN, _ALLOW),
    ]
    return b"".join(steps)


def _refuse(test: int, operand: int, code: int) -> tuple[bytes, bytes]:
    return _step(test, operand, if_false=1), _step(_RETURN, _REFUSE | code)


def _step(code: int, operand: int, *, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, operand)
