"""Webhooks: what the operator's own systems are told, signed, and delivered again until they have it."""
