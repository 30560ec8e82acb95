"""Look sources and addresses up among known risks."""

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from safehold.datasets.register.address import above, host_of, parse_address, read_host
from safehold.datasets.register.entry import Entry, Status, Waiver, WaiverError
from safehold.datasets.register.glob import matches
from safehold.vocabulary import Finding, FindingKind

DETECTOR = "source-register"
"""The detector's name in findings and policies."""

UNREADABLE_ADDRESS = "unreadable-address"
"""The subject of a finding for an address whose host can't be read while there are domains to compare it with."""

_SEPARATORS = re.compile(r"[\s_.\-]+")


class Register:
    """Known-risk sources: the shipped ones and an operator's own.

    Attributes:
        version: every part's id and version, and a digest over their content.
        entries: all of them, in the order of the files.
    """

    def __init__(self, entries: Iterable[Entry], *, version: str) -> None:
        self.version = version
        self.entries = tuple(entries)
        self._domains: dict[str, list[Entry]] = defaultdict(list)
        self._addresses: dict[str, list[tuple[str, Entry]]] = defaultdict(list)
        for entry in self.entries:
            self._map_hosts(entry)

    def check_source(
        self, location: str, *, names: Iterable[str] = (), waivers: Sequence[Waiver] = ()
    ) -> tuple[Finding, ...]:
        """Return what is asserted of a source, by its place and names.

        Args:
            location: a path or address; every part of it is taken for a possible name.
            names: further names, such as a dataset card gives.
            waivers: entries that are let through.
        """
        waived = {waiver.entry for waiver in waivers}
        found = [entry for entry in self._named(location, names) if entry.status is Status.ASSERTED]
        findings = [_finding(entry.id, entry.register) for entry in found if entry.id not in waived]
        if "://" in location:
            known = {finding.subject for finding in findings}
            findings += [finding for _, finding in self.check_urls([location], waivers) if finding.subject not in known]
        return tuple(findings)

    def require(self, entry: str) -> None:
        """Refuse an id that no finding of this register can have: a waiver of it would waive nothing.

        Raises:
            WaiverError: there is no such entry.
        """
        if entry != UNREADABLE_ADDRESS and all(entry != known.id for known in self.entries):
            close = difflib.get_close_matches(entry, [known.id for known in self.entries], n=3, cutoff=0.4)
            meant = f" Do you mean {' or '.join(close)}?" if close else ""
            raise WaiverError(
                f"there is no entry {entry} in the register of known-risk sources",
                advice=f"Copy the entry from the message that refuses the source.{meant}",
            )

    def notices(self, location: str, *, names: Iterable[str] = ()) -> tuple[Entry, ...]:
        """Return the informational entries about a source: they change no action."""
        return tuple(entry for entry in self._named(location, names) if entry.status is Status.INFORMATIONAL)

    def check_urls(self, urls: Sequence[str], waivers: Sequence[Waiver] = ()) -> list[tuple[int, Finding]]:
        """Return what is asserted of addresses, as (place in the sequence, finding); a blank one is none."""
        if not self._domains and not self._addresses:
            return []
        waived = {waiver.entry for waiver in waivers}
        found = [(place, finding) for place, url in enumerate(urls) if url.strip() for finding in self._of_address(url)]
        return [(place, finding) for place, finding in found if finding.subject not in waived]

    def _map_hosts(self, entry: Entry) -> None:
        for domain in entry.domains:
            self._domains[host_of(domain) or domain].append(entry)
        for pattern in entry.addresses:
            address = parse_address(pattern)
            if address is not None:
                self._addresses[address.host].append((address.path, entry))

    def _named(self, location: str, names: Iterable[str]) -> Iterator[Entry]:
        candidates = {_plain(part) for part in (*re.split(r"[/\\:]+", location), *names)} - {""}
        for entry in self.entries:
            meant = {name for name in candidates if any(matches(_plain(pattern), name) for pattern in entry.names)}
            others = {name for name in meant if any(matches(_plain(pattern), name) for pattern in entry.other_names)}
            if meant - others:
                yield entry

    def _of_address(self, url: str) -> Iterator[Finding]:
        host = read_host(url)
        if host is None:
            yield _finding(UNREADABLE_ADDRESS, "register")
            return
        for domain in above(host):
            for entry in self._domains.get(domain, ()):
                yield _finding(entry.id, entry.register)
            if domain in self._addresses:
                yield from self._of_path(domain, url)

    def _of_path(self, domain: str, url: str) -> Iterator[Finding]:
        address = parse_address(url)
        path = "" if address is None else address.path
        for pattern, entry in self._addresses[domain]:
            if matches(pattern, path):
                yield _finding(entry.id, entry.register)


def _plain(name: str) -> str:
    """Return a name without case and separators: "LAION_2B-en" and "laion2B-en" are one."""
    return _SEPARATORS.sub("", name.casefold())


def _finding(entry: str, register: str) -> Finding:
    return Finding(kind=FindingKind.SOURCE, detector=DETECTOR, subject=entry, reference=f"{register}#{entry}")
