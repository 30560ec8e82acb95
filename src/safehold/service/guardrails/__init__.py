"""LiteLLM's Generic Guardrail endpoint: its words over our own answers.

Source: LiteLLM 1.109.1, `types/proxy/guardrails/guardrail_hooks/generic_guardrail_api.py`.
"""
