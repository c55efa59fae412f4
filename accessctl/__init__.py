"""A door that knows the people who may enter by their faces."""

__version__ = "0.2.0"
