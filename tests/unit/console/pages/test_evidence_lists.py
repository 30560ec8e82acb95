"""Long lists of openings, grants, holds and destructions: every row is reached by links, each on one page alone."""

import datetime as dt
import re

import pytest

from safehold.cases import Person, Role
from safehold.cases.evidence import Basis, Ground
from safehold.vault import EvidenceId, Label

from .room import Room

ROSA, SAM = (Person(name, frozenset({Role.REPORTER})) for name in ("rosa", "sam"))
MANY = 53


@pytest.fixture(scope="module")
def full(room: Room, tmp_path_factory: pytest.TempPathFactory) -> Room:
    """Give a room with more of everything than a page shows."""
    custodians, folder = room.workshop.vault.custodians, tmp_path_factory.mktemp("custodians")
    for name in ("carol", "dan"):
        custodians.generate(name, out=folder / f"{name}.key", passphrase=None)
    case = room.case("chk_lists#0")
    work, soon = room.casework, room.clock.at + dt.timedelta(days=9)
    for number in range(MANY):
        sealed: EvidenceId = room.workshop.vault.put(b"red cube %d" % number, Label(case=case))
        work.openings.request(ROSA, sealed, case=case, purpose="report")
        work.holds.place(ROSA, sealed, Basis.US_PRESERVATION, reference="agency-7", until=soon + dt.timedelta(days=81))
        work.destructions.ask(ROSA, sealed, Ground.ERASURE_REQUEST, reference="request-1", counsel="letter-1")
    return room


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/openings", r'href="/openings/(open_[^"]+)"'),
        ("/grants", r'href="/grants/(open_[^"]+)"'),
        ("/holds?which=all", r'href="/holds/([0-9a-f]{64})"'),
        ("/holds?which=destroying", r'action="/destructions/(destroy_[^"]+)"'),
    ],
)
def test_every_row_of_a_long_list_of_evidence_is_on_one_page_alone(full: Room, path: str, named: str) -> None:
    client = full.as_()
    first = client.get(path).text
    further = re.search(r'rel="next" href="([^"]+)"', first)
    assert further is not None
    rest = client.get(further[1].replace("&amp;", "&")).text
    seen = [set(re.findall(named, page)) for page in (first, rest)]
    assert [len(one) for one in seen] == [50, 3]
    assert not seen[0] & seen[1]
    assert 'rel="next"' not in rest
    assert 'aria-current="page"' in rest, "it stays the same list"
    assert client.get(f"{path}{'&' if '?' in path else '?'}after=%00~x~y").status_code == 200


def test_the_page_of_holds_shows_some_of_what_presses_and_leads_to_all_of_it(full: Room) -> None:
    full.clock.at += dt.timedelta(days=61)  # the last test: others of the module see holds that don't end soon
    page = full.as_().get("/holds").text
    for which in ("ending", "destroying"):
        assert page.count(f'<p><a href="/holds?which={which}">') == 1
    assert len(set(re.findall(r'action="/destructions/(destroy_[^"]+)"', page))) == 10
    ending = full.as_().get("/holds?which=ending").text
    assert len(set(re.findall(r'href="/holds/([0-9a-f]{64})"', ending))) == 50
    further = re.search(r'rel="next" href="([^"]+)"', ending)
    assert further is not None
    assert "which=ending" in further[1]
    assert full.as_().get(further[1].replace("&amp;", "&")).text.count('<th scope="row">') == 3
