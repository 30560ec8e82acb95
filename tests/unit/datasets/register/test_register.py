"""Known-risk sources: what is recognised, what isn't, and what a waiver does."""

from importlib import resources
from pathlib import Path

import pytest
import yaml

from safehold.datasets.register import (
    UNREADABLE_ADDRESS,
    EntryKind,
    RegisterError,
    Status,
    Waiver,
    WaiverError,
    load_register,
)
from safehold.reviewed import ReviewedDataError
from safehold.vocabulary import FindingKind

SHIPPED = resources.files("safehold.datasets.register").joinpath("known_risk_sources.yaml")
REGISTER = load_register()

OWN = """\
format: safehold.register/1
id: own
version: "3"
entries:
  - id: own-host
    name: a host of ours
    kind: own
    asserted_by: our trust team
    asserted_on: "2026-01"
    reference: internal note 17
    asserts: we were told of a risk
    domains: [risky.example, "bücher.example"]
  - id: own-path
    name: a place on a host
    kind: own
    asserted_by: our trust team
    asserted_on: "2026"
    reference: internal note 18
    asserts: we were told of a risk
    addresses: ["shared.example/rooms/*/pictures", "shared.example/cubes*", "shared.example/find?q=*"]
  - id: own-dataset
    name: a dataset of ours
    kind: dataset
    asserted_by: our trust team
    asserted_on: "2026-01-02"
    reference: internal note 19
    asserts: we were told of a risk
    names: ["red cubes*"]
"""


def own(tmp_path: Path, text: str = OWN) -> Path:
    path = tmp_path / "own.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def subjects(location: str) -> set[str]:
    return {finding.subject for finding in REGISTER.check_source(location)}


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/data/laion2B-en-md5/part-00000.parquet", {"laion-5b"}),
        ("hf://datasets/laion/laion2B-en", {"laion-5b"}),
        ("LAION_5B", {"laion-5b"}),
        ("s3://bucket/laion1b nolang/", {"laion-5b"}),
        ("C:\\data\\Laion-5B\\x", {"laion-5b"}),
        ("laion-aesthetics-v2-5plus", {"laion-5b-derived"}),
        ("data/laion400m-data", {"laion-400m"}),
        ("nudenet/classifier_data", {"nudenet-dataset"}),
        ("relaion2B-en-research-safe", set()),
        ("x/Re-LAION-5B-research", set()),
        ("/data/holiday-photos", set()),
        ("", set()),
    ],
)
def test_a_source_is_recognised_by_any_part_of_its_place(location: str, expected: set[str]) -> None:
    assert subjects(location) == expected


def test_a_risky_part_beside_a_repaired_one_is_found() -> None:
    assert subjects("relaion5b/from/laion2B-en") == {"laion-5b"}


def test_further_names_are_looked_up_too() -> None:
    (finding,) = REGISTER.check_source("/mnt/d7", names=["laion/laion2B-multi"]) or (None,)
    assert finding is not None
    assert finding.subject == "laion-5b"


def test_a_finding_names_the_entry_in_its_version() -> None:
    (finding,) = REGISTER.check_source("laion5b")
    assert finding.kind is FindingKind.SOURCE
    assert finding.detector == "source-register"
    assert finding.reference == "known-risk-sources@1#laion-5b"


def test_a_repaired_successor_is_a_notice_and_no_finding() -> None:
    (entry,) = REGISTER.notices("relaion2B-multi-research")
    assert entry.id == "re-laion-5b"
    assert entry.status is Status.INFORMATIONAL
    assert REGISTER.notices("laion5b") == ()


def test_a_waiver_lets_its_own_entry_through_and_no_other() -> None:
    waiver = Waiver("laion-5b", "metadata only, matched before any download", "A. Person")
    assert REGISTER.check_source("laion5b", waivers=[waiver]) == ()
    assert len(REGISTER.check_source("laion5b/nudenet", waivers=[waiver])) == 1


@pytest.mark.parametrize("blank", [("", "why", "who"), ("entry", " ", "who"), ("entry", "why", "")])
def test_a_waiver_needs_an_entry_a_reason_and_a_name(blank: tuple[str, str, str]) -> None:
    with pytest.raises(WaiverError):
        Waiver(*blank)


def test_the_shipped_register_names_no_host_and_no_item() -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    assert "://" not in text
    assert "www." not in text
    assert all(not entry.domains and not entry.addresses for entry in REGISTER.entries)


def test_every_shipped_entry_says_who_when_and_where_it_can_be_read() -> None:
    assert {entry.id for entry in REGISTER.entries} >= {"laion-5b", "re-laion-5b", "nudenet-dataset"}
    for entry in REGISTER.entries:
        assert entry.asserted_by
        assert entry.asserted_on.startswith("20")
        assert entry.reference
        assert entry.kind is EntryKind.DATASET
        assert entry.repaired_by in {"", *(other.id for other in REGISTER.entries)}


