"""The pages of the console: each module's table, and all of them in one."""

from safehold.console.pages import (
    banks,
    case,
    deciding,
    exposure,
    health,
    ledger,
    look,
    policies,
    queues,
    reports,
    reveal,
    security,
    signing_in,
    users,
    work,
)

ALL_PAGES = (
    *banks.PAGES,
    *case.PAGES,
    *deciding.PAGES,
    *exposure.PAGES,
    *health.PAGES,
    *ledger.PAGES,
    *look.PAGES,
    *policies.PAGES,
    *queues.PAGES,
    *reports.PAGES,
    *reveal.PAGES,
    *security.PAGES,
    *signing_in.PAGES,
    *users.PAGES,
    *work.PAGES,
)

__all__ = ["ALL_PAGES"]
