"""The store of cases: values of :mod:`safehold.cases` enter and leave; rows, counts and events stay inside."""

from safehold.cases.store.casestore import CaseStore

__all__ = ["CaseStore"]
