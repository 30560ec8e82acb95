"""The service: ASGI apps over the gateway, their keys, limits and workers. Nothing is decided here."""
