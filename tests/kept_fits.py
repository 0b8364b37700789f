"""A fit is what it was when it is saved and read, or made of its draws again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

import stanmix


def check_kept(fit: stanmix.Fit, frame: pd.DataFrame, path: Path) -> None:
    fit.save(path)
    again = stanmix.load(path)
    assert again.model == fit.model and hash(again.model) == hash(fit.model)
    np.testing.assert_array_equal(again.log_likelihood(), fit.log_likelihood())
    made = stanmix.from_draws(fit.model, frame, fit.posterior)
    np.testing.assert_allclose(made.responsibilities(), fit.responsibilities())