def test_without_own_domains_no_address_is_risky_or_unreadable() -> None:
    assert REGISTER.check_urls(["https://host.example/a", "::::", ""]) == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://risky.example/a.jpg", "own-host"),
        ("http://cdn.a.risky.example:8080/a.jpg", "own-host"),
        ("//RISKY.example", "own-host"),
        ("risky.example/a", "own-host"),
        ("https://user:word@risky.example./a", "own-host"),
        ("https:\\\\risky.example\\a", "own-host"),
        ("https:///risky.example/a", "own-host"),
        ("https:risky.example/a", "own-host"),
        ("ht\ntps://ris\tky.example/a", "own-host"),
        ("https://r%69sky.example/a", "own-host"),
        ("https://bücher.example/a", "own-host"),
        ("https://xn--bcher-kva.example/a", "own-host"),
        ("https://\uff52isky.example/a", "own-host"),
        ("https://risky。example/a", "own-host"),
        ("https://notrisky.example/a", None),
        ("https://risky.example.org/a", None),
        ("https://other.example/?u=risky.example", None),
        ("https://shared.example/rooms/7/pictures", "own-path"),
        ("https://sub.shared.example/rooms/7/pictures", "own-path"),
        ("https://shared.example/ROOMS/a/b/pictures#x", "own-path"),
        ("https://shared.example/x/../rooms/%37/pictures", "own-path"),
        ("https://shared.example//cubes/1.jpg?size=2", "own-path"),
        ("https://shared.example/%2563ubes/1.jpg", "own-path"),
        ("https://shared.example/find?q=cube", "own-path"),
        ("https://shared.example/rooms/7/pictures2", None),
        ("https://shared.example/", None),
        ("https://[2001:db8::1]:80/a", None),
        ("https:// /a", UNREADABLE_ADDRESS),
        ("", None),
        (" \n", None),
        ("https://a..b/", UNREADABLE_ADDRESS),
        ("https://" + "a" * 300 + "/", UNREADABLE_ADDRESS),
        ("https://ä" + "ö" * 80 + ".example/", UNREADABLE_ADDRESS),
    ],
)
def test_addresses_are_compared_as_a_browser_would_reach_them(tmp_path: Path, url: str, expected: str | None) -> None:
    register = load_register([own(tmp_path)])
    assert [finding.subject for _, finding in register.check_urls([url])] == ([expected] if expected else [])


def test_addresses_are_answered_by_their_place(tmp_path: Path) -> None:
    register = load_register([own(tmp_path)])
    urls = ["https://a.example/1", "https://risky.example/2", "https://a.example/3", "https://shared.example/cubes"]
    found = register.check_urls(urls)
    assert [(place, finding.reference) for place, finding in found] == [(1, "own@3#own-host"), (3, "own@3#own-path")]
    assert [place for place, _ in register.check_urls(urls, [Waiver("own-host", "checked", "A. Person")])] == [3]


def test_a_source_given_as_an_address_is_compared_with_own_domains(tmp_path: Path) -> None:
    register = load_register([own(tmp_path)])
    assert [f.subject for f in register.check_source("https://risky.example/red-cubes-2/0.tar")] == [
        "own-dataset",
        "own-host",
    ]


def test_the_version_changes_with_the_content_of_any_file(tmp_path: Path) -> None:
    first = load_register([own(tmp_path)]).version
    second = load_register([own(tmp_path, OWN.replace("red cubes*", "red cubes 2*"))]).version
    assert first.startswith("known-risk-sources@1+own@3 sha256:")
    assert len({first, second, REGISTER.version}) == 3


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("kind: own\n", "kind: rumour\n", "entries.0.kind"),
        ("    domains:", "    hosts:", "entries.0.hosts: unknown key"),
        ("[risky.example,", '["*.example",', "bare host"),
        ("[risky.example,", '["https://risky.example",', "bare host"),
        ('"shared.example/cubes*"', '"shared.example/"', "HOST/PATH"),
        ('"shared.example/cubes*"', '"*.example/cubes"', "HOST/PATH"),
        ('["red cubes*"]', '["*-*_*"]', "more than wildcards"),
        ('    names: ["red cubes*"]\n', "", "nothing to look up"),
        ('asserted_on: "2026"', "asserted_on: lately", "entries.1.asserted_on"),
        ("    reference: internal note 17\n", "", "entries.0.reference: is missing"),
        ("id: own\n", "id: Own Register\n", "id"),
    ],
)
def test_a_register_that_says_what_cannot_be_meant_is_refused(tmp_path: Path, old: str, new: str, why: str) -> None:
    assert old in OWN
    with pytest.raises(ReviewedDataError) as caught:
        load_register([own(tmp_path, OWN.replace(old, new, 1))])
    assert why in str(caught.value)


def test_two_entries_with_one_id_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RegisterError, match="laion-5b"):
        load_register([own(tmp_path, OWN.replace("id: own-host", "id: laion-5b"))])


def test_the_shipped_file_is_read_whole() -> None:
    content = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    assert content["format"] == "safehold.register/1"
    assert len(content["entries"]) == len(REGISTER.entries)
