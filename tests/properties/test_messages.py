"""Wherever somebody is and whatever they read, a message names help."""

from functools import lru_cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safehold.gateway.messages import Audience, Basis, Catalogue, load_catalogue

ISO_3166 = (  # noqa: SIM905 - 249 quoted codes are not easier to read
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ "
    "CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR "
    "GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO "
    "JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR "
    "MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO "
    "RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV "
    "TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
).split()
"""Every code of ISO 3166-1 alpha-2 in use: 249 of them."""


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    return load_catalogue()


def test_every_country_language_and_audience_is_named_at_least_one_service() -> None:
    assert len(set(ISO_3166)) == 249
    found = catalogue()
    assert len(found.languages) >= 6
    for country in ISO_3166:
        for locale in found.languages:
            for audience in Audience:
                (section,) = found.resolve(
                    "refused_by_policy", country=country, locale=locale, audience=audience
                ).sections
                assert section.audience is audience
                assert section.help_lines, (country, locale, audience)


@pytest.mark.parametrize("key", ["refused_by_policy", "held_for_review", "prevention"])
def test_adults_and_young_peoples_services_stand_together_where_the_audience_is_unknown(key: str) -> None:
    for country in ISO_3166:
        sections = catalogue().resolve(key, country=country).sections
        assert [one.audience for one in sections[:2]] == [Audience.SELF_CONCERN, Audience.YOUNG_PERSON]
        assert all(one.help_lines for one in sections)


@given(st.text(max_size=8), st.text(max_size=20), st.sampled_from([None, *Audience]))
def test_any_country_and_locale_that_can_be_sent_resolves(country: str, locale: str, audience: Audience | None) -> None:
    message = catalogue().resolve("refused_by_policy.input", country=country, locale=locale, audience=audience)
    assert message.title
    assert all(section.help_lines for section in message.sections)
    assert message.country in {"", country.upper()}


def test_no_number_stands_on_the_word_of_a_third_party_and_every_service_has_a_page_that_was_read() -> None:
    for line in catalogue().help_lines:
        assert line.sources
        assert line.read
        if line.basis is Basis.SECONDARY:
            assert (line.phone, line.text) == ("", ""), line.id


def test_services_name_existing_countries_only() -> None:
    assert set(catalogue().countries) <= set(ISO_3166)
