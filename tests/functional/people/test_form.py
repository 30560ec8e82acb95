import re
from html.parser import HTMLParser

import pytest

from safehold.service.reporting.form_texts import load_form_texts

from .conftest import EMBEDDER, Desks

NOTICE = {"kind": "notice", "category": "image_of_child", "target": "generation", "reference": "gen-17"}
REQUEST = {
    "kind": "take_down",
    "category": "image_of_me",
    "target": "address",
    "reference": "https://images.example/17",
    "contact": "person@example.org",
    "role": "depicted",
    "signature": "A Person",
    "good_faith": "yes",
    "fingerprint": "ab" * 32,
}


class _Page(HTMLParser):
    """The texts of a page and what it loads."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.ids: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids += [given["id"] or ""] if "id" in given else []
        if tag in {"script", "img", "iframe"}:
            self.loads.append(given.get("src") or "inline")
        if tag == "link":
            self.loads.append(given.get("href") or "")


@pytest.mark.parametrize("language", sorted(load_form_texts()))
def test_the_form_is_there_in_every_language_and_loads_nothing_of_others(desks: Desks, language: str) -> None:
    page = desks.client.get("/report", params={"lang": language})
    assert page.status_code == 200
    assert f'<html lang="{language}"' in page.text
    assert load_form_texts()[language].texts["submit"] in page.text.replace("&#39;", "'")
    found = _Page(page.text)
    assert [one.partition("?")[0] for one in found.loads] == ["/report/form.css", "/report/form.js"]
    assert len(set(found.ids)) == len(found.ids)


def test_the_pages_policy_lets_it_load_nothing_else_and_be_framed_by_named_origins_alone(desks: Desks) -> None:
    policy = desks.client.get("/report").headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'")
    assert policy.endswith(f"frame-ancestors 'self' {EMBEDDER}")
    assert "unsafe" not in policy


def test_the_pages_of_an_app_are_made_at_the_first_request(desks: Desks) -> None:
    del desks.app.state.report_pages
    assert desks.client.get("/report").status_code == 200
    assert desks.app.state.report_pages is not None


def test_a_browsers_preferred_language_and_country_are_taken(desks: Desks) -> None:
    page = desks.client.get("/report", headers={"Accept-Language": "xx, de-AT;q=0.9, en;q=0.8"})
    assert '<html lang="de"' in page.text
    assert "Rat auf Draht" in page.text


def test_a_form_that_is_sent_becomes_a_report_and_a_receipt(desks: Desks) -> None:
    page = desks.client.post("/report?lang=en&country=GB", data=NOTICE)
    assert page.status_code == 200
    (report,) = desks.people.reports.list()
    assert report.ticket in page.text
    assert (report.locale, report.country, report.reference) == ("en", "GB", "gen-17")
    codes = re.findall(r"<code>([^<]+)</code>", page.text)
    status = desks.client.post("/report/status?lang=en", data={"token": codes[1]})
    assert "Nobody has looked at it yet" in status.text
    assert desks.client.post("/report/status", data={"token": codes[1][:-1]}).status_code == 404


def test_a_request_by_form_has_its_clock_and_its_fingerprint(desks: Desks) -> None:
    page = desks.client.post("/report", data=REQUEST)
    assert "2026-11-24 12:00 UTC" in page.text
    (report,) = desks.people.reports.list()
    assert (report.kind.value, report.fingerprints, report.holding) == ("take_down", 1, "held")
    assert "A Person" in desks.note(report.ticket)


@pytest.mark.parametrize(
    ("lacks", "said"),
    [
        ({"kind": "notice", "category": None}, "Choose what it is about."),
        ({"reference": "", "fingerprint": ""}, "Tell us where it is"),
        ({"signature": ""}, "Write your full name."),
        ({"good_faith": None}, "Confirm that the picture is shown without consent."),
        ({"contact": ""}, "Give an email address or a phone number."),
        ({"fingerprint": "not one"}, "The fingerprint is not usable."),
        ({"fingerprint": "ab" * 31}, "The fingerprint is not usable."),
        ({"note": "data:image/png;base64,AAAA"}, "This looks like a file."),
        ({"note": "word " * 500}, "Please write at most 2000 characters."),
    ],
)
def test_what_a_form_lacks_is_said_and_what_was_typed_is_still_there(
    desks: Desks, lacks: dict[str, str | None], said: str
) -> None:
    sent = {name: value for name, value in (REQUEST | lacks).items() if value is not None and value.strip()}
    page = desks.client.post("/report?lang=en", data=sent)
    assert page.status_code == 422
    assert page.text.count(said) >= 1
    assert 'role="alert"' in page.text
    if "signature" in sent:
        assert 'value="A Person"' in page.text
    assert desks.people.reports.list() == []


def test_what_was_typed_is_escaped(desks: Desks) -> None:
    page = desks.client.post("/report", data={**NOTICE, "category": "x", "reference": '"><script>alert(1)</script>'})
    assert page.status_code == 422
    assert "<script>alert" not in page.text


def test_a_field_that_only_scripts_fill_in_keeps_them_out(desks: Desks) -> None:
    assert desks.client.post("/report", data={**NOTICE, "website": "https://spam.example"}).status_code == 422
    assert desks.people.reports.list() == []


def test_a_link_may_fill_in_what_is_reported(desks: Desks) -> None:
    page = desks.client.get("/report", params={"target": "model", "reference": "model-9", "category": "harmful_model"})
    assert 'value="model-9"' in page.text
    assert '<option value="model" selected>' in page.text


@pytest.mark.parametrize(
    ("name", "kind"), [("form.css", "text/css"), ("form.js", "text/javascript"), ("embed.js", "text/javascript")]
)
def test_style_sheet_and_scripts_may_be_kept(desks: Desks, name: str, kind: str) -> None:
    found = desks.client.get(f"/report/{name}")
    assert found.headers["content-type"].startswith(kind)
    assert found.headers["cache-control"] == "public, max-age=86400"
    assert desks.client.get("/report/layout.html.j2").status_code == 404


def test_a_status_token_never_stands_in_an_address_of_a_page(desks: Desks) -> None:
    page = desks.client.post("/report", data=NOTICE)
    token = re.findall(r"<code>([^<]+)</code>", page.text)[1]
    assert all(token not in link for link in re.findall(r'(?:href|action)="([^"]*)"', page.text))
