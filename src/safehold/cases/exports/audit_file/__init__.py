"""The file of an export for auditors: one record a line, written and read as it passes by, however long it gets.

Cases, decisions and events are read from the stores a page at a time and leave at once. A reader needs the file alone.
"""

from safehold.cases.exports.audit_file.disclosure import Disclosure
from safehold.cases.exports.audit_file.reading import AuditRead, is_audit_file, read_audit
from safehold.cases.exports.audit_file.scope import Scope
from safehold.cases.exports.audit_file.writing import AuditWriting

__all__ = ["AuditRead", "AuditWriting", "Disclosure", "Scope", "is_audit_file", "read_audit"]
