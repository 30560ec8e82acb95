"""What holds for every pattern and every address."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from safehold.datasets.register.address import above, parse_address, read_host
from safehold.datasets.register.glob import matches

short = st.text("ab*", max_size=8)
labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
hosts = st.lists(labels, min_size=1, max_size=4).map(".".join)


@given(short, st.text("ab", max_size=12))
@example("a*a", "a")
@example("ab*ba", "aba")
def test_patterns_match_as_the_regular_expression_says(pattern: str, text: str) -> None:
    expression = ".*".join(map(re.escape, pattern.split("*")))
    assert matches(pattern, text) is (re.fullmatch(expression, text) is not None)


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading_of_addresses(text: str) -> None:
    address = parse_address(text)
    assert address is None or (address.host and address.path.startswith("/"))


@given(hosts, st.text("abc/", max_size=10), st.sampled_from(["http://", "https://", "//", "HTTPS://", ""]))
def test_a_plain_host_is_read_whatever_stands_around_it(host: str, path: str, scheme: str) -> None:
    address = parse_address(f"{scheme}{host.upper()}:443/{path}")
    assert address is not None
    assert address.host == host


@given(
    hosts | st.text("ab-.:@/?#% ", max_size=14),
    st.sampled_from(["http://", "https://", "//"]),
    st.text("/?#:@ a", max_size=4),
)
def test_the_fast_reading_of_a_host_is_the_slow_one(host: str, scheme: str, rest: str) -> None:
    address = parse_address(scheme + host + rest)
    assert read_host(scheme + host + rest) == (None if address is None else address.host)


@given(hosts, labels)
def test_every_domain_above_a_host_is_looked_up(host: str, label: str) -> None:
    assert above(f"{label}.{host}") == [f"{label}.{host}", *above(host)]
