"""The pages of the console: each module's table, and all of them in one."""

from safehold.console.pages import banks, health, ledger, look, policies, reports, security, signing_in, users

ALL_PAGES = (
    *look.PAGES,
    *signing_in.PAGES,
    *banks.PAGES,
    *health.PAGES,
    *ledger.PAGES,
    *policies.PAGES,
    *reports.PAGES,
    *security.PAGES,
    *users.PAGES,
)

__all__ = ["ALL_PAGES"]
