"""Draws from a mixture's prior, and the responses that it expects before any are seen.

The prior is read from the Stan data, so what is drawn here is what the Stan program states: of
scaled parameters, which are then brought to the units of the data. Where the program orders a
parameter, components are sorted by it: they have one prior in common, so the sorted components
have the prior density restricted to that order. Coefficients of the weights have their prior
density restricted to values that sum to zero over the components.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import scipy  # its parts are loaded when they are first asked for: they take long
import xarray as xr
from numpy.typing import NDArray
from scipy.special import softmax

from stanmix import containers
from stanmix.arguments import FRAME, MEMORY, MIXTURE, SEED, Integer, checked
from stanmix.density import blocks, prediction, row_terms
from stanmix.density.log_joint import mean_weights
from stanmix.errors import InputError
from stanmix.model.correlations import correlations, factors, lkj_draws
from stanmix.model.factors import names as loading_names
from stanmix.model.matrices import matrices
from stanmix.model.prior_distributions import distribution, known
from stanmix.model.specification import Specification
from stanmix.posterior import inference_data
from stanmix.posterior.coordinates import coordinates
from stanmix.posterior.posterior import spread
from stanmix.program.coded_priors import coded, lkj
from stanmix.program.coefficients import first_of_each
from stanmix.program.data import standata
from stanmix.program.lower import lower
from stanmix.program.plan import Program
from stanmix.program.sizes import size_of
from stanmix.program.units import Units, units_of
from stanmix.program.variables import Order, Quantity
from stanmix.streams import Stream, generator

__all__ = ["prior_parameters", "prior_predictive"]

Array = NDArray[np.float64]

# Coefficients that sum to zero are found by trying; so often, on average, for each draw.
_TRIALS = 500


def prior_parameters(
    model: Specification,
    data: Mapping[str, Any],
    units: Units,
    draws: int,
    rng: np.random.Generator,
) -> dict[str, Array]:
    """Draw the components' parameters from their prior.

    Parameters
    ----------
    model : Mixture
    data : mapping
        Its Stan data, from `stanmix.program.data.standata`.
    units : Units
        Of the same data.
    draws : int
        S, how many.
    rng : Generator

    Returns
    -------
    dict of str to ndarray
        As `stanmix.Fit.draws` has them, in the units of the data: what is of components is
        (S, K), or (S, K, D) for responses of D columns, and coefficients are (S, K, P).

    Raises
    ------
    InputError
        If a prior is flat, or one of the weights' coefficients lies too far from zero.
    """
    program, K = lower(model), int(data["K"])
    scaled: dict[str, Array] = {}
    for one in program.estimated:
        if one.weights and one.matrix is None:
            scaled[one.name] = _weights(np.asarray(data["theta_prior"], dtype=float), draws, rng)
        else:
            own = one.of_members(K)
            size = (draws,) if one.shared else (draws, own.stop - own.start)
            draw = _quantity if one.vector is None else _vector
            scaled[one.name] = draw(one, model, data, units, size, rng)
    result = units.parameters(program, scaled)
    for one in program.quantities:
        if one.known:
            known = np.asarray(data[one.name])
            result[one.name] = np.broadcast_to(known, (draws, *known.shape))
        response = (len(model.responses),) if program.several else ()
        result[one.name] = spread(one, result[one.name], K, response)
    if program.weights.gated:
        rows = np.arange(data["N"]) if model.group is None else np.asarray(data["group"]) - 1
        result["theta"] = mean_weights(result["gamma"], np.asarray(data["Z"])[rows])
    return _ordered(program, data, result)


def _weights(alpha: Array, draws: int, rng: np.random.Generator) -> Array:
    """Draw weights (draws, K) from a Dirichlet prior."""
    if alpha.max() >= 0.1:
        return np.asarray(rng.dirichlet(alpha, size=draws))
    # NumPy breaks a stick then, of which nothing is left below its rounding. Gamma variables may
    # all be too small for numbers, so take their logarithms: a gamma(alpha + 1) one times
    # U^(1 / alpha) (Marsaglia & Tsang, 2000, ACM Trans. Math. Softw. 26, 363-372).
    size = (draws, len(alpha))
    logs = np.log(rng.standard_gamma(alpha + 1, size)) + np.log(rng.random(size)) / alpha
    return np.asarray(softmax(logs, axis=1))


def _ordered(
    program: Program, data: Mapping[str, Any], draws: dict[str, Array]
) -> dict[str, Array]:
    """Return draws with the quantity that the program orders ascending over the components."""
    one = program.ordered
    if one is None:
        return draws
    values = draws[one.name]
    if one.order is Order.COLUMN:
        column = data["ordered_covariate" if one.matrix is not None else "ordered_coordinate"]
        values = values[..., int(column) - 1]
    elif values.ndim == 3:  # one for all columns
        values = values[..., 0]
    numbering = np.argsort(values, axis=1)
    numbering = numbering.reshape(*numbering.shape, *[1] * (draws[one.name].ndim - 2))
    return {**draws, one.name: np.take_along_axis(draws[one.name], numbering, axis=1)}


def _quantity(
    one: Quantity,
    model: Specification,
    data: Mapping[str, Any],
    units: Units,
    size: tuple[int, ...],
    rng: np.random.Generator,
) -> Array:
    """Draw a quantity, as programs sample it, from its prior: of a size, or (size, columns)."""
    if one.predictors is not None:
        size = (*size, size_of(one.predictors.linear_size, data))
    if one.weights:
        values = _coefficients_of_weights(one, data, size, rng)
    elif one.apart:
        of_each = [_columns(one, model, data, k, (size[0], *size[2:]), rng) for k in range(size[1])]
        values = np.stack(of_each, axis=1)
    else:
        values = _columns(one, model, data, 0, size, rng)
    if not one.columns:
        return np.asarray(values[..., 0])
    if one.matrix is None:
        return values
    if one.numbered:
        # Of what components share each has drawn one, of which the first is as good as any.
        values = first_of_each(values, np.asarray(data[f"{one.name}_number"]))
    # What holds where covariates are zero says what the coefficient is at their centres, given
    # the others, which their centres do not change.
    at_zero = np.asarray(data[f"{one.name}_prior_at_zero"], dtype=bool)
    return np.where(at_zero, units.columns[one.of].from_zero(values), values)


def _vector(
    one: Quantity,
    model: Specification,
    data: Mapping[str, Any],
    units: Units,
    size: tuple[int, ...],
    rng: np.random.Generator,
) -> Array:
    """Draw vectors from their prior, (size, J)."""
    found = np.empty((*size, size_of(one.size, data)))
    components = range(size[1]) if one.apart else [0]
    for k in components:
        here = found[:, k] if one.apart else found
        if one.simplex:
            alpha = np.asarray(data[f"{one.name}_prior"], dtype=float)[k if one.apart else ...]
            here[...] = _weights(alpha, here[..., 0].size, rng).reshape(here.shape)
        elif one.correlations:
            here[...] = correlations(factors(lkj_draws(lkj(one, data, k), here.shape, rng)))
        else:
            # Independent numbers, of which the order that they have is as likely as any other.
            (code,), (arguments,) = coded(one, data, k)
            ends = (one.support.lower, one.support.upper)
            here[...] = np.sort(_draw(one.name, int(code), arguments, here.shape, rng, ends))
    return found


def _columns(
    one: Quantity,
    model: Specification,
    data: Mapping[str, Any],
    component: int,
    size: tuple[int, ...],
    rng: np.random.Generator,
) -> Array:
    """Draw the columns of a quantity, (size, columns), from the priors of a component."""
    codes, arguments = coded(one, data, component)
    ends = []
    for end, default in (("lower", one.support.lower), ("upper", one.support.upper)):
        stated = np.asarray(data.get(f"{one.name}_{end}", default))
        own = stated[component] if one.apart and stated.ndim else stated
        ends.append(np.broadcast_to(own, len(codes)))
    drawn = []
    for p, (code, of, low, high) in enumerate(zip(codes, arguments, *ends, strict=True)):
        if one.matrix is not None:
            name = f"{one.name} of covariate {p + 1}"
        else:
            names = one.group.taken(model.responses) if one.group else model.responses
            names = loading_names(names, one.factors) if one.numbers else names
            name = f"{one.name}[{names[p]}]" if one.columns else one.name
        drawn.append(_draw(name, int(code), of, size, rng, (low, high)))
    return np.stack(drawn, axis=-1)


def _coefficients_of_weights(
    one: Quantity, data: Mapping[str, Any], size: tuple[int, ...], rng: np.random.Generator
) -> Array:
    """Draw coefficients of the weights, (draws, K, Q), from their priors."""
    codes, arguments = zip(*(coded(one, data, k) for k in range(size[1])), strict=True)
    return np.stack(
        [
            _draw_sum_to_zero(
                f"{one.name} of covariate {q + 1}",
                [int(of[q]) for of in codes],
                [of[q] for of in arguments],
                size,
                rng,
            )
            for q in range(len(codes[0]))
        ],
        axis=-1,
    )


@checked(model=MIXTURE, frame=FRAME, draws=Integer(1), seed=SEED, memory=MEMORY)
def prior_predictive(
    model: Specification, frame: Any, draws: int = 1000, seed: int = 0, memory: float | None = None
) -> Any:
    """Draw parameters from the prior, and a response for each row from each of them.

    Parameters
    ----------
    model : Mixture
    frame : DataFrame or mapping of columns
        The data: their covariates, and their scale for the priors that are not stated.
    draws : int
        How many.
    seed : int
    memory : float, optional
        What the responses may take, in GiB; default 2.

    Returns
    -------
    arviz.InferenceData or xarray.DataTree
        Whichever the installed ArviZ has. Groups ``prior``, ``prior_predictive`` and
        ``observed_data``. A row has one response a draw whatever its weight; the rows of a group
        share a class. With gating, ``theta`` is the mean of the weights over the rows.

    Raises
    ------
    InputError
        If the data cannot be used, a prior is flat, or the result would not fit in memory.
    """
    design = matrices(model, frame)
    units = units_of(model, design)
    data = standata(model, design, units=units)
    rng = generator(seed, Stream.PRIOR)
    blocks.check_memory("The prior predictive", draws, design.y.size, gib=memory)
    parameters = prior_parameters(model, data, units, draws, rng)
    terms = row_terms.of(model, design.y, design.X, design.rows)
    drawn = prediction.responses(parameters, terms, seed)
    program = lower(model)
    coords: dict[str, Any] = {
        "chain": [1],
        "draw": np.arange(draws),
        **coordinates(program, design, model.components),
    }
    beside = {
        one.name: one.dims[not one.shared :] or (one.group.dimension if one.group else "dimension",)
        for one in program.quantities
    }
    prior = {}
    for name, values in parameters.items():
        beyond = beside[name] if values.ndim > 2 else ()
        prior[name] = (("chain", "draw", "component", *beyond), values[None])
    observed = inference_data.observed(design)
    response = xr.DataArray(
        drawn[None],
        {"chain": [1], "draw": np.arange(draws), **observed["y"].coords},
        ["chain", "draw", *observed["y"].dims],
    )
    groups = {
        "prior": xr.Dataset(prior, coords),
        "prior_predictive": xr.Dataset({"y": response}),
        "observed_data": observed,
    }
    return containers.container(groups, {"seed": seed})


def _draw(
    name: str,
    code: int,
    arguments: Sequence[float],
    size: tuple[int, ...],
    rng: np.random.Generator,
    support: tuple[float, float] = (-np.inf, np.inf),
) -> Array:
    """Draw from a prior, cut off outside its support, by the inverse of its distribution."""
    _check_proper(name, code)
    prior = distribution(code, arguments)
    low, high = prior.cdf(support[0]), prior.cdf(support[1])
    result: Array = prior.ppf(rng.uniform(low, high, size=size))
    return result


def _check_proper(name: str, code: int) -> None:
    if not known(code):
        raise InputError(
            f"The prior of {name} is flat, so there is nothing to draw from: give it a proper one."
        )


def _draw_sum_to_zero(
    name: str,
    codes: Sequence[int],
    arguments: Sequence[Sequence[float]],
    size: tuple[int, ...],
    rng: np.random.Generator,
) -> Array:
    """Draw values, each of its prior, that sum to zero along the last axis, by rejection.

    All but the last are drawn from their priors; the last, which makes the sum zero, is accepted
    with its density as a part of the greatest.
    """
    draws, K = size  # of all components together
    result = np.zeros(size)
    if K == 1:
        return result
    for code in codes:
        _check_proper(name, code)
    prior = distribution(codes[-1], arguments[-1])
    greatest = _greatest_density(prior)
    each = [*zip(codes[:-1], arguments[:-1], strict=True)]
    waiting = np.arange(draws)
    for _ in range(_TRIALS):
        others = np.stack([_draw(name, *of, (len(waiting),), rng) for of in each], axis=1)
        last = -others.sum(axis=1)
        found = rng.random(len(waiting)) * greatest < prior.pdf(last)
        result[waiting[found]] = np.column_stack([others, last])[found]
        waiting = waiting[~found]
        if not len(waiting):
            return result
    raise InputError(
        f"The prior of {name} lies so far from zero that {K} values hardly ever sum to zero, as "
        "coefficients of the weights do: give it a prior about zero."
    )


def _greatest_density(prior: Any) -> float:
    """Return the greatest density of a prior of one mode."""
    found = scipy.optimize.minimize_scalar(
        lambda x: -prior.logpdf(x), bounds=tuple(prior.ppf([0.001, 0.999])), method="bounded"
    )
    return float(max(prior.pdf(prior.median()), prior.pdf(found.x)))
