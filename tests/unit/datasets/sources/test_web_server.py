"""What a web server leaves out of its answers is worked around where that is safe, and said where it is not."""

import http.server
import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.vectors import tars

from safehold.datasets.sources import ShardError, current_fingerprint, discover, read
from safehold.datasets.sources.errors import UnreachableSourceError, UnreadableSourceError
from safehold.datasets.sources.places.blobs import RemoteBlob, read_start

pytest.importorskip("aiohttp")


class Server(http.server.SimpleHTTPRequestHandler):
    """The standard library's: it lists folders, tells the time of a file, and doesn't answer ranges."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the standard library's name
        """Keep quiet."""


class TellingNothing(Server):
    """It tells no time either."""

    def send_header(self, keyword: str, value: str) -> None:
        if keyword != "Last-Modified":
            super().send_header(keyword, value)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[type[Server]], str]]:
    running: list[tuple[http.server.ThreadingHTTPServer, threading.Thread]] = []

    def start(handler: type[Server] = Server) -> str:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(tmp_path)))
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_folder_of_a_web_server_is_scanned_as_it_was_listed(tmp_path: Path, serve: Callable[..., str]) -> None:
    (tmp_path / "shards").mkdir()
    for name in ("0.tar", "1.tar"):
        (tmp_path / "shards" / name).write_bytes(tars.plain(2))
    mix = discover([serve() + "/shards"])
    assert [shard.name for shard in mix.shards] == ["0.tar", "1.tar"]
    for shard in mix.shards:
        assert current_fingerprint(shard) == shard.fingerprint
        assert [record.key for record in read(shard)] == ["00000", "00001"]
    (tmp_path / "shards" / "1.tar").write_bytes(tars.plain(30))
    assert [current_fingerprint(shard) == shard.fingerprint for shard in mix.shards] == [True, False]


@pytest.mark.parametrize("name", ["", "/0.tar"])
def test_files_that_could_change_unnoticed_are_refused(tmp_path: Path, serve: Callable[..., str], name: str) -> None:
    (tmp_path / "0.tar").write_bytes(tars.plain(2))
    with pytest.raises(UnreadableSourceError, match="neither a tag nor a time") as caught:
        discover([serve(TellingNothing) + name])
    assert "Download" in caught.value.advice


def test_a_table_behind_a_server_without_ranges_is_refused_and_the_message_says_so(
    tmp_path: Path, serve: Callable[..., str]
) -> None:
    pq.write_table(pa.table({"url": ["x"] * 9, "md5": ["0" * 32] * 9}), tmp_path / "t.parquet")
    with pytest.raises(UnreadableSourceError, match="range") as caught:
        discover([serve() + "/t.parquet"])
    assert "Download" in caught.value.advice


def test_a_small_tar_needs_no_ranges_and_its_start_is_not_all_of_it(tmp_path: Path, serve: Callable[..., str]) -> None:
    (tmp_path / "0.tar").write_bytes(tars.plain(2))
    address = serve() + "/0.tar"
    assert read_start(address, 512) == tars.plain(2)[:512]
    assert [record.key for record in read(discover([address]).shards[0])] == ["00000", "00001"]


class Whole:
    """A file system that sends the whole file whatever range is asked for."""

    def cat_file(self, _path: str, *, start: int, end: int) -> bytes:
        return bytes(100 + 0 * (start + end))


def test_bytes_of_another_range_are_never_taken_for_those_that_were_asked_for() -> None:
    with pytest.raises(ShardError, match="another range"):
        RemoteBlob(Whole(), "x", 100, window_bytes=10).view(50, 60)


def test_a_server_that_is_down_is_no_missing_file() -> None:
    with pytest.raises(UnreachableSourceError):
        discover(["http://127.0.0.1:1/00000.tar"])  # port 1 is nobody's


def test_a_service_of_another_kind_that_refuses_is_an_outside_party_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(UnreachableSourceError):
        discover([f"ftp://127.0.0.1:{port}/a.tar"])
