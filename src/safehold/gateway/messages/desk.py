"""Messages with their counts: what a surface shows is counted as it is shown.

messages.show("refused_by_policy", country="GB", locale="en-GB")
"""

from safehold.gateway.messages.catalogue import Catalogue
from safehold.gateway.messages.exposure import Exposures
from safehold.gateway.messages.message import Audience, Message


class Messages:
    """Resolve and count.

    Args:
        catalogue: what messages are made of.
        exposures: where they are counted; None for nowhere.
    """

    def __init__(self, catalogue: Catalogue, exposures: Exposures | None = None) -> None:
        self.catalogue = catalogue
        self.exposures = exposures

    def show(self, key: str, *, country: str = "", locale: str = "", audience: Audience | None = None) -> Message:
        """Return what to show, and count that it is shown; as :meth:`Catalogue.resolve`.

        Raises:
            UnknownMessageError: there is no message of that key.
        """
        message = self.catalogue.resolve(key, country=country, locale=locale, audience=audience)
        if self.exposures is not None:
            self.exposures.shown(message, audience)
        return message
