"""What can be wrong with rules of cases."""

from safehold.vocabulary import UsageError


class CaseRulesError(UsageError):
    """A file of rules can't be read, or says something that can't be meant."""
