"""``safehold webhook``: where the operator's own systems are told of what happens."""

from typing import TYPE_CHECKING

import click

from safehold.cli.answer import Answer, Table
from safehold.cli.command import Shell, command
from safehold.cli.wording import counted

if TYPE_CHECKING:
    from safehold.home.outbox import DeadJob, Outbox
    from safehold.service.webhooks.endpoints import Endpoint
    from safehold.wiring import Workshop


@click.group("webhook")
def webhook() -> None:
    """Register, list and revoke webhooks; try deliveries again that were given up."""


@command(webhook, "create")
@click.argument("name")
@click.argument("url")
def create_webhook(shell: Shell, name: str, url: str) -> Answer:
    """Register the endpoint URL under NAME, and say the public key with which it verifies what it is sent."""
    from safehold.service.webhooks.setup import endpoints_of

    with shell.workshop() as workshop:
        made = endpoints_of(workshop.home, workshop.ledger).create(name, url, actor=workshop.actor)
        public_key = _public_key(workshop)
    said = [f"webhook {made.name} is registered", f"what it is sent is signed; its public key: {public_key}"]
    return Answer({**_told(made), "public_key": public_key}, said)


@command(webhook, "list")
def list_webhooks(shell: Shell) -> Answer:
    """List the webhooks, and the deliveries that were given up."""
    from safehold.service.webhooks.setup import endpoints_of

    with shell.workshop() as workshop:
        endpoints = endpoints_of(workshop.home, workshop.ledger).all()
        dead, public_key = _dead(_outbox(workshop)), _public_key(workshop)
    rows = [(one.name, one.url, "used" if one.revoked_at is None else "revoked") for one in endpoints]
    lost = [(one.id, str(one.payload["webhook"]), one.reason, str(one.attempts), one.died_at) for one in dead]
    tables = [Table(("name", "url", "state"), rows, empty="no webhooks; make one: safehold webhook create NAME URL")]
    if lost:
        tables.append(Table(("given up", "webhook", "reason", "tries", "at"), lost))
    data = {"webhooks": [_told(one) for one in endpoints], "public_key": public_key, "given_up": list(map(_lost, dead))}
    return Answer(data, [*tables, f"public key: {public_key}"])


@command(webhook, "revoke")
@click.argument("name")
def revoke_webhook(shell: Shell, name: str) -> Answer:
    """Deliver nothing to a webhook from now on, for good."""
    from safehold.service.webhooks.setup import endpoints_of

    with shell.workshop() as workshop:
        revoked = endpoints_of(workshop.home, workshop.ledger).revoke(name, actor=workshop.actor)
    return Answer(_told(revoked), [f"{revoked.name} is told nothing from now on"])


@command(webhook, "retry")
@click.argument("delivery", required=False)
def retry_delivery(shell: Shell, delivery: str | None) -> Answer:
    """Try a delivery again that was given up, or all of them where none is named."""
    with shell.workshop() as workshop:
        outbox = _outbox(workshop)
        chosen = [delivery] if delivery is not None else [one.id for one in _dead(outbox)]
        for one in chosen:
            outbox.revive(one)
    return Answer({"retried": chosen}, [f"{counted(len(chosen), 'delivery')} will be tried again"])


def _outbox(workshop: "Workshop") -> "Outbox":
    from safehold.home.outbox import Outbox

    return Outbox(workshop.home.database, workshop.home.clock)


def _dead(outbox: "Outbox") -> "list[DeadJob]":
    from safehold.service.webhooks.endpoints import JOB

    return [one for one in outbox.dead() if one.kind == JOB]


def _public_key(workshop: "Workshop") -> str:
    from safehold.service.webhooks.setup import signing_key
    from safehold.service.webhooks.signature import public_text

    return public_text(signing_key(workshop.home))


def _told(one: "Endpoint") -> dict[str, object]:
    return {"name": one.name, "url": one.url, "created_at": one.created_at, "revoked_at": one.revoked_at}


def _lost(one: "DeadJob") -> dict[str, object]:
    told = {"id": one.id, "webhook": one.payload["webhook"], "reason": one.reason}
    return {**told, "tries": one.attempts, "created_at": one.created_at, "given_up_at": one.died_at}
