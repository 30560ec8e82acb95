"""Reviewed data: the YAML files that people read and sign off (policies, lexicons, registers).

Text enters; a checked pydantic model leaves, or an error that names the key and the line.
"""

from safehold.reviewed.document import Document, UnreadableYamlError, read_yaml
from safehold.reviewed.model import ReviewedDataError, Strict, read_file, read_text

__all__ = [
    "Document",
    "ReviewedDataError",
    "Strict",
    "UnreadableYamlError",
    "read_file",
    "read_text",
    "read_yaml",
]
