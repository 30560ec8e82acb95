"""Enforcing: what the operator's own systems are told of measures, and what they hand in of appeals.

A key with the scope `enforcement` enters; changes in their order, standings and receipts leave, and signed webhooks for
whoever is to hear at once. Accounts are named in bodies alone, and marked before anything else is done with them.
"""
