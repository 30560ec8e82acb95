"""The identity provider: where it is asked, and what it says of a person once that is verified.

1. Its own description is read, and must be of the issuer that was registered.
2. The code is redeemed at its token endpoint, with our secret and the verifier.
3. What it signed must be signed by one of its keys, by an algorithm with a public key; be of this issuer, for us, for
   this arrival, and neither too old nor of the future.

Source: OpenID Connect Core 1.0, section 3.1.3.7; OpenID Connect Discovery 1.0, section 4.3.
"""

import datetime as dt
import hmac
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from safehold.console.users.errors import ProviderSilentError
from safehold.console.users.outside.arrival import Arrival
from safehold.console.users.outside.registration import Registration, require_safe
from safehold.console.users.signing_in import refused
from safehold.settings import MalformedSettingsError
from safehold.vocabulary import Clock

if TYPE_CHECKING:
    from collections.abc import Iterator

ALGORITHMS = ("RS256", "PS256", "ES256", "ES384", "EdDSA")
"""Those with a public key; never "none", never one for which our own secret would be the key."""

_DESCRIPTION = "/.well-known/openid-configuration"
_SECONDS = 10.0
_FRESH = dt.timedelta(hours=1)
_LEEWAY_SECONDS = 60
_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Description:
    """What the provider says of itself, and its keys.

    Attributes:
        authorization: where people are sent.
        token: where codes are redeemed.
        keys: what it signs with.
        read_at: when it said so.
    """

    authorization: str
    token: str
    keys: KeySet
    read_at: dt.datetime


class Provider:
    """An identity provider; threads may share it.

    Args:
        registration: how we and it know each other.
        clock: where the time comes from.
    """

    def __init__(self, registration: Registration, clock: Clock) -> None:
        self.registration = registration
        self._clock = clock
        self._known: Description | None = None
        self._lock = Lock()
        self._tls = httpx.create_ssl_context()  # once: reading the authorities costs more than asking

    def address(self, arrival: Arrival) -> str:
        """Return where a browser is sent; who only confirms that it is them signs in there again.

        Raises:
            ProviderSilentError: the provider does not answer, or not as it should.
        """
        again = {"prompt": "login", "max_age": "0"} if arrival.person else {}
        with self._client() as client:
            address, _ = client.create_authorization_url(
                self._description().authorization,
                state=arrival.state,
                code_verifier=arrival.verifier,
                nonce=arrival.nonce,
                **again,
            )
        return str(address)

    def redeem(self, code: str, arrival: Arrival) -> Mapping[str, Any]:
        """Return what the provider says of a person, verified.

        Raises:
            RefusedError: the code is none, or what came for it is not for us or this arrival.
            ProviderSilentError: the provider does not answer.
        """
        told = self._description()
        try:
            with self._client() as client:
                token = client.fetch_token(
                    told.token, grant_type="authorization_code", code=code, code_verifier=arrival.verifier
                )
            decoded = self._decoded(str(token["id_token"]), told)
            return self._verified(decoded, str(token.get("access_token", "")), arrival)
        except httpx.HTTPError as error:
            raise _silent() from error
        except (AuthlibBaseError, JoseError, ValueError, KeyError, TypeError) as error:
            raise refused() from error

    def _decoded(self, written: str, told: Description) -> jwt.Token:
        """Return what one of the provider's keys signed; a key that is new to us is asked for once."""
        try:
            return jwt.decode(written, told.keys, algorithms=list(ALGORITHMS))
        except InvalidKeyIdError:
            return jwt.decode(written, self._description(newer_than=told).keys, algorithms=list(ALGORITHMS))

    def _verified(self, token: jwt.Token, access: str, arrival: Arrival) -> Mapping[str, Any]:
        told, now = self.registration, int(self._clock.now().timestamp())
        claims = CodeIDToken(
            token.claims,
            token.header,
            {"iss": {"essential": True, "value": told.issuer}, "aud": {"essential": True, "value": told.client_id}},
            {"nonce": arrival.nonce, "client_id": told.client_id, "access_token": access},
        )
        claims.validate(now, _LEEWAY_SECONDS)
        is_for_this = hmac.compare_digest(str(claims["nonce"]).encode(), arrival.nonce.encode())
        is_again = not arrival.person or int(claims["auth_time"]) >= arrival.at - _LEEWAY_SECONDS
        if not (is_for_this and is_again and isinstance(claims["sub"], str) and claims["sub"]):
            raise refused()
        return dict(claims)

    def _description(self, newer_than: Description | None = None) -> Description:
        """Return what the provider says of itself, read again every hour, or where something newer is asked for.

        Raises:
            ProviderSilentError: it does not answer, is not who was registered, or sends people to an unsafe place.
        """
        with self._lock:
            now = self._clock.now()
            if self._known is None or self._known is newer_than or now - self._known.read_at > _FRESH:
                self._known = self._read(now)
            return self._known

    def _read(self, now: dt.datetime) -> Description:
        try:
            with httpx.Client(timeout=_SECONDS, verify=self._tls) as client:
                told = _object(client.get(self.registration.issuer.rstrip("/") + _DESCRIPTION))
                if told["issuer"] != self.registration.issuer:
                    raise _silent()
                names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
                authorization, token, keys = (require_safe(str(told[name])) for name in names)
                return Description(authorization, token, KeySet.import_key_set(_object(client.get(keys))), now)  # type: ignore[arg-type]
        except (httpx.HTTPError, JoseError, MalformedSettingsError, ValueError, KeyError, TypeError) as error:
            raise _silent() from error

    @contextmanager
    def _client(self) -> "Iterator[OAuth2Client]":
        told = self.registration
        with OAuth2Client(
            told.client_id,
            told.client_secret or None,
            token_endpoint_auth_method="client_secret_basic" if told.client_secret else "none",
            scope=told.scope,
            redirect_uri=told.redirect_uri,
            code_challenge_method="S256",
            timeout=_SECONDS,
            verify=self._tls,
        ) as client:
            yield client


def _object(response: httpx.Response) -> dict[str, Any]:
    """Return the object that was answered.

    Raises:
        ValueError: it is none, or too long.
        httpx.HTTPError: something else was answered.
    """
    response.raise_for_status()
    told = response.json() if len(response.content) <= _LARGEST else None
    if not isinstance(told, dict):
        raise ValueError("no object")  # noqa: TRY004 - of what was answered, not of a type of ours
    return told


def _silent() -> ProviderSilentError:
    return ProviderSilentError("the identity provider does not answer as it should", advice="Try again in a while.")
