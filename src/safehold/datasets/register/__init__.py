"""The register of known-risk sources (Safety by Design, D1.1).

Names of sources and addresses of records enter; findings leave, unless a named person waived an entry with a reason.
The shipped register names datasets and publications, never hosts or items; operators add own domains and addresses.
"""

from safehold.datasets.register.entry import Entry, EntryKind, Status, Waiver, WaiverError
from safehold.datasets.register.file import RegisterError, load_register
from safehold.datasets.register.register import DETECTOR, UNREADABLE_ADDRESS, Register

__all__ = [
    "DETECTOR",
    "UNREADABLE_ADDRESS",
    "Entry",
    "EntryKind",
    "Register",
    "RegisterError",
    "Status",
    "Waiver",
    "WaiverError",
    "load_register",
]
