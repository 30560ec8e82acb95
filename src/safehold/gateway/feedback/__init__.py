"""Feedback of people who think that they were refused wrongly: the number of a check or case and a reason; counted."""

from safehold.gateway.feedback.feedback import Feedback, FeedbackBook, FeedbackReason, FeedbackUnusableError

__all__ = ["Feedback", "FeedbackBook", "FeedbackReason", "FeedbackUnusableError"]
