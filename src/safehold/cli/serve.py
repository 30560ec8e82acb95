"""``safehold serve``: the service, until it is told to end."""

from pathlib import Path

import click

from safehold.cli.answer import Answer
from safehold.cli.command import Shell
from safehold.cli.show import show


@click.command("serve")
@click.option("--port", type=click.IntRange(0, 65535), help="On which port to listen; 0 for any that is free.")
@click.option("--host", help="Where to listen. Default: the settings' host, which is this machine alone.")
@click.option(
    "--role",
    type=click.Choice(["gateway", "worker", "all"]),
    default="all",
    show_default=True,
    help="Answer requests, do what follows from decisions, or both.",
)
@click.option(
    "--workers", type=click.IntRange(1, 256), default=1, show_default=True, help="How many processes answer requests."
)
@click.option("--json", "as_json", is_flag=True, help="Say where it listens as one JSON object on one line.")
@click.pass_context
def serve(
    context: click.Context, *, port: int | None, host: str | None, role: str, workers: int, as_json: bool
) -> None:
    """Serve the gateway until Ctrl-C or SIGTERM; the address is printed once it is there.

    Standard error gets one line of JSON an event. Ends with 0 once all requests under way are answered.
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

    def announce(address: str | None) -> None:
        show(_said(address, role), as_json=shell.as_json or as_json)

    home = None if shell.home is None else Path(shell.home).absolute()
    run(ServeOptions(home, host, port=port, role=Role(role), processes=workers), announce)


def _said(address: str | None, role: str) -> Answer:
    data = {"address": address, "role": role}
    if address is None:
        return Answer(data, ["working; nothing listens"])
    lines = [
        f"listening on {address}",
        f"checks       POST {address}/v1/checks",
        f"OpenAPI      {address}/openapi.json",
        f"health       {address}/health/ready",
        "Make a key with: safehold key create NAME",
    ]
    return Answer(data, lines)
