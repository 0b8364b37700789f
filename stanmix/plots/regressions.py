"""Regression lines over the data, with bands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from stanmix.arguments import FIT, PROBABILITY, Anything, MappingOf, OrNone, Text, checked
from stanmix.density import angles
from stanmix.errors import InputError
from stanmix.model.families import truncation
from stanmix.model.predictors import Block
from stanmix.plots.style import AX, LABELS, axes, colour, mixed_colours
from stanmix.posterior.posterior import Posterior
from stanmix.program.variables import Quantity
from stanmix.streams import Stream, generator

__all__ = ["regression"]

Array = NDArray[np.float64]

MOST_DRAWS = 1_000  # bands and mean curves look at no more draws than this
BEYOND = 1.0  # how far lines are followed beyond the data, in their range
POINT = 28.0  # area of a row's point (square points); in proportion to its weight


@checked(
    fit=FIT,
    covariate=OrNone(Text("the name of a column")),
    ax=AX,
    prob=PROBABILITY,
    labels=LABELS,
    at=OrNone(MappingOf(Anything("the column"), "a mapping of names of columns to values")),
)
def regression(
    fit: Posterior,
    covariate: str | None = None,
    ax: Axes | None = None,
    prob: float = 0.9,
    labels: tuple[str | None, str | None] = (None, None),
    at: Mapping[str, Any] | None = None,
) -> Axes:
    """Draw each component's regression line over the data, coloured by responsibility.

    Of counts of successes the shares in the trials are drawn.

    Parameters
    ----------
    fit : Fit
        Of a mixture with covariates.
    covariate : str, optional
        Column of the data on the horizontal axis; default its first numeric one.
    ax : Axes, optional
    prob : float
        Probability of the pointwise posterior band of a line, and between dotted lines.
    labels : pair of str
        Names and units of covariate and response.
    at : mapping of str to value, optional
        Where to hold the other columns, the offset's among them; default at their mean or their
        commonest level, and trials, which dotted lines depend on, at their median. The legend says
        where.

    Returns
    -------
    Axes
        Lines are the expected responses; where there are none (Cauchy, heavy tails), the locations,
        and the legend says so. Lines that run far beyond the data are cut off there.

    Raises
    ------
    InputError
        If there is no such numeric column, or `at` names a column that the lines do not read or
        a level that the data do not have.
    """
    if not _linear(fit):
        raise InputError("This mixture has no covariates; use plots.density.")
    if fit.family.categories:
        raise InputError(
            f"family={fit.family.name!r} has a probability for each category, and no one line; "
            'draw fit.predict(frame, "mean", by_component=True).'
        )
    name = _horizontal(fit, covariate)
    ax = axes(ax)
    columns = fit.design.columns
    x = columns[name].to_numpy(dtype=float)
    grid = np.linspace(x.min(), x.max(), 200)
    held = _held(fit, name, at or {})
    rows = columns.iloc[[0] * len(grid)].assign(**{name: grid})
    for other, value in held.items():
        kind = columns[other].dtype
        of_kind = kind if isinstance(kind, pd.CategoricalDtype) else None
        rows[other] = pd.Series([value] * len(grid), rows.index, of_kind)
    terms, draws = fit.covariates(rows)[0], fit.thinned(MOST_DRAWS)
    values = [
        (block, terms.values(draws, block)) for block in terms.blocks if not block.family.constant
    ]
    located = [block.family.words_without_mean for block, at in values if not _has_means(block, at)]
    of = fit.design.rows.trials
    trials = np.ones((1, 1, 1)) if terms.trials is None else terms.trials[None, :, None]
    y = fit.design.y if of is None else fit.design.y / of
    spread = _linear(fit)[-1] is not fit.program.location
    weights = fit.design.rows.weights
    area = POINT if weights is None else POINT * weights / weights[weights > 0].mean()
    ax.scatter(x, y, c=mixed_colours(fit), s=area, edgecolor="0.25", lw=0.4, zorder=3)
    low, high = y.min() - BEYOND * np.ptp(y), y.max() + BEYOND * np.ptp(y)
    for k, lines in _lines(values, len(grid), trials, terms.recorded):
        lower, upper = _ends(fit, lines, prob)
        if len(lines) > 1:
            ax.fill_between(grid, lower, upper, color=colour(k), alpha=0.2, lw=0)
        line = _middle(fit, lines)
        ax.plot(grid, line, color=colour(k), lw=1.8, label=f"component {fit.component_names[k]}")
    for block, at_rows in values if spread else ():
        for end in _predicted(fit, block, at_rows, len(grid), prob) / trials[0]:
            for k, line in zip(block.components, end.T, strict=True):
                ax.plot(grid, line, color=colour(k), lw=1.0, ls=":")
    ax.set(xlabel=labels[0] or name, ylabel=labels[1] or _response(fit))
    note = f"bands: {prob:.0%}; points: colour by responsibility"
    note += "" if weights is None else ", area by weight"
    note += f"\ndotted: {prob:.0%} of a component's responses" if spread else ""
    words = " and ".join(dict.fromkeys(located))
    note += f"\nlines: {words}, as there are no means" if words else ""
    if held:
        each = (f"{n} = {f'{v:.3g}' if isinstance(v, float) else v}" for n, v in held.items())
        note += f"\nlines: {', '.join(each)}"
    bottom, top = ax.dataLim.intervaly
    if bottom < low or top > high:
        bottom, top = max(bottom, low), min(top, high)
        ax.set_ylim(bottom - 0.05 * (top - bottom), top)
    ax.legend(frameon=False, title=note, title_fontsize="small")
    return ax


def _middle(fit: Posterior, lines: Array) -> Array:
    """Return the mean of lines (S, points); a break where angles go over half a turn."""
    if not fit.model.response.circular:
        return np.asarray(lines.mean(axis=0))
    line = angles.summary(np.exp(1j * lines))
    return np.where(np.abs(np.diff(line, prepend=line[:1])) > np.pi, np.nan, line)


def _ends(fit: Posterior, values: Array, prob: float) -> Array:
    """Return the ends of the central interval of values (S, ...), (2, ...)."""
    ends = [(1 - prob) / 2, (1 + prob) / 2]
    if fit.model.response.circular:
        return angles.summary(np.exp(1j * values), ends)
    return np.asarray(np.quantile(values, ends, axis=0))


def _has_means(block: Block, values: Mapping[str, Array]) -> bool:
    return bool(np.isfinite(block.family.mean(values)).all())


def _lines(
    values: Sequence[tuple[Block, Mapping[str, Array]]],
    points: int,
    trials: Array,
    recorded: tuple[Array | None, Array | None],
) -> Iterator[tuple[int, Array]]:
    """Yield the number of each component, from 0, and its means or locations (S, points)."""
    for block, at_rows in values:
        family = block.family
        means = truncation.mean(family, at_rows, *recorded)
        if not _has_means(block, at_rows):
            means = family.without_mean(at_rows)
        means = np.broadcast_to(means, (len(means), points, means.shape[2])) / trials
        for place, k in enumerate(block.components):
            yield k, means[..., place]


def _response(fit: Posterior) -> str:
    name = fit.design.response
    return name if fit.model.trials is None else f"{name} / {fit.model.trials}"


def _linear(fit: Posterior) -> list[Quantity]:
    """Return the coefficients of the parameters of the family, the location's first."""
    return [one for one in fit.program.of_family if one.matrix is not None]


