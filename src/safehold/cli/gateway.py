"""``safehold gateway``: the policies of the gateway, and trying what they would do."""

import click

from safehold.cli.gateway_policy import policy
from safehold.cli.simulate import simulate


@click.group("gateway")
def gateway() -> None:
    """Bring gateway policies into force, and try what they would do."""


gateway.add_command(policy)
gateway.add_command(simulate)
