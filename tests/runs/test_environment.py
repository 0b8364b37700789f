from __future__ import annotations

import platform

import numpy as np

import stanmix
from stanmix.runs import environment


def test_versions_are_those_of_the_packages():
    found = environment.versions()
    assert found["stanmix"] == stanmix.__version__
    assert found["numpy"] == np.__version__
    assert found["Python"] == platform.python_version()
