"""Each method's module does what is asked of methods, and takes its own options."""

from __future__ import annotations

import inspect

import pytest

from stanmix.inference.method import Method, method_of
from stanmix.inference.options import METHODS, read

MODULES = {
    "map": "optimize",
    "importance": "importance_sampling",
}  # named otherwise than the method


@pytest.mark.parametrize("name", [name for name in METHODS if name != "auto"])
def test_options_lead_to_the_module_of_their_method(name):
    found = method_of(read(name, {}))
    assert found.__name__ == f"stanmix.inference.methods.{MODULES.get(name, name)}"
    for verb in ("prepare", "run", "read"):
        asked = list(inspect.signature(getattr(Method, verb)).parameters)[1:]  # without self
        assert list(inspect.signature(getattr(found, verb)).parameters) == asked
