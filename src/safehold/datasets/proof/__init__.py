"""Proof: what was done becomes a manifest, a summary, a card and a signed certificate that anyone can check."""
