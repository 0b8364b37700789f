"""Draws of a fit as quantities that know no labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stanmix.density.label_free import column_names, label_free, numbers_of_components
from stanmix.posterior import relabelling
from stanmix.posterior.posterior import Posterior

__all__ = ["label_free_draws"]

Array = NDArray[np.float64]


def label_free_draws(fit: Posterior) -> dict[str, Array]:
    """Return label-free quantities of the draws of a fit, each of shape (S,).

    See `stanmix.density.label_free`.
    """
    posterior, model = fit.posterior, fit.model
    draws = {
        name: posterior[name].to_numpy().reshape(-1, *posterior[name].shape[2:])
        for name in model.parameters
    }
    by = None
    if model.order not in (None, "auto") and model.exchangeable:
        by = relabelling.component_draws(fit, model.order)[1].reshape(-1, model.components)
        by = by[:, ~np.isnan(by[0])]  # of those that have it
    elif not model.exchangeable:
        sizes = posterior.sizes
        by = numbers_of_components(sizes["chain"] * sizes["draw"], model.components)
    return label_free(draws, fit.program, by, column_names(fit.program, fit.design))
