"""``/v1/moderations``: the words of OpenAI's moderation endpoint over our own answers.

A client that knows that endpoint changes its address and key, and nothing else.
"""
