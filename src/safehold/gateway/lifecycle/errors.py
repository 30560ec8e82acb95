"""What can be wrong with a policy's way to being in force."""

from safehold.gateway.errors import GatewayError


class PolicyMissingError(GatewayError):
    """There is no stored policy of this name and version."""


class PolicyExistsError(GatewayError):
    """A policy of this name and version is stored already; a changed text needs another version."""


class PolicyStateError(GatewayError):
    """A policy can't take this step from where it is."""


class FourEyesError(GatewayError):
    """Who proposed a policy can't approve it, and nobody else has."""


class NothingToRollBackError(GatewayError):
    """No stored policy is active, so that there is none to go back from."""


class PolicyAlteredError(GatewayError):
    """A stored policy is not the text that was submitted."""
