"""Outside: users whose identity provider proves who they are, by OpenID Connect.

A browser is sent to the provider with what only its answer can match; what the provider says of a person comes back,
is verified, and leaves as a session, with the roles that the provider's groups stand for.

Source: OpenID Connect Core 1.0 (with errata 2), section 3.1; RFC 6749, RFC 7636 (PKCE), RFC 9207, RFC 9700.
"""

from safehold.console.users.outside.arrival import Arrival
from safehold.console.users.outside.entrance import Beginning, Entrance, open_entrance
from safehold.console.users.outside.provider import Provider
from safehold.console.users.outside.registration import Registration, registration_of

__all__ = ["Arrival", "Beginning", "Entrance", "Provider", "Registration", "open_entrance", "registration_of"]
