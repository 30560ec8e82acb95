"""Refusal and prevention messages: what people are told, and where they find help, by country, language and audience.

What enters is a message key of an answer with a country, a locale and, where it is known, whom the message is for; what
leaves is a :class:`Message` of reviewed texts and help-lines, each help-line with the page that it was read on.
"""

from safehold.gateway.messages.catalogue import Catalogue
from safehold.gateway.messages.desk import Messages
from safehold.gateway.messages.errors import MessagesError, UnknownMessageError
from safehold.gateway.messages.exposure import Exposures, ExposureSummary
from safehold.gateway.messages.loading import load_catalogue
from safehold.gateway.messages.message import Audience, Basis, HelpLine, Message, Section

__all__ = [
    "Audience",
    "Basis",
    "Catalogue",
    "ExposureSummary",
    "Exposures",
    "HelpLine",
    "Message",
    "Messages",
    "MessagesError",
    "Section",
    "UnknownMessageError",
    "load_catalogue",
]
