"""What a decoding child gives up before it reads its first request.

Resource limits hold everywhere. On Linux a Landlock domain takes away writing, making, removing and executing files,
TCP, and signals to processes outside; a system-call filter refuses new processes and sockets; `no_new_privs` and a
parent-death signal complete it. A root's child keeps one capability, to read sources of other owners; with all of them
it could read its parent's environment, where credentials may be. Where a kernel has no Landlock or filters, the rest
still holds, and `Confinement` says so.

Not limited, and why: the number of processes (`RLIMIT_NPROC` counts all of a user's processes and root is exempt),
address space (a shard of any size is mapped; private memory is limited instead), CPU seconds as a whole (a request
may be long; they are raised as records are announced).

Source: prctl(2), setrlimit(2), landlock(7), capabilities(7), ptrace(2) of the Linux manual pages.
"""

import ctypes
import os
import resource
import signal
import struct
import sys
from dataclasses import dataclass

from safehold.media.sandbox.filter import install_filter

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_LANDLOCK_CREATE_RULESET, _LANDLOCK_RESTRICT_SELF, _LANDLOCK_QUERY_VERSION = 444, 446, 1
_CAPABILITY_VERSION, _READ_ANY_FILE = 0x20080522, 1 << 2  # _LINUX_CAPABILITY_VERSION_3, CAP_DAC_READ_SEARCH
_OPEN_FILES = 64
"""Pipes, the progress cell, one shard, and what importing a module opens for a moment."""


@dataclass(frozen=True, slots=True)
class Confinement:
    """What took hold.

    Attributes:
        landlock: the version of the Landlock interface in force; 0 where the kernel has none.
        filters_calls: starting processes and opening sockets is refused by a system-call filter.
        dies_with_parent: the kernel ends this process when its parent ends.
    """

    landlock: int
    filters_calls: bool
    dies_with_parent: bool


def confine(memory_bytes: int, *, parent: int, allow_network: bool = False) -> Confinement:
    """Confine this process for good; there is no way back.

    Args:
        memory_bytes: the most private memory.
        parent: the process id of the parent; when it is gone already, this process ends.
        allow_network: keep TCP, for shards that are read over it.
    """
    _limit(memory_bytes)
    if not sys.platform.startswith("linux"):
        return Confinement(landlock=0, filters_calls=False, dies_with_parent=False)
    library = ctypes.CDLL(None, use_errno=True)
    no_new_privileges = library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    dies = library.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) == 0
    end_if_orphaned(parent)
    landlock = _restrict(library, allow_network=allow_network) if no_new_privileges else 0
    _drop_capabilities(library)
    filters = no_new_privileges and install_filter(library, allow_network=allow_network)
    return Confinement(landlock, filters, dies)


def _drop_capabilities(library: ctypes.CDLL) -> None:
    """Give up every capability but that of reading files, if this process has any; who has none loses nothing."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; then their upper halves
    if library.capget(header, sets) != 0:
        return
    kept = sets[1] & _READ_ANY_FILE
    library.capset(header, (ctypes.c_uint32 * 6)(sets[0] & kept, kept, 0, 0, 0, 0))


def end_if_orphaned(parent: int) -> None:
    """End this process at once, without clean-up, when its parent is gone."""
    if os.getppid() != parent:
        os._exit(3)


def _limit(memory_bytes: int) -> None:
    for limit, value in (
        (resource.RLIMIT_DATA, memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, most = resource.getrlimit(limit)
        allowed = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(limit, (allowed, allowed))


def raise_cpu_limit(more_seconds: float) -> None:
    """Let this process use so many more CPU seconds from now on, in whole seconds, before it is killed."""
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(usage.ru_utime + usage.ru_stime + more_seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft if most == resource.RLIM_INFINITY else min(soft, most), most))


def _restrict(library: ctypes.CDLL, *, allow_network: bool) -> int:
    """Enter a Landlock domain without any rule; return the interface version, or 0 where there is none."""
    version: int = library.syscall(_LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), _LANDLOCK_QUERY_VERSION)
    if version < 1:
        return 0
    attributes = _ruleset(version, allow_network=allow_network)
    ruleset = library.syscall(_LANDLOCK_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    if ruleset < 0:
        return 0
    entered = library.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0) == 0
    os.close(ruleset)
    return version if entered else 0


def _ruleset(version: int, *, allow_network: bool) -> bytes:
    """Return `struct landlock_ruleset_attr`: rights that are taken away, as this version of the kernel knows them.

    Bits 0 to 15 of the file rights are execute, write, read file, read directory, remove, make, refer, truncate,
    device control. All but the two reads are taken.
    """
    known = {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)
    files = ((1 << known) - 1) & ~0b1100
    network = 0 if allow_network else 0b11  # bind, connect
    scoped = 0b11  # abstract unix sockets, signals
    words = (files,) if version < 4 else (files, network) if version < 6 else (files, network, scoped)
    return struct.pack(f"<{len(words)}Q", *words)
