"""The names of a fit's components: every method of `stanmix.relabel`, fed from the fit's draws."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Container, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stanmix import containers
from stanmix.data.missing_cells import with_means
from stanmix.density import allocations, log_joint, moments
from stanmix.density.row_terms import RowTerms
from stanmix.errors import InputError
from stanmix.model.moments import MOMENTS
from stanmix.model.specification import cannot_order
from stanmix.posterior.posterior import Posterior, Some
from stanmix.program.coefficients import own
from stanmix.program.columns import entries
from stanmix.program.variables import Quantity
from stanmix.relabel.auto import auto
from stanmix.relabel.compare import compare as compare_permutations
from stanmix.relabel.methods import METHODS, Inputs
from stanmix.relabel.order import order
from stanmix.relabel.permutations import apply, name_by
from stanmix.relabel.probabilities import ComputedProbabilities
from stanmix.relabel.sample_allocations import sample_allocations
from stanmix.streams import Stream, generator

__all__ = [
    "as_sampled",
    "compare",
    "component_draws",
    "method_inputs",
    "named",
    "permutations",
    "relabel",
    "rows_to_read",
]

Array = NDArray[np.float64]

# Relabelling looks at a random subset of more observations than this; the labels of a draw
# depend on the bulk of the data, not on each observation.
MOST_OBSERVATIONS = 2_000
# Probabilities are kept where they hold no more numbers than this, else computed at each reading.
_KEPT = 2**23
# So many tell which rows belong to some of the components.
MOST_DRAWS = 100
# SJW sums over K! permutations.
SJW_COMPONENTS = 8

NAMES = {
    "ecr": "ECR",
    "ecr_iterative_1": "ECR-iterative-1",
    "ecr_iterative_2": "ECR-iterative-2",
    "stephens": "Stephens' algorithm",
    "pra": "PRA",
    "sjw": "SJW",
    "data_based": "the data-based method",
}


def relabel(fit: Some, method: str = "auto", parameter: str | None = None) -> Some:
    """Return draws with their components renumbered draw by draw; see `stanmix.Fit.relabel`."""
    return _renumbered(fit, *permutations(fit, method, parameter))


def _renumbered(fit: Some, perm: NDArray[np.intp], labelling: str) -> Some:
    """Return draws whose components are renumbered by ``perm[..., new] = old``."""
    draws, stats = fit.posterior, fit.sample_stats
    changed = {
        one.name: (draws[one.name].dims, apply(_own(one, perm), draws[one.name].to_numpy()))
        for one in fit.program.estimated
        if not one.shared
    }
    if "permutation" in stats:  # relabelled before: keep the way back to the raw draws
        perm = np.take_along_axis(stats["permutation"].to_numpy(), perm, axis=-1)
    stats = stats.assign_coords(component=fit.component_names).assign(
        permutation=(("chain", "draw", "component"), perm)
    )
    idata = containers.replace(
        fit.idata, {"labelling": labelling}, posterior=draws.assign(changed), sample_stats=stats
    )
    return dataclasses.replace(fit, idata=idata)


def named(fit: Some) -> Some:
    """Return draws with labels as ``order`` of the model asks."""
    needs = fit.model.components > 1 and fit.model.program_order is None
    if needs and fit.model.ordered_afterwards:
        return relabel(fit, "order", fit.model.ordered_afterwards)
    if needs and fit.model.order == "auto" and fit.model.exchangeable:
        if "aligned" in fit.idata.attrs:
            return _renumbered(fit, _by_location(fit), fit.idata.attrs["aligned"])
        return relabel(fit, "ecr")
    return fit


def _by_location(fit: Posterior) -> NDArray[np.intp]:
    """Return the permutations (chain, draw, K) that name aligned components by their locations."""
    sizes, K = fit.posterior.sizes, fit.model.components
    perm = np.tile(np.arange(K), (int(sizes["chain"]), int(sizes["draw"]), 1))
    for members in fit.model.alike or (tuple(range(K)),):
        own = np.array(members)
        here = np.tile(np.arange(len(own)), (*perm.shape[:2], 1))
        perm[..., own] = own[name_by(here, component_draws(fit, None, members)[1])]
    return perm


def permutations(
    fit: Posterior, method: str = "auto", parameter: str | None = None
) -> tuple[NDArray[np.intp], str]:
    """Align the draws of a fit by one method, and name the components.

    Parameters
    ----------
    fit : Posterior
    method : str
        ``"auto"`` or a name of `stanmix.relabel.methods.METHODS`.
    parameter : str, optional
        For ``"order"``; see `component_draws`.

    Returns
    -------
    perm : ndarray of int, shape (chain, draw, component)
        ``perm[..., new] = old``. Methods other than ``"order"`` fix an alignment, not the names:
        these follow the posterior mean of the location.
    labelling : str
        What was done, in words.

    Raises
    ------
    InputError
        If the method or parameter is unknown, components are not exchangeable, or the method
        cannot take so many components.
    """
    if not fit.model.exchangeable:
        raise InputError(
            "The components of this mixture are told apart by their families, their formulas, "
            "its prior, its known parameters or known classes of rows, so their labels mean "
            "something already and cannot be exchanged."
        )
    if parameter is not None and method != "order":
        raise InputError(f"parameter={parameter!r} belongs to method='order', not {method!r}.")
    sizes, K = fit.posterior.sizes, fit.model.components
    perm = np.tile(np.arange(K), (int(sizes["chain"]), int(sizes["draw"]), 1))
    said = []
    for members in fit.model.alike or (tuple(range(K)),):
        found, words = _permutations(fit, method, parameter, members)
        own = np.array(members)
        perm[..., own] = own[found]
        said.append(words)
    return perm, "; ".join(dict.fromkeys(said))


def _permutations(
    fit: Posterior, method: str, parameter: str | None, members: tuple[int, ...]
) -> tuple[NDArray[np.intp], str]:
    """Align components that nothing tells apart; numbers of both are places among them."""
    if method == "order":
        name, values = component_draws(fit, parameter, members)
        return order(values), f"ordered by {name} after sampling"
    rows = rows_to_read(fit, members)
    if method == "auto":
        perm, reason = auto(p=_probabilities(fit, rows, members), seed=fit.seed)
        chosen, _, why = reason.partition(": ")
        words = f"relabelled by {NAMES[chosen]} (chosen because {why.rstrip('.')})"
    else:
        perm = METHODS[method].run(method_inputs(fit, METHODS[method].needs, rows, members), None)
        words = f"relabelled by {NAMES[method]}"
    if len(rows) < len(fit.design.y):
        words += f", reading {len(rows)} of {len(fit.design.y)} observations"
    return name_by(perm, component_draws(fit, None, members)[1]), words


def compare(fit: Posterior, methods: Sequence[str] | None = None) -> pd.DataFrame:
    """Align the draws of a fit by several methods, and compare the results.

    Parameters
    ----------
    fit : Posterior
    methods : sequence of str, optional
        Names of `stanmix.relabel.methods.METHODS`; by default all of them, SJW up to 8
        components.

    Returns
    -------
    DataFrame
        ``seconds``, and the columns of `stanmix.relabel.compare`, a row a method: how often it
        moves labels, how well aligned draws agree, that nothing changes which labels do not
        affect, and in what part of the draws it agrees with each other method.

    Raises
    ------
    InputError
        As `permutations`.
    """
    if methods is None:
        few = fit.model.components <= SJW_COMPONENTS
        methods = [name for name in METHODS if few or name != "sjw"]
    if len(fit.model.alike) > 1:
        raise InputError(
            "Components of several families are exchanged within each; compare the methods on "
            "fits of one family."
        )
    members = fit.model.alike[0] if fit.model.alike else ()
    perms, seconds = {}, []
    for name in methods:
        began = time.perf_counter()
        perms[name] = permutations(fit, name)[0]
        seconds.append(time.perf_counter() - began)
    inputs = method_inputs(fit, ("z", "p", "theta"), rows_to_read(fit, members), members)
    own = list(members)
    if own:
        perms = {name: np.searchsorted(own, perm[..., own]) for name, perm in perms.items()}
    table = compare_permutations(perms, z=inputs.z, p=inputs.p, theta=inputs.theta)
    table.insert(0, "seconds", seconds)
    return table


def rows_to_read(fit: Posterior, members: Sequence[int] = ()) -> NDArray[np.intp]:
    """Return the rows of the data that relabelling reads: all, or a seeded sample of many.

    Of some components those that belong to them rather than to others.
    """
    N = len(fit.design.y)
    rows = np.arange(N)
    if N > MOST_OBSERVATIONS:
        rng = generator(fit.seed, Stream.RELABELLED_ROWS)
        rows = np.sort(rng.choice(N, MOST_OBSERVATIONS, replace=False))
    if len(members) in (0, fit.model.components):
        return rows
    belong = allocations.mean_responsibilities(fit.thinned(MOST_DRAWS), fit.rows()[0][rows])
    own = np.nan_to_num(belong)[:, list(members)].sum(axis=1)
    return rows[own > 0.5] if (own > 0.5).any() else rows


def method_inputs(
    fit: Posterior, needs: tuple[str, ...], rows: NDArray[np.intp], members: Sequence[int] = ()
) -> Inputs:
    """Compute what a method of relabelling reads, and nothing else.

    Parameters
    ----------
    fit : Posterior
    needs : tuple of str
        Names of the fields of `stanmix.relabel.methods.Inputs`.
    rows : ndarray of int
        Which observations to read.
    members : sequence of int
        Of which components; by default of all. Others do not exist for it.

    Returns
    -------
    Inputs
        Allocations are drawn with the fit's seed; the pivot is the allocation at the draw of
        highest log density; parameters are all those of the components, one beside another.
    """
    sizes = fit.posterior.sizes
    shape = (int(sizes["chain"]), int(sizes["draw"]))
    terms = fit.rows()[0][rows]
    K = fit.model.components
    some = len(members) not in (0, K)
    own = np.array(members or range(K))
    found: dict[str, Any] = {}
    if "z" in needs:
        if some:
            p = _probabilities(fit, rows, members)
            found["z"] = sample_allocations(p, generator(fit.seed, Stream.ALLOCATIONS))
        else:
            z = allocations.sample_allocations(fit.draws(), terms, fit.seed)
            found["z"] = z.reshape(*shape, -1)
    if "p" in needs:
        found["p"] = _probabilities(fit, rows, members)
    if "pivot" in needs:
        best = int(np.argmax(fit.log_density()))
        at_best = {name: values[best : best + 1] for name, values in fit.draws().items()}
        found["pivot"] = log_joint.log_joint(at_best, terms)[0][:, own].argmax(axis=-1)
    if "theta" in needs:
        # SJW evaluates densities, for which it needs what is known or shared as well.
        names = None if "log_density" in needs else _apart(fit, members)
        found["theta"], places = _stacked(fit, names, own)
        found["log_density"] = _log_density(fit, places, own)
    if "log_density" in needs:
        found["y"] = terms
    elif "y" in needs:
        found["y"] = with_means(terms.responses)
        if fit.program.location.matrix is not None:
            X = terms.matrices[fit.program.location.of][rows]
            found["y"] = np.column_stack([terms.responses, X[:, np.ptp(X, axis=0) > 0]])
    return Inputs(*shape, len(own), **found)


def _apart(fit: Posterior, members: Sequence[int] = ()) -> dict[str, Quantity]:
    """Return the parameters by which some components may differ, or all."""
    return {
        one.name: one
        for one in fit.program.estimated
        if not one.shared and (not one.components or {*members} <= {*one.components})
    }


def component_draws(
    fit: Posterior, parameter: str | None = None, members: Sequence[int] = ()
) -> tuple[str, Array]:
    """Return a parameter's name and its draws.

    Parameters
    ----------
    fit : Posterior
    parameter : str, optional
        ``"mu"``, ``"theta"``, ``"sigma"`` or another parameter, ``"mean"`` or ``"variance"``
        (`stanmix.density.moments`), a covariate, or a column of the response; where these have the
        name of one of those, as ``"beta[sigma]"`` and ``"mu[theta]"``; and coefficients of other
        parameters, as ``"beta_sigma[z]"``. Default: the means (of the first column), or the last
        covariate's coefficient; where components have these in common, the next parameter.
    members : sequence of int
        Of which components; by default of all.

    Returns
    -------
    name : str
    values : ndarray of shape (chain, draw, component)
        Not a number of those among all components that have no such parameter.

    Raises
    ------
    InputError
        If there is no such parameter that differs between components.
    """
    draws, apart = fit.posterior, [*_apart(fit, members).values()]
    location = next((one for one in apart if one.locates), fit.program.location)
    single = [one.name for one in apart if not one.columns]
    columns = _columns_apart(fit, location, members)
    if parameter is None:
        parameter = _usual(fit, location, apart, members)
    own = list(members) or slice(None)

    def of_all(one: Quantity, values: Array) -> Array:
        whole = np.full((*values.shape[:2], fit.model.components), np.nan)
        whole[..., one.of_members(fit.model.components)] = values
        return whole[..., own]

    if parameter in single:
        return parameter, of_all(fit.program[parameter], draws[parameter].to_numpy())
    if parameter in MOMENTS:
        name, values = _moment_draws(fit, parameter)
        return name, values[..., own]
    for one in apart:
        found = re.fullmatch(rf"{one.name}\[(.+)\]", parameter, re.DOTALL)
        column = found[1] if found else parameter if one is location else None
        if column in _columns_apart(fit, one, members):
            plain = one is location and one.vector is None
            name = str(column) if plain else parameter
            place = entries(one, fit.design)[str(column)]
            return name, of_all(one, draws[one.name].sel(place).to_numpy())
    others = [
        f"{one.name}[{name}]"
        for one in apart
        if one.columns and one is not location
        for name in _columns_apart(fit, one, members)
    ]
    raise InputError(
        f"parameter={parameter!r}: no parameter of the components; there are "
        f"{', '.join(map(repr, (*single, *columns, *others)))}."
    )


def _usual(
    fit: Posterior, location: Quantity, apart: Sequence[Quantity], members: Sequence[int]
) -> str:
    """Return the parameter that components are named by where none is stated."""
    of_each = {one.name: _columns_apart(fit, one, members) for one in apart}
    columns = of_each.get(location.name, [])
    if columns:
        return f"{location.name}[{columns[-1 if location.matrix is not None else 0]}]"
    # Weights come first in a program, but say least of what a component is.
    for one in (*(one for one in apart if not one.weights), *apart):
        if not one.columns:
            return one.name
        if of_each[one.name]:
            return f"{one.name}[{of_each[one.name][0]}]"
    return location.name


def _columns_apart(fit: Posterior, one: Quantity, members: Sequence[int]) -> list[str]:
    """Return the columns of a quantity by which some components may differ."""
    names = list(entries(one, fit.design))
    if one.name not in fit.numbers:
        return names
    numbers = fit.numbers[one.name].reshape(-1, len(names))
    first = one.components[0] if one.components else 0
    rows = [k - first for k in members or range(first, first + len(numbers))]
    return [names[p] for p in np.flatnonzero(own(numbers)[rows].all(axis=0))]


def _moment_draws(fit: Posterior, which: str) -> tuple[str, Array]:
    """Return what the mean or the variance of the components is called, and its draws."""
    why = cannot_order(fit.model, which)
    if why is not None:
        raise InputError(f"parameter={which!r}: {why}; order by a parameter.")
    terms = fit.rows()[0]
    values = moments.of_components(fit.draws(), terms, which)
    name = f"{which} at the averages of the rows" if moments.by_row(terms) else which
    return name, values.reshape(*fit.draw_coords()[0], -1)


def as_sampled(fit: Posterior) -> Any:
    """Return the draws (Dataset) under the labels that the sampler gave them."""
    posterior, stats = fit.posterior, fit.sample_stats
    if "permutation" not in stats:
        return posterior
    back = np.argsort(stats["permutation"].to_numpy(), axis=-1)
    return posterior.assign(
        {
            one.name: (posterior[one.name].dims, apply(_own(one, back), posterior[one.name]))
            for one in fit.program.estimated
            if not one.shared
        }
    )


def _own(one: Quantity, perm: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the permutation (..., K) of the components that have a quantity, among themselves."""
    own = one.of_members(perm.shape[-1])
    return np.asarray(perm[..., own] - own.start)


