"""The pages of the console: each module's table, and all of them in one."""

from safehold.console.pages import *case.PAGES, *exposure.PAGES, *queues.PAGES, *reveal.PAGES, *work.PAGES, case, exposure, look, queues, reveal, security, signing_in, users, work  ALL_PAGES = (     *look.PAGES

__all__ = ["ALL_PAGES"]
