from pathlib import Path

import pytest

from safehold.gateway.messages import Audience, Catalogue, MessagesError, UnknownMessageError, load_catalogue
from safehold.reviewed import ReviewedDataError

OWN_LINE = """
format: safehold.help-lines/1
id: own
version: "1"
{remove}
services:
  - id: own-line
    name: Our own line
    countries: [GB]
    audiences: [self_concern]
    {reach}
    sources: ["https://example.org/help"]
    basis: {basis}
    read: "2026-11-01"
"""
OWN_TEXT = """
format: safehold.messages/1
language: {language}
version: "1"
messages:
  refused_by_policy: {{title: "Our own title", body: "Our own words.", help: always}}
"""


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def own(tmp_path: Path, text: str) -> list[Path]:
    path = tmp_path / "own.yaml"
    path.write_text(text, encoding="utf-8")
    return [path]


def line(*, reach: str = 'phone: "0123"', basis: str = "own", remove: str = "") -> str:
    return OWN_LINE.format(reach=reach, basis=basis, remove=remove)


def test_a_countrys_own_services_come_before_those_for_everywhere(catalogue: Catalogue) -> None:
    (section,) = catalogue.resolve("prevention", country="gb", audience=Audience.YOUNG_PERSON).sections
    assert [one.id for one in section.help_lines] == ["childline-gb", "report-remove-gb", "take-it-down"]


def test_services_in_the_readers_language_come_first_within_a_country(catalogue: Catalogue) -> None:
    def first(locale: str) -> str:
        (section,) = catalogue.resolve(
            "prevention", country="CH", locale=locale, audience=Audience.SELF_CONCERN
        ).sections
        return section.help_lines[0].id

    assert (first("fr-CH"), first("de-CH")) == ("dis-no-ch", "kein-taeter-werden-ch")


@pytest.mark.parametrize(
    ("locale", "language"), [("pt-BR", "pt"), ("DE_at", "de"), ("xx", "en"), ("", "en"), ("-", "en")]
)
def test_a_locale_is_answered_in_its_language_or_in_english(catalogue: Catalogue, locale: str, language: str) -> None:
    assert catalogue.resolve("limited", locale=locale).language == language


def test_a_key_with_a_surface_is_answered_with_the_text_of_the_key(catalogue: Catalogue) -> None:
    with_surface = catalogue.resolve("held_for_review.output", country="US")
    assert with_surface.key == "held_for_review.output"
    assert with_surface.title == catalogue.resolve("held_for_review", country="US").title


def test_a_fault_of_ours_offers_help_only_to_an_audience_that_was_asked_for(catalogue: Catalogue) -> None:
    assert catalogue.resolve("not_examined", country="US").sections == ()
    assert catalogue.resolve("not_examined", country="US", audience=Audience.WITNESS).sections


def test_an_unknown_key_is_an_error_and_not_an_empty_message(catalogue: Catalogue) -> None:
    with pytest.raises(UnknownMessageError):
        catalogue.resolve("no_such_message")


def test_every_shipped_text_says_that_it_is_a_draft(catalogue: Catalogue) -> None:
    assert not any(language.is_reviewed for language in catalogue.languages.values())
    assert not catalogue.resolve("prevention").is_reviewed


def test_an_operators_service_stands_first_and_replaces_one_of_its_id(tmp_path: Path) -> None:
    found = load_catalogue(own(tmp_path, line(remove="remove: [stop-it-now-gb]")))
    (section,) = found.resolve("prevention", country="GB", audience=Audience.SELF_CONCERN).sections
    assert [one.id for one in section.help_lines] == ["own-line"]
    assert found.version != load_catalogue().version


def test_an_operators_text_replaces_ours(tmp_path: Path) -> None:
    found = load_catalogue(own(tmp_path, OWN_TEXT.format(language="fr")))
    assert found.resolve("refused_by_policy", locale="fr").title == "Our own title"
    assert found.resolve("refused_by_policy", locale="en").title != "Our own title"


def test_a_new_language_must_be_whole(tmp_path: Path) -> None:
    with pytest.raises(MessagesError, match="'sv' lack: held_for_review"):
        load_catalogue(own(tmp_path, OWN_TEXT.format(language="sv")))


def test_a_number_needs_a_page_of_the_service_itself_or_of_an_authority(tmp_path: Path) -> None:
    with pytest.raises(ReviewedDataError, match="a wrong one harms"):
        load_catalogue(own(tmp_path, line(basis="secondary")))
    load_catalogue(own(tmp_path, line(basis="secondary", reach="web: https://example.org/")))


def test_a_service_that_nobody_can_reach_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReviewedDataError, match="no way to reach"):
        load_catalogue(own(tmp_path, line(reach="free: true")))


def test_no_audience_may_be_left_without_an_international_service(tmp_path: Path) -> None:
    with pytest.raises(MessagesError, match="self_concern"):
        load_catalogue(own(tmp_path, line(remove="remove: [troubled-desire, redirection]")))


def test_removing_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MessagesError, match="no-such-line"):
        load_catalogue(own(tmp_path, line(remove="remove: [no-such-line]")))


@pytest.mark.parametrize("text", ["format: something", "- a list", "format: safehold.help-lines/1\nunknown: 1"])
def test_a_file_of_neither_form_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ReviewedDataError):
        load_catalogue(own(tmp_path, text))
