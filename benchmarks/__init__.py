"""Measurements beside what others offer; each module runs as ``python -m benchmarks.NAME`` and prints one JSON line."""
