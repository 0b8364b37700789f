"""Draws with names, and what is asked of them."""
