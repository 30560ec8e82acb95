"""The pages of the console: each module's table, and all of them in one."""

from safehold.console.pages import look

ALL_PAGES = (*look.PAGES,)

__all__ = ["ALL_PAGES"]
