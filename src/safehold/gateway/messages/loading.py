"""Read the shipped messages, and an operator's own over them, into a catalogue.

catalogue = load_catalogue([Path("own-help-lines.yaml"), Path("own-en.yaml")])
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources
from pathlib import Path

from safehold.gateway.messages.catalogue import FALLBACK_LANGUAGE, Catalogue, Language
from safehold.gateway.messages.errors import MessagesError
from safehold.gateway.messages.file import LinesFile, ServiceEntry, TextsFile, parse, read_own
from safehold.gateway.messages.message import Audience, HelpLine

_VERSION_DIGITS = 16


def load_catalogue(own: Sequence[Path] = ()) -> Catalogue:
    """Read the shipped messages, and an operator's own files over them.

    Args:
        own: files of either form; a later one wins. Their help-lines stand before the shipped ones.

    Raises:
        ReviewedDataError: a file can't be read or says what can't be meant; with its line.
        MessagesError: files don't go together.
    """
    named = [*_shipped(), *((str(path), read_own(path)) for path in own)]
    files = [parse(text, called=name) for name, text in named]
    languages = _languages(file for file in files if isinstance(file, TextsFile))
    lines = _help_lines([file for file in files if isinstance(file, LinesFile)])
    _require_help_for_all(lines)
    return Catalogue(languages, lines, _digest(text for _, text in named))


def _shipped() -> Iterator[tuple[str, str]]:
    folder = resources.files("safehold.gateway.messages")
    texts = (folder / "texts").iterdir()
    for path in (folder / "help_lines.yaml", *sorted(texts, key=lambda one: one.name)):
        yield path.name, path.read_text(encoding="utf-8")


def _languages(files: Iterable[TextsFile]) -> dict[str, Language]:
    languages: dict[str, Language] = {}
    for file in files:
        before = languages.get(file.language)
        languages[file.language] = Language.of(file) if before is None else before.with_own(file)
    for language in languages.values():
        lacking = [name for name in languages[FALLBACK_LANGUAGE].missing_from(language) if "." not in name]
        if lacking:
            raise MessagesError(
                f"the messages in {language.code!r} lack: {', '.join(lacking)}",
                advice="Give those texts too: half a message in another language helps nobody.",
            )
    return languages


def _help_lines(files: Sequence[LinesFile]) -> tuple[HelpLine, ...]:
    lines: dict[str, HelpLine] = {}
    for file in files:
        unknown = [name for name in file.remove if name not in lines]
        if unknown:
            raise MessagesError(
                f"no help-line is called: {', '.join(unknown)}", advice="Copy ids from docs/messages.md."
            )
        added = {service.id: _help_line(service) for service in file.services}
        kept = {name: line for name, line in lines.items() if name not in {*file.remove, *added}}
        lines = {**added, **kept}
    return tuple(lines.values())


def _help_line(entry: ServiceEntry) -> HelpLine:
    return HelpLine(
        id=entry.id,
        name=entry.name,
        countries=frozenset(entry.countries),
        audiences=frozenset(entry.audiences),
        phone=entry.phone or "",
        text=entry.text or "",
        web=entry.web or "",
        languages=entry.languages,
        is_free=entry.free,
        is_anonymous=entry.anonymous,
        is_always_open=entry.always_open,
        is_everywhere=entry.everywhere,
        for_under_18=entry.under_18,
        for_adults=entry.adults,
        sources=entry.sources,
        basis=entry.basis,
        read=entry.read,
    )


def _require_help_for_all(lines: Sequence[HelpLine]) -> None:
    """Refuse to start where some audience would be left without any service in some country."""
    left = [audience.value for audience in Audience if not _has_international(lines, audience)]
    if left:
        raise MessagesError(
            f"no international help-line is left for: {', '.join(left)}",
            advice="Keep at least one service without countries for each audience.",
        )


def _has_international(lines: Sequence[HelpLine], audience: Audience) -> bool:
    return any(audience in line.audiences and not line.countries for line in lines)


def _digest(texts: Iterable[str]) -> str:
    """Return a digest that changes with any byte that messages are made of."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(hashlib.sha256(text.encode()).digest())
    return digest.hexdigest()[:_VERSION_DIGITS]
