import ipaddress

import pytest

from safehold.service.webhooks.destination import Destination
from safehold.service.webhooks.errors import DeliveryFailedError, WebhookAddressError

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
PUBLIC = "93.184.216.34"


@pytest.mark.parametrize(
    "url",
    [
        *("", "example.org", "ftp://example.org/", "file:///etc/passwd", "https://", "https:///x"),
        *("https://user@example.org/", "https://user:canary@example.org/", "https://example.org/#part"),
        *(
            "https://example.org:port/",
            "https://example.org:70000/",
            "https://exa mple.org/",
            "https://ex\u00e4mple.org/",
        ),
        *("https://example.org/\r\nHost: x", "https://example.org/" + "x" * 3000),
    ],
)
def test_what_cannot_be_delivered_to_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(WebhookAddressError) as caught:
        Destination.parse(url)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "at"),
    [
        ("https://example.org", f"https://{PUBLIC}:443/"),
        ("https://example.org:8443/a/b?c=d", f"https://{PUBLIC}:8443/a/b?c=d"),
    ],
)
def test_the_address_that_was_judged_is_the_one_that_is_connected_to(url: str, at: str) -> None:
    to = Destination.parse(url)
    assert to.at(to.judged([PUBLIC], ())) == at
    assert to.host == "example.org"


@pytest.mark.parametrize(
    ("url", "found", "networks"),
    [
        ("https://inside.example/", ["127.0.0.1"], ()),
        ("https://inside.example/", ["10.1.2.3"], ()),
        ("https://inside.example/", ["169.254.169.254"], LOOPBACK),
        ("https://inside.example/", ["::1"], LOOPBACK),
        ("https://inside.example/", ["::ffff:127.0.0.1"], ()),
        ("https://inside.example/", ["fe80::1%eth0"], ()),
        ("https://both.example/", [PUBLIC, "10.1.2.3"], ()),
        ("http://plain.example/", [PUBLIC], LOOPBACK),
    ],
)
def test_internal_addresses_and_unprotected_ways_are_refused(url: str, found: list[str], networks: tuple[()]) -> None:
    with pytest.raises(DeliveryFailedError) as caught:
        Destination.parse(url).judged(found, networks)
    assert caught.value.reason == "address_refused"


def test_a_name_that_leads_nowhere_is_told_apart() -> None:
    with pytest.raises(DeliveryFailedError) as caught:
        Destination.parse("https://nowhere.example/").judged([], LOOPBACK)
    assert caught.value.reason == "unresolved"


def test_a_network_that_is_allowed_is_delivered_to_also_without_tls() -> None:
    to = Destination.parse("http://inside.example:8080/hook")
    assert to.at(to.judged(["127.0.0.1"], LOOPBACK)) == "http://127.0.0.1:8080/hook"


def test_an_ipv6_address_is_written_as_one() -> None:
    to = Destination.parse("https://six.example/")
    assert to.at(to.judged(["2606:2800:220:1::1"], ())) == "https://[2606:2800:220:1::1]:443/"
