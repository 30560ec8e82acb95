"""``safehold serve``: the service, and beside it the console, until they are told to end."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from safehold.cli.answer import Answer
from safehold.cli.command import Shell
from safehold.cli.show import show

if TYPE_CHECKING:
    import socket

    from safehold.service.serving import Part

_CONSOLE = "safehold.console.serving.child"


@click.command("serve")
@click.option("--port", type=click.IntRange(0, 65535), help="On which port to listen; 0 for any that is free.")
@click.option("--host", help="Where to listen. Default: the settings' host, which is this machine alone.")
@click.option(
    "--role",
    type=click.Choice(["gateway", "worker", "all", "console"]),
    default="all",
    show_default=True,
    help="Answer requests, do what follows from decisions, or both; or serve the console alone.",
)
@click.option(
    "--workers", type=click.IntRange(1, 256), default=1, show_default=True, help="How many processes answer requests."
)
@click.option(
    "--console-port", type=click.IntRange(0, 65535), help="Serve the console too, on this port; 0 for any that is free."
)
@click.option("--json", "as_json", is_flag=True, help="Say where it listens as one JSON object on one line.")
@click.pass_context
def serve(  # noqa: PLR0913 - one for each option
    context: click.Context,
    *,
    port: int | None,
    host: str | None,
    role: str,
    workers: int,
    console_port: int | None,
    as_json: bool,
) -> None:
    """Serve the gateway until Ctrl-C or SIGTERM; the address is printed once it is there.

    With --console-port the console for people runs beside it, as a process of its own. The first time its
    administrator's one-time password is printed, once. Standard error gets one line of JSON an event. Ends with 0 once
    all requests under way are answered.
    """
    from safehold.service.errors import ServerPartsMissingError

    try:
        from safehold.service.serving import Role, ServeOptions
        from safehold.service.serving import serve as run
    except ModuleNotFoundError as error:
        raise ServerPartsMissingError(
            f"the service needs {error.name}, which is not installed",
            advice="Install its parts: pip install 'safehold[server]'",
        ) from error

    shell = context.find_object(Shell) or Shell()
    home = None if shell.home is None else Path(shell.home).absolute()
    is_alone = role == Role.CONSOLE.value
    with ExitStack() as stack:
        beside: list[Part] = []
        console: str | None = None
        if console_port is not None or is_alone:
            part, console = _console(home, host, port if is_alone and console_port is None else console_port)
            stack.callback(_close, part.listening)
            beside.append(part)

        def announce(address: str | None) -> None:
            way_in = {} if console is None else {"address": console, **_way_in(home)}
            show(_said(address, role, way_in), as_json=shell.as_json or as_json)

        options = ServeOptions(home, host, port=port, role=Role(role), processes=workers)
        run(options, announce, beside=beside)


def _console(home: Path | None, host: str | None, port: int | None) -> "tuple[Part, str]":
    """Return the console's process and address; whatever it would stumble over is refused here."""
    from safehold.service.errors import ServerPartsMissingError

    try:
        from safehold.console.serving import ConsoleOptions, require_openable
    except ModuleNotFoundError as error:
        raise ServerPartsMissingError(
            f"the console needs {error.name}, which is not installed",
            advice="Install its parts: pip install 'safehold[server,console]'",
        ) from error
    from safehold.service.serving import Part, address_of, listen, require_safe
    from safehold.wiring import open_workshop

    with open_workshop(home) as workshop:
        require_openable(workshop)
        where = host or workshop.settings.host
        require_safe(where, workshop.settings)
        listening = listen(where, workshop.settings.console_port if port is None else port)
        address = address_of(listening, workshop.settings)
    return Part("console", _CONSOLE, ConsoleOptions(home).to_text(), listening), address


def _way_in(home: Path | None) -> dict[str, str]:
    """Return how the first administrator gets in: made only now that everything listens, since it is said once."""
    from safehold.console.users import open_accounts
    from safehold.console.users.store import FIRST_ADMIN
    from safehold.wiring import open_workshop

    with open_workshop(home) as workshop:
        users = open_accounts(workshop.home, workshop.ledger, settings=workshop.settings).users
        password = users.first_admin()
        if password is not None:
            return {"user": FIRST_ADMIN, "one_time_password": password}
        if users.has(FIRST_ADMIN) and users.show(FIRST_ADMIN).signed_in_at is None:
            return {"user": FIRST_ADMIN}
    return {}


def _close(listening: "socket.socket | None") -> None:
    if listening is not None:
        listening.close()


def _said(address: str | None, role: str, console: dict[str, str]) -> Answer:
    data: dict[str, object] = {"address": address, "role": role}
    if console:
        data["console"] = console
    return Answer(data, [*_service_lines(address, role), *_console_lines(console)])


def _service_lines(address: str | None, role: str) -> list[str]:
    if address is None:
        return [] if role == "console" else ["working; nothing listens"]
    return [
        f"listening on {address}",
        f"checks       POST {address}/v1/checks",
        f"OpenAPI      {address}/openapi.json",
        f"health       {address}/health/ready",
        "Make a key with: safehold key create NAME",
    ]


def _console_lines(console: dict[str, str]) -> list[str]:
    if not console:
        return []
    lines = [f"console      {console['address']}"]
    if "one_time_password" in console:
        lines.append(f"sign in as {console['user']}, once, with: {console['one_time_password']}")
    elif "user" in console:
        lines.append(
            f"Nobody has signed in as {console['user']} yet; a new one-time password: safehold user reset admin"
        )
    return lines
