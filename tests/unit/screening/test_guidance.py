"""What people are told to do by hand."""

import re

import pytest

from safehold.screening import default_policy, guidance_for


@pytest.mark.parametrize("jurisdiction", [*default_policy().dispositions, "atlantis"])
def test_every_jurisdiction_gets_steps_that_begin_with_not_looking_and_end_with_counsel(jurisdiction: str) -> None:
    guidance = guidance_for(jurisdiction)
    assert guidance.jurisdiction == jurisdiction
    assert guidance.authority
    assert guidance.steps[0].startswith("Do not open, view, copy")
    assert "counsel" in guidance.steps[-1]


@pytest.mark.parametrize("jurisdiction", default_policy().dispositions)
def test_no_guidance_holds_an_address_or_a_telephone_number(jurisdiction: str) -> None:
    text = " ".join(guidance_for(jurisdiction).steps)
    assert not re.search(r"https?:|www\.|@|\+\d|\d{6,}", text)
    assert "  " not in text
    assert "\n" not in text


def test_a_us_provider_is_told_of_the_cybertipline_and_the_year() -> None:
    steps = " ".join(guidance_for("us-provider").steps)
    assert "CyberTipline" in steps
    assert "one year" in steps
