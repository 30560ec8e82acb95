"""Casework of datasets: held records become items of a case of their run, and what people decide comes back.

A decided run enters a case; releases leave. Where the bytes of a record lie, only the run's own folder says.
"""
