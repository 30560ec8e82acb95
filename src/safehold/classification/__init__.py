"""Classification: what images and texts show, as scores and concept claims.

Pixels or texts enter, scores and rule hits leave; thresholds and consequences belong to the policy.
"""
