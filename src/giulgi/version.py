"""The version of giulgi."""

__version__ = "0.1.0"
