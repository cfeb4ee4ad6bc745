"""The composition root: settings become objects. Nothing else in the program puts parts together."""

from assistant.bootstrap.installation import Assistant

__all__ = ["Assistant"]
