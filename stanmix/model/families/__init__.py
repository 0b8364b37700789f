"""Families as data: the response distribution of one component.

A family names its parameters, in order, and gives its density in NumPy and in Stan. Nothing else
in stanmix knows a family's parameters by name.
"""

from __future__ import annotations

from stanmix.model.families.entry import TRIALS, Family, StanDensity
from stanmix.model.families.registry import FAMILIES, family

__all__ = ["FAMILIES", "TRIALS", "Family", "StanDensity", "family"]
