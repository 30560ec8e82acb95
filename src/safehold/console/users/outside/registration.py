"""The registration: how the identity provider knows us, and which of its groups stand for which role.

Everything is over TLS, or to this machine alone: a provider's word that could be altered on its way proves nobody.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import urlsplit

from safehold.cases import Role
from safehold.settings import MalformedSettingsError, Settings

BACK = "/sign-in/provider/back"
"""Where the provider sends people back to."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What we and the provider know of each other.

    Attributes:
        issuer: the provider's name for itself: its address.
        client_id: its name for us.
        client_secret: what proves us to it; "" where PKCE alone does.
        redirect_uri: where it sends people back to.
        roles_claim: which claim names a person's groups.
        roles: what groups stand for; a person in none of them is not let in.
        scope: what is asked of it, words with a space between.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str
    roles_claim: str
    roles: Mapping[str, Role]
    scope: str = "openid profile"


def registration_of(settings: Settings) -> Registration:
    """Return what the settings say of the provider.

    Raises:
        MalformedSettingsError: something is missing or can't be used.
    """
    if settings.oidc_issuer is None or settings.console_address is None or settings.oidc_client_id is None:
        raise MalformedSettingsError(
            "an identity provider needs 'oidc_issuer', 'oidc_client_id' and 'console_address'",
            advice=f"Register the console there with its address and {BACK}, then set all three.",
        )
    return Registration(
        issuer=require_safe(settings.oidc_issuer),
        client_id=settings.oidc_client_id,
        client_secret=_secret(settings),
        redirect_uri=settings.console_address + BACK,
        roles_claim=settings.oidc_roles_claim,
        roles=_roles(settings.oidc_roles),
        scope=" ".join(dict.fromkeys(("openid", *settings.oidc_scopes))),
    )


def require_safe(address: str) -> str:
    """Return an address whose answers nobody can alter on their way.

    Raises:
        MalformedSettingsError: it is neither over TLS nor on this machine.
    """
    read = urlsplit(address)
    is_local = read.scheme == "http" and _is_loopback(read.hostname or "")
    if not read.hostname or read.username is not None or not (read.scheme == "https" or is_local):
        raise MalformedSettingsError(
            "an identity provider is asked over TLS, or on this machine alone",
            advice="Give an address that begins with https://.",
        )
    return address


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _secret(settings: Settings) -> str:
    path = settings.oidc_client_secret_file
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise MalformedSettingsError(
            f"{path} can't be read", advice="Check setting 'oidc_client_secret_file' and the file's rights."
        ) from error


def _roles(told: tuple[str, ...]) -> Mapping[str, Role]:
    known = {role.value: role for role in Role}
    roles = {}
    for one in told:
        group, _, word = one.rpartition("=")
        if not group or word not in known:
            raise MalformedSettingsError(
                "setting 'oidc_roles' holds GROUP=ROLE, with one of our roles", advice=f"Roles: {', '.join(known)}."
            )
        roles[group] = known[word]
    if not roles:
        raise MalformedSettingsError(
            "nobody from the identity provider would have a role",
            advice="Set 'oidc_roles', such as reviewers=reviewer.",
        )
    return MappingProxyType(roles)
