"""The meaning: every operation by NumPy, one after another, as plain as possible."""

from giulgi.backends.reference.interpreter import ReferenceBackend

__all__ = ["ReferenceBackend"]
