"""What people are told and what they tell: messages, reports and feedback of an opened home.

people = open_people(workshop)
people.messages.show("refused_by_policy", country="GB")
"""

from dataclasses import dataclass

from safehold.gateway.feedback import FeedbackBook
from safehold.gateway.marks import Marks, digest_key
from safehold.gateway.messages import Exposures, Messages, load_catalogue
from safehold.gateway.reports import BankHolding, Desk, ReportCases, Reports, ReviewSeal
from safehold.vault.review import ReviewKey
from safehold.wiring.entrance import Entrance, queues_of
from safehold.wiring.workshop import Workshop


@dataclass(frozen=True, slots=True)
class People:
    """What people are told and what they tell.

    Attributes:
        messages: refusal and prevention messages, with their counts.
        reports: reports from people.
        feedback: of those who think that they were refused wrongly.
        trusted: names of the API keys of trusted flaggers.
        embedders: origins of pages that may show the report form in a frame.
    """

    messages: Messages
    reports: Reports
    feedback: FeedbackBook
    trusted: frozenset[str] = frozenset()
    embedders: tuple[str, ...] = ()


def open_people(workshop: Workshop) -> People:
    """Wire messages, reports and feedback to an opened home.

    Raises:
        ReviewedDataError, MessagesError: an operator's own messages can't be used.
        GatewayError: the review key or the key for marks is not one.
    """
    home, settings = workshop.home, workshop.settings
    review_key = ReviewKey.load(home.keys)
    key = digest_key(home.keys)
    desk = Desk(
        seals=None if review_key is None else ReviewSeal(review_key.public_key),
        holding=BankHolding(workshop.banks),
        digest_key=key,
        retention_days=settings.report_days,
        cases=ReportCases(Entrance(home.database, workshop.ledger, home.clock, queues=queues_of(settings)), Marks(key)),
    )
    return People(
        messages=Messages(load_catalogue(settings.messages), Exposures(home.database, home.clock)),
        reports=Reports(home.database, workshop.ledger, home.clock, desk),
        feedback=FeedbackBook(home.database, workshop.ledger, home.clock, desk),
        trusted=frozenset(settings.trusted_flaggers),
        embedders=settings.report_embedders,
    )
