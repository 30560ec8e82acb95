"""Columns that a policy maps to concepts: a scan looks for them, and a decision needs a scan that did."""

from dataclasses import replace

from safehold.datasets.errors import IncompleteScanError
from safehold.datasets.sources import Fields, SourceOptions
from safehold.screening import Policy


def with_mapped_columns(options: SourceOptions, policy: Policy) -> SourceOptions:
    """Return the options with the columns that the policy maps among the names to look for."""
    mapped = tuple(dict.fromkeys(mapping.column for mapping in policy.columns if not mapping.contains_any))
    tags = tuple(dict.fromkeys(mapping.column for mapping in policy.columns if mapping.contains_any))
    return replace(options, fields=replace(options.fields, mapped=mapped, tags=tags))


def require_sought(sought: Fields, policy: Policy) -> None:
    """Refuse to decide under a policy that maps columns which nobody looked for: they would seem to claim nothing.

    Args:
        sought: the names that the scan looked for.
        policy: what to decide under.

    Raises:
        IncompleteScanError: the scan did not look for one.
    """
    labels, texts = ({name.lower() for name in names} for names in (sought.labels, sought.captions))
    unread = [
        mapping.column
        for mapping in policy.columns
        if mapping.column.lower() not in (texts if mapping.contains_any else labels)
    ]
    if unread:
        raise IncompleteScanError(
            f"the policy maps columns that the scan did not read: {', '.join(unread)}",
            advice="Run `safehold dataset scan` again with the same sources, --out and this policy.",
        )
