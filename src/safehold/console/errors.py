"""What can go wrong between a person and a page. What they are told of it stands here, in our words."""

from safehold.vocabulary import InternalError, SafeholdError, UsageError


def in_sentences(error: SafeholdError) -> str:
    """Return an error as somebody reads it: what is wrong and what to do, with a capital and a full stop."""
    told = str(error).rstrip(".")
    return f"{told[:1].upper()}{told[1:]}. {error.advice}"


class RefusedError(UsageError):
    """A request that is not answered as asked: its status, a title and what to do next.

    Attributes:
        status: of the HTTP response.
        title: a few words.
        headers: of the response, beside the usual ones.
    """

    def __init__(self, status: int, title: str, *, advice: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(title, advice=advice)
        self.status = status
        self.title = title
        self.headers = headers or {}


class PageMissingError(RefusedError):
    """There is nothing of that name: one answer for what never was and what they may not know of."""

    def __init__(self, advice: str = "It may have been closed or forgotten. Go back, or search for it.") -> None:
        super().__init__(404, "There is nothing here", advice=advice)


class TemplateUnfitError(InternalError):
    """A page names a template, an asset or a word that there is not."""
