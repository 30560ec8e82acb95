"""The catalogue: every text and help-line, and what a person is shown of them. Pure once it is read.

Rules: the country's own services come first; where a country has none for an audience, the international ones take
their place, so that nobody is sent away without any. A locale without texts is answered in English. A key's part after
a dot says where it was met ("refused_by_policy.input"); a text may be given for it, else that of the first part holds.

    catalogue = load_catalogue()
    catalogue.resolve("refused_by_policy", country="GB", locale="en-GB").sections[0].help_lines[0].name
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from safehold.gateway.messages.errors import UnknownMessageError
from safehold.gateway.messages.file import AudienceText, Help, MessageText, Review, TextsFile
from safehold.gateway.messages.message import Audience, HelpLine, Message, Section

FALLBACK_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Language:
    """The texts of one language.

    Attributes:
        code: BCP 47 primary tag.
        messages, audiences, labels: the texts by key.
        is_reviewed: whether every file of it was signed off.
    """

    code: str
    messages: Mapping[str, MessageText]
    audiences: Mapping[Audience, AudienceText]
    labels: Mapping[str, str]
    is_reviewed: bool

    @classmethod
    def of(cls, file: TextsFile) -> Self:
        """Return the texts of a file."""
        reviewed = file.status is Review.REVIEWED
        return cls(file.language, dict(file.messages), dict(file.audiences), dict(file.labels), reviewed)

    def with_own(self, own: TextsFile) -> "Language":
        """Return these texts with an operator's in their place."""
        return Language(
            self.code,
            {**self.messages, **own.messages},
            {**self.audiences, **own.audiences},
            {**self.labels, **own.labels},
            self.is_reviewed and own.status is Review.REVIEWED,
        )

    def missing_from(self, other: "Language") -> list[str]:
        """Return what this language has and another lacks."""
        lacking = [key for key in self.messages if key not in other.messages]
        lacking += [audience.value for audience in self.audiences if audience not in other.audiences]
        return lacking + [label for label in self.labels if label not in other.labels]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What messages are made of.

    Attributes:
        languages: by code; English is always there.
        help_lines: in the order in which they are shown.
        version: digest of all of it.
    """

    languages: Mapping[str, Language]
    help_lines: tuple[HelpLine, ...]
    version: str

    def resolve(self, key: str, *, country: str = "", locale: str = "", audience: Audience | None = None) -> Message:
        """Return what to show.

        Args:
            key: of the message, as an answer names it.
            country: ISO 3166-1 alpha-2, in any case; "" or an unknown one for the international services.
            locale: a BCP 47 tag; "" for English.
            audience: whom it is for; None where that is unknown: everybody's section then, adults' and young people's
                next to each other.

        Raises:
            UnknownMessageError: there is no message of that key.
        """
        language = self._language(locale)
        text = self._text(key, language)
        here = country.upper()
        asked = tuple(Audience) if audience is None else (audience,)
        wants_help = text.help is Help.ALWAYS or audience is not None
        sections = tuple(self._section(one, here, language) for one in asked) if wants_help else ()
        return Message(
            key=key,
            country=here if any(here in line.countries for line in self.help_lines) else "",
            language=language.code,
            title=text.title,
            body=text.body,
            sections=sections,
            labels=tuple(sorted(language.labels.items())),
            is_reviewed=language.is_reviewed,
            version=self.version,
        )

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the keys of all messages."""
        return tuple(self.languages[FALLBACK_LANGUAGE].messages)

    @property
    def countries(self) -> tuple[str, ...]:
        """Return the countries that have services of their own."""
        return tuple(sorted({country for line in self.help_lines for country in line.countries}))

    def _language(self, locale: str) -> Language:
        primary = locale.replace("_", "-").partition("-")[0].lower()
        return self.languages.get(primary, self.languages[FALLBACK_LANGUAGE])

    def _text(self, key: str, language: Language) -> MessageText:
        for texts in (language, self.languages[FALLBACK_LANGUAGE]):
            for name in (key, key.partition(".")[0]):
                if name in texts.messages:
                    return texts.messages[name]
        raise UnknownMessageError("there is no such message", advice=f"Use one of: {', '.join(self.keys)}.")

    def _section(self, audience: Audience, country: str, language: Language) -> Section:
        text = language.audiences[audience]
        serving = [line for line in self.help_lines if audience in line.audiences]
        own = [line for line in serving if country in line.countries]
        shown = own + [line for line in serving if not line.countries and (line.is_everywhere or not own)]
        shown.sort(key=lambda line: (not line.countries, language.code not in line.languages))
        return Section(audience, text.heading, text.body, tuple(shown))
