"""What a service listens on is its own for as long as it runs, and nobody's afterwards."""

from pathlib import Path

import pytest

from safehold.home import NotAHomeError
from safehold.service.errors import AddressInUseError
from safehold.service.serving import Role, ServeOptions, listen, serve


@pytest.fixture
def port() -> int:
    with listen("127.0.0.1", 0) as listening:
        number: int = listening.getsockname()[1]
    return number


@pytest.mark.parametrize("processes", [1, 2])
def test_a_service_that_can_not_open_its_home_gives_its_port_back(tmp_path: Path, port: int, processes: int) -> None:
    (tmp_path / "letter.txt").touch()
    options = ServeOptions(tmp_path, "127.0.0.1", port=port, role=Role.GATEWAY, processes=processes)
    with pytest.raises(NotAHomeError) as refusal:  # kept: the collector must not be what closes the socket
        serve(options, lambda _: None)
    listen("127.0.0.1", port).close()
    assert refusal.value.advice


def test_a_port_that_another_listens_on_is_refused(port: int) -> None:
    with listen("127.0.0.1", port), pytest.raises(AddressInUseError):
        listen("127.0.0.1", port)
