"""The version of stanmix."""

__version__ = "0.1.0"