def _read(fit: Posterior) -> set[str]:
    """Return the columns of the data that the parameters of the family depend on."""
    predictors = fit.design.rows.predictors
    read = set(fit.design.covariate_columns)
    return read.union(*(predictors[one.of].columns for one in _linear(fit) if one.of in predictors))


def _predicted(
    fit: Posterior, block: Block, values: Mapping[str, Array], points: int, prob: float
) -> Array:
    """Return the ends of the central interval of each component's responses, (2, points, K)."""
    result = np.empty((2, points, len(block.components)))
    for n in range(points):
        # The same random numbers at each point, which makes lines smooth.
        rng = generator(fit.seed, Stream.REGRESSION_BANDS)
        here = [v[:, n if v.shape[1] > 1 else 0] for v in values.values()]
        drawn = block.family.sample(rng, dict(zip(values, np.broadcast_arrays(*here), strict=True)))
        result[:, n] = _ends(fit, drawn, prob)
    return result


def _horizontal(fit: Posterior, covariate: str | None) -> str:
    columns = fit.design.columns
    numeric = [
        str(name)
        for name in columns.columns
        if pd.api.types.is_numeric_dtype(columns[name]) and str(name) in _read(fit)
    ]
    if covariate is None and numeric:
        return numeric[0]
    if covariate not in numeric:
        raise InputError(
            f"covariate={covariate!r}: no numeric column of the formula; there are "
            f"{', '.join(map(repr, numeric)) or 'none'}."
        )
    return covariate


def _held(fit: Posterior, name: str, at: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values at which the columns are held that the lines read beside one."""
    columns = fit.design.columns
    read = {*_read(fit), fit.model.offset, fit.model.trials} - {name, None}
    unknown = sorted(set(at) - read)
    if unknown:
        raise InputError(
            f"at: the lines do not read a column {unknown[0]!r} beside {name!r}; they read "
            f"{', '.join(map(repr, sorted(map(str, read)))) or 'no other'}."
        )
    held: dict[str, Any] = {}
    for other in (str(column) for column in columns.columns if column in read):
        column = columns[other]
        if other in at:
            held[other] = at[other]
        elif other == fit.model.trials:
            held[other] = float(np.round(np.median(column)))
        elif pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            held[other] = float(column.mean())
        else:
            held[other] = column.mode().iloc[0]
        if (
            isinstance(column.dtype, pd.CategoricalDtype)
            and held[other] not in column.cat.categories
        ):
            raise InputError(f"at: {other!r} has no level {held[other]!r}.")
    return held
