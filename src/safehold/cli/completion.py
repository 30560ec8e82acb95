"""``safehold completion``: the script that lets a shell complete commands and options."""

import click
from click.shell_completion import get_completion_class

from safehold.cli.answer import Answer
from safehold.cli.command import Shell, command

_WHERE = {
    "bash": 'eval "$(safehold completion bash)"  # in ~/.bashrc',
    "zsh": 'eval "$(safehold completion zsh)"  # in ~/.zshrc',
    "fish": "safehold completion fish > ~/.config/fish/completions/safehold.fish",
}


@command(None, "completion")
@click.argument("shell_name", metavar="bash|zsh|fish", type=click.Choice(list(_WHERE)))
def completion(_shell: Shell, shell_name: str) -> Answer:
    """Print the script that completes commands and options in bash, zsh or fish."""
    root = click.get_current_context().find_root().command
    found = get_completion_class(shell_name)
    if found is None:
        raise click.UsageError(f"no completion for {shell_name}")
    script = found(root, {}, "safehold", "_SAFEHOLD_COMPLETE").source()
    return Answer({"shell": shell_name, "script": script, "install": _WHERE[shell_name]}, [script])
