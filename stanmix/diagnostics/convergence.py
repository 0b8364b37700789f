"""R-hat and effective draws: of aligned parameters, and of quantities that know no labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from stanmix import containers, monte_carlo
from stanmix.data.missing_cells import with_means
from stanmix.density import log_joint
from stanmix.diagnostics.report import Report
from stanmix.posterior.posterior import Posterior
from stanmix.posterior.scalars import scalars

__all__ = ["convergence", "invariants", "largest_r_hat", "spread_rows"]

Array = NDArray[np.float64]

# Thresholds of Vehtari, Gelman, Simpson, Carpenter & Buerkner (2021, Bayesian Anal. 16, 667-718).
R_HAT = 1.01
# Up to this, chains that weighted draws confirm may mix slowly; beyond it their agreement is luck.
SLOW = 1.1
ESS_PER_CHAIN = 100

# A chain of fewer draws than this has no R-hat; a single chain is cut in two.
LEAST = 4

# Observations at which the mixture's density is followed.
POINTS = 7


def convergence(
    fit: Posterior,
    report: Report,
    aligned: bool,
    confirmed: bool = False,
    sides: Sequence[float] = (),
) -> None:
    """Judge whether chains agree, and how many independent draws theirs are worth.

    Parameters
    ----------
    fit : Posterior
        With aligned draws, where labels may switch.
    report : Report
    aligned : bool
        Whether labels may switch, so that the draws have been aligned.
    confirmed : bool
        Whether weighted draws, which know of all optima, agree with the chains.
    sides : sequence of float
        Parts of the posterior that an order holds apart, where that is why confirmed chains
        differ (`stanmix.diagnostics.exploration.explained_by_sides`).
    """
    posterior = fit.posterior
    chains, draws = posterior.sizes["chain"], posterior.sizes["draw"]
    each = xr.Dataset({name: (("chain", "draw"), values) for name, values in scalars(fit)})
    _chains(chains, report)
    needed = LEAST if chains > 1 else 2 * LEAST
    if draws < needed:
        report.add(
            "convergence",
            "problem",
            f"nothing can be said of it: R-hat needs {needed} draws"
            + (" of a single chain" if chains == 1 else " of each chain")
            + f", and there {'is' if draws == 1 else 'are'} {draws}.",
            "draw more.",
        )
        return
    r_hat, where = largest_r_hat(each)
    r_hat_lp = largest_r_hat(fit.sample_stats[["lp"]])[0]
    free = invariants(fit)
    r_hat_free, where_free = largest_r_hat(free)
    bulk, tail = _smallest_ess(each)
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
    if not where:
        report.add(
            "convergence",
            "problem",
            "no parameter ever moved: all draws are one point.",
            "give other starts, or look at what the sampler said.",
        )
        return
    if r_hat < R_HAT:
        report.add("convergence", "fine", f"largest R-hat{relabelled} {r_hat:.3f} ({where}).")
    elif confirmed and max(r_hat, r_hat_free) < SLOW:
        report.add(
            "convergence",
            "note",
            f"largest R-hat{relabelled} {r_hat:.3f} ({where}; below {R_HAT} is wanted): no chain "
            "by itself has seen the whole posterior well. Chains began in proportion to what each "
            "part of it holds, and importance draws from all optima confirm the means and sds of "
            "all draws together.",
            "draw more for precise figures, and do not read single chains.",
        )
    elif confirmed and sides:
        parts = ", ".join(f"{side:.1%}" for side in sides)
        report.add(
            "convergence",
            "note",
            f"largest R-hat{relabelled} {r_hat:.3f} ({where}; below {R_HAT} is wanted): ordering "
            f"the components by {fit.model.order!r} splits the posterior into {len(sides)} sides "
            f"({parts} of it), between which chains hardly pass; on each they agree. "
            "They began on the sides in proportion, and importance draws confirm the means and sds "
            "of all draws together.",
            'read all chains together, and no single one; order="auto" samples without an order '
            "and has no sides.",
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


def _chains(chains: int, report: Report) -> None:
    if chains == 1:
        report.add(
            "chains",
            "note",
            "one chain cannot show that another start would have led elsewhere.",
            "use chains=4.",
        )


def invariants(fit: Posterior) -> xr.Dataset:
    """Return quantities of each draw that are the same under every labelling.

    Parameters
    ----------
    fit : Posterior

    Returns
    -------
    Dataset
        Of shape (chain, draw) each: the log density; the mixture's log density at some
        observations, from one end of the responses to the other; and the values of each
        parameter in ascending order over the components.
    """
    shape, coords = fit.draw_coords()
    terms, obs_id = fit.rows()
    at = spread_rows(terms.responses, POINTS)
    pointwise = log_joint.log_likelihood(fit.draws(), terms[at], pointwise=True)
    found = {"log density": fit.log_density().reshape(shape)}
    for column, row in zip(pointwise.T, at, strict=True):
        found[f"density at {obs_id[row]}"] = column.reshape(shape)
    for name in fit.model.parameters:
        variable = fit.posterior[name]
        values = variable.to_numpy()
        if name in fit.model.component_parameters:
            values = np.sort(values, axis=2)
        for index in np.ndindex(*values.shape[2:]):
            names = [str(fit.posterior[d].to_numpy()[i]) for d, i in zip(
                variable.dims[2:], index, strict=True)]  # fmt: skip
            if name in fit.model.component_parameters:
                names[0] = f"rank {index[0] + 1}"
            key = f"{name}[{', '.join(names)}]" if names else name
            found[key] = values[(slice(None), slice(None), *index)]
    return xr.Dataset({name: (("chain", "draw"), value) for name, value in found.items()}, coords)


def spread_rows(y: Array, count: int) -> NDArray[np.intp]:
    """Return the places of observations from one end of the responses to the other.

    Parameters
    ----------
    y : ndarray of shape (N,) or (N, D)
        Of several columns, in units of their sds, the direction in which they differ most is
        followed (the first principal component).
    count : int
        At most so many observations.

    Returns
    -------
    ndarray of int, shape (M,)
        Ascending.
    """
    columns = with_means(y.reshape(len(y), -1))
    if columns.shape[1] == 1:
        along = columns[:, 0]
    else:
        sd = columns.std(axis=0)
        standard = (columns - columns.mean(axis=0)) / np.where(sd > 0, sd, 1.0)
        along = standard @ np.linalg.eigh(standard.T @ standard)[1][:, -1]
    ranked = np.argsort(along, kind="stable")
    return np.unique(ranked[np.linspace(0, len(y) - 1, count).astype(int)])


def largest_r_hat(draws: xr.Dataset) -> tuple[float, str]:
    """Return the largest rank-normalised split R-hat and the quantity it belongs to.

    NaN (a quantity that never moved in some chain, or too few draws) counts as infinite; what is
    the same in all draws does not count.
    """
    worst, where = 0.0, ""
    for name, values in _that_move(draws):
        found = monte_carlo.r_hat(_split(values))
        found = np.inf if np.isnan(found) else found
        if found > worst:
            worst, where = found, name
    return worst, where


def _smallest_ess(draws: xr.Dataset) -> tuple[float, float]:
    """Return the least effective draws in the bulk and in the tails; NaN counts as none."""
    moving = [values for _, values in _that_move(draws)]
    bulk = [monte_carlo.effective_draws(values, "bulk") for values in moving]
    tail = [monte_carlo.effective_draws(values, "tail") for values in moving]
    return (
        float(min(np.nan_to_num(bulk), default=0.0)),
        float(min(np.nan_to_num(tail), default=0.0)),
    )


def _that_move(draws: xr.Dataset) -> Iterator[tuple[str, Array]]:
    """Yield name and values (chain, draw) of what is not the same in all draws.

    Some parameters are the same by what they are, as theta with one component.
    """
    for name, values in containers.scalars(draws):
        if np.ptp(values) > 0:
            yield name, values


def _split(values: Array) -> Array:
    """Return (chain, draw) with a single chain cut in two, as R-hat needs."""
    if len(values) > 1:
        return values
    half = values.shape[1] // 2
    return np.concatenate([values[:, :half], values[:, half : 2 * half]])
