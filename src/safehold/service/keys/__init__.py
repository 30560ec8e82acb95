"""API keys: who may ask the service for what.

A name and scopes enter; a secret leaves once. After that a key that somebody shows enters, and the caller leaves.
"""

from safehold.service.keys.key import Key
from safehold.service.keys.ring import KeyRing
from safehold.service.keys.secret import Token

__all__ = ["Key", "KeyRing", "Token"]
