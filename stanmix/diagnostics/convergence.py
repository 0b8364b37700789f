"""R-hat and effective draws: of aligned parameters, and of quantities that know no labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from stanmix import allocation, convert
from stanmix.diagnostics.report import Report

if TYPE_CHECKING:
    from stanmix.fit import Fit

__all__ = ["convergence", "invariants", "largest_r_hat"]

# Thresholds of Vehtari, Gelman, Simpson, Carpenter & Buerkner (2021, Bayesian Anal. 16, 667-718).
R_HAT = 1.01
SLOW = 1.05  # what is confirmed by other draws may mix so slowly
ESS_PER_CHAIN = 100

# Observations at which the mixture's density is followed.
POINTS = 7


def convergence(fit: Fit, report: Report, aligned: bool, confirmed: bool = False) -> None:
    """Judge whether chains agree, and how many independent draws theirs are worth.

    Parameters
    ----------
    fit : Fit
        With aligned draws, where labels may switch.
    report : Report
    aligned : bool
        Whether labels may switch, so that the draws have been aligned.
    confirmed : bool
        Whether weighted draws, which know of all optima, agree with the chains.
    """
    posterior = fit.idata.posterior
    r_hat, where = largest_r_hat(posterior)
    r_hat_lp = largest_r_hat(fit.idata.sample_stats[["lp"]])[0]
    free = invariants(fit)
    r_hat_free, where_free = largest_r_hat(free)
    bulk, tail = _smallest_ess(posterior)
    bulk_free, tail_free = _smallest_ess(free)
    report.figures.update(
        r_hat=r_hat,
        r_hat_lp=r_hat_lp,
        r_hat_invariant=r_hat_free,
        ess_bulk=bulk,
        ess_tail=tail,
        ess_bulk_invariant=bulk_free,
        ess_tail_invariant=tail_free,
    )
    relabelled = " after relabelling" if aligned else ""
    chains = posterior.sizes["chain"]
    if r_hat < R_HAT:
        report.add("convergence", "fine", f"largest R-hat{relabelled} {r_hat:.3f} ({where}).")
    elif confirmed and max(r_hat, r_hat_free) < SLOW:
        report.add(
            "convergence",
            "note",
            f"largest R-hat{relabelled} {max(r_hat, r_hat_free):.3f} ({where}; below {R_HAT} is "
            "wanted), but importance draws from all optima agree with the chains.",
            "draw more for precise figures.",
        )
    elif aligned and r_hat_free < R_HAT:
        report.add(
            "convergence",
            "problem",
            f"R-hat is {r_hat:.3f} for {where}{relabelled} (below {R_HAT} is wanted), but at most "
            f"{r_hat_free:.3f} for quantities that know no labels: the posterior is explored, and "
            "only the components are not told apart well enough to be named.",
            "predictions, densities and partitions can be used; parameters of single components "
            'cannot. Try another method (fit.relabel("stephens")), or fewer components.',
        )
    else:
        report.add(
            "convergence",
            "problem",
            f"R-hat is {r_hat:.3f} for {where}{relabelled} (below {R_HAT} is wanted), and up to "
            f"{r_hat_free:.3f} for quantities that know no labels ({where_free}): chains do not "
            "agree.",
            "run longer; if chains sit at different log densities (sample_stats.lp), the "
            "posterior has modes that no relabelling can merge: fewer components or "
            "stronger priors.",
        )
    least, wanted = min(bulk, tail), ESS_PER_CHAIN * chains
    few = least < wanted
    report.add(
        "effective draws",
        "note" if few else "fine",
        f"at least {bulk:.0f} in the bulk and {tail:.0f} in the tails"
        + (f"; {wanted} are wanted for reliable figures." if few else "."),
        "draw more." if few else "",
    )
    if chains == 1:
        report.add(
            "chains",
            "note",
            "one chain cannot show that another start would have led elsewhere.",
            "use chains=4.",
        )


def invariants(fit: Fit) -> xr.Dataset:
    """Return quantities of each draw that are the same under every labelling.

    Parameters
    ----------
    fit : Fit

    Returns
    -------
    Dataset
        Of shape (chain, draw) each: the log density; the mixture's log density at some
        observations, from the smallest response to the largest; and the values of each
        parameter in ascending order over the components.
    """
    shape, coords = fit.draw_coords()
    y, X, obs_id = fit.rows()
    at = np.unique(np.argsort(y, kind="stable")[np.linspace(0, len(y) - 1, POINTS).astype(int)])
    pointwise = allocation.log_likelihood(
        fit.family, fit.draws(), y[at], None if X is None else X[at], pointwise=True
    )
    found = {"log density": fit.log_density().reshape(shape)}
    for column, row in zip(pointwise.T, at, strict=True):
        found[f"density at {obs_id[row]}"] = column.reshape(shape)
    for name in fit.model.parameters:
        variable = fit.idata.posterior[name]
        values = variable.to_numpy()
        if name in fit.model.component_parameters:
            values = np.sort(values, axis=2)
        for index in np.ndindex(*values.shape[2:]):
            names = [str(fit.idata.posterior[d].to_numpy()[i]) for d, i in zip(
                variable.dims[2:], index, strict=True)]  # fmt: skip
            if name in fit.model.component_parameters:
                names[0] = f"rank {names[0]}"
            key = f"{name}[{', '.join(names)}]" if names else name
            found[key] = values[(slice(None), slice(None), *index)]
    return xr.Dataset({name: (("chain", "draw"), value) for name, value in found.items()}, coords)


def largest_r_hat(draws: xr.Dataset) -> tuple[float, str]:
    """Return the largest rank-normalised split R-hat and the quantity it belongs to.

    NaN (a quantity that never moved in some chain) counts as infinite.
    """
    worst, where = 0.0, ""
    for name, variable in draws.data_vars.items():
        values = _split(variable.transpose("chain", "draw", ...))
        for index in np.ndindex(*values.shape[2:]):
            one = values[(slice(None), slice(None), *index)]
            if np.ptp(one) == 0:  # constant in all chains, as theta with one component
                continue
            with convert.quiet():
                r_hat = float(convert.arviz().rhat(one))
            r_hat = np.inf if np.isnan(r_hat) else r_hat
            if r_hat > worst:
                labels = [
                    str(variable[dim].to_numpy()[i])
                    for dim, i in zip(variable.dims[2:], index, strict=True)
                ]
                worst, where = r_hat, f"{name}[{', '.join(labels)}]" if labels else str(name)
    return worst, where


def _split(values: Any) -> Any:
    """Return (chain, draw, ...) with a single chain cut in two, as R-hat needs."""
    array = np.asarray(values, dtype=np.float64)
    if array.shape[0] > 1:
        return array
    half = array.shape[1] // 2
    return np.concatenate([array[:, :half], array[:, half : 2 * half]])


def _smallest_ess(draws: xr.Dataset) -> tuple[float, float]:
    with convert.quiet():
        bulk = convert.arviz().ess(draws, method="bulk")
        tail = convert.arviz().ess(draws, method="tail")
    return (
        min(float(np.nanmin(variable)) for variable in bulk.data_vars.values()),
        min(float(np.nanmin(variable)) for variable in tail.data_vars.values()),
    )