def _probabilities(fit: Posterior, rows: NDArray[np.intp], members: Sequence[int] = ()) -> Any:
    """Return allocation probabilities, (chain, draw, obs, component), kept or computed.

    Of some components, as if there were no others.
    """
    own = np.array(members or range(fit.model.components))
    sizes, K = fit.posterior.sizes, len(own)
    chains, draws = int(sizes["chain"]), int(sizes["draw"])
    terms, parameters = fit.rows()[0][rows], fit.draws()

    def block(chain: int, start: int, stop: int) -> Array:
        part = slice(chain * draws + start, chain * draws + stop)
        here = {name: values[part] for name, values in parameters.items()}
        return allocations.responsibilities(log_joint.log_joint(here, terms)[..., own])

    if chains * draws * len(terms) * K <= _KEPT:
        return np.stack([block(chain, 0, draws) for chain in range(chains)])
    return ComputedProbabilities((chains, draws, len(terms), K), block)


def _stacked(
    fit: Posterior, names: Container[str] | None, own: NDArray[np.intp]
) -> tuple[Array, dict[str, slice]]:
    """Return parameters side by side, (chain, draw, component, parameter), and their places."""
    sizes = fit.posterior.sizes
    columns, places, at = [], {}, 0
    for name, values in fit.draws().items():
        if names is not None and name not in names:
            continue
        if np.isnan(values[0, own]).any():
            continue  # of other components
        values = values[:, own]
        column = values.reshape(int(sizes["chain"]), int(sizes["draw"]), len(own), -1)
        places[name] = slice(at, at + column.shape[-1])
        at += column.shape[-1]
        columns.append(column)
    return np.concatenate(columns, axis=-1), places


def _log_density(fit: Posterior, places: dict[str, slice], own: NDArray[np.intp]) -> Any:
    """Return log theta_k + log f(y_n | k) as `relabel.sjw` calls it, on stacked parameters."""
    usual = fit.thinned(1)

    def log_density(terms: RowTerms, stacked: Array) -> Array:
        one = {name: values.copy() for name, values in usual.items()}
        for name, place in places.items():
            one[name][:, own] = stacked[:, place].reshape(1, len(own), *one[name].shape[2:])
        result: Array = log_joint.log_joint(one, terms)[0][:, own]
        return result

    return log_density
