"""Nothing that stanmix asks of cmdstanpy is deprecated there; its next version removes it."""

from __future__ import annotations

import inspect
import logging

import cmdstanpy
import numpy as np
import pytest

import stanmix

DATA = {"y": np.random.default_rng(0).normal(3, 2, 50)}
MODEL = stanmix.Mixture(
    "y", 1, fixed={"sigma": 2.0}, priors={"mu": stanmix.Normal(0, 10)}, order=None
)
METHODS = {
    "nuts": {"chains": 2, "draws": 50},
    "advi": {"draws": 50, "restarts": 1},
    "pathfinder": {"draws": 50, "restarts": 1},
    "laplace": {"draws": 200},
    "map": {},
}


class Listener(logging.Filter):
    """Hears all that is said, before the filters that silence it."""

    def __init__(self):
        super().__init__()
        self.heard = []

    def filter(self, record):
        self.heard.append(record.getMessage())
        return True


@pytest.fixture
def listener():
    found = Listener()
    logger = logging.getLogger("cmdstanpy")
    logger.filters.insert(0, found)
    yield found
    logger.removeFilter(found)


@pytest.mark.parametrize("method", METHODS)
def test_no_method_makes_a_call_that_is_deprecated(method, listener, tmp_path):
    options = {"method": method, "seed": 1, "progress": False, **METHODS[method]}
    fit = MODEL.fit(DATA, output_dir=tmp_path, **options)
    assert abs(float(fit.idata.posterior["mu"].mean()) - DATA["y"].mean()) < 1
    assert not [line for line in listener.heard if "deprecated" in line.lower()]


def test_such_a_call_would_be_heard(listener, tmp_path):
    """Else the test above could not fail."""
    sample = cmdstanpy.CmdStanModel.sample
    assert "chains" in inspect.signature(sample).parameters
    model = object.__new__(cmdstanpy.CmdStanModel)
    with pytest.raises(Exception):  # noqa: B017 (of a model that has no executable)
        sample(model, None, 1)
    assert [line for line in listener.heard if "deprecated" in line.lower()]
