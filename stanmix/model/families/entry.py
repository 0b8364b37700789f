"""A family as a value: the distribution of a response within one component."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from stanmix.model.parameters import CORRELATIONS, Parameter, Role
from stanmix.model.responses import REALS, Response

__all__ = ["TRIALS", "Array", "Columns", "Family", "StanDensity", "Tails", "Values"]

Array = NDArray[np.float64]
Values = Mapping[str, Array]

TRIALS = "trials"  # what the numbers of trials of rows are called among a family's values


@dataclass(frozen=True)
class StanDensity:
    """A density as a program states it.

    Attributes
    ----------
    name : str
        ``"normal"``, without ``_lpdf`` or ``_lpmf``.
    arguments : tuple of str
        In Stan's order, with parameters in braces: ``("{shape}", "{shape} / {mu}")``. A row's
        number of trials is ``{trials}``.
    of_log_mean : StanDensity, optional
        The same density, of the log of ``mu`` instead of ``mu``, as ``{log_mu}``.
    of_logits : StanDensity, optional
        The same density, of the linear predictors of probabilities, the vector ``{logits}``.
    height : str
        A last argument, which is costly, in Stan: computed once a component where it can be. Empty
        for none.
    held : str
        How a program declares it where it is computed once.
    definitions : tuple of str
        Files that define it, each resting on those before it, in the folder ``functions`` of the
        templates; none where Stan has it.
    tails : str
        Name of its distribution functions, without ``_lcdf`` or ``_lccdf``, where that is another
        name; these have the same arguments.
    of_rows : bool
        Whether it is of all columns of a row together.
    tails_definitions : tuple of str
        Files that define them, each resting on those before it.
    kernel : str
        What its fused likelihood is of, where that is not the family's.
    """

    name: str
    arguments: tuple[str, ...]
    of_log_mean: StanDensity | None = None
    of_logits: StanDensity | None = None
    height: str = ""
    held: str = "real height"
    definitions: tuple[str, ...] = ()
    tails: str = ""
    tails_definitions: tuple[str, ...] = ()
    of_rows: bool = False
    kernel: str = ""


@dataclass(frozen=True)
class Tails:
    """Logarithms of the probabilities of both tails, to all digits.

    Attributes
    ----------
    below, above : callable
        ``below(y, values)``: of a response of at most y; ``above``: of more than y; any real y.
    """

    below: Callable[[Array, Values], Array]
    above: Callable[[Array, Values], Array]


@dataclass(frozen=True)
class Columns:
    """Columns of one family, which are independent of others.

    They are independent of one another as well, unless they are a block: one vector of the family.

    Attributes
    ----------
    family : Family
        Of each of them, or of all together.
    at : tuple of int
        Their places among all, ascending; empty for all.
    names : mapping of str to str
        What their parameters are called, by the names that the family gives them.
    suffix : str
        What programs tell them from others by; empty where there are none.
    """

    family: Family
    at: tuple[int, ...]
    names: Mapping[str, str] = field(hash=False)
    suffix: str

    @property
    def places(self) -> slice | list[int]:
        """Their places among all, along an axis of columns."""
        return list(self.at) if self.at else slice(None)

    def number(self, column: int) -> int:
        """Return which of them a column is, from 0, by its place among all."""
        return self.at.index(column) if self.at else column

    @property
    def block(self) -> bool:
        """Whether they are one vector together."""
        return self.family.multivariate

    @property
    def single(self) -> bool:
        """Whether it is one column by itself, whose parameters have no axis of columns."""
        return self.family.by_itself and not self.block

    @property
    def whose(self) -> str:
        """What a comment adds to words for what there is of them; empty, of all columns."""
        if self.single:
            return f" of column {self.suffix}"
        if self.block:
            return f" of the block at column {self.suffix}"
        return f" of the {self.family.adjective} columns" if self.suffix else ""

    def of(self, rows: Array) -> Array:
        """Return their part of rows (..., D): (...) of one by itself, else a column each."""
        return np.asarray(rows[..., self.at[0]] if self.single else rows[..., self.places])

    @property
    def dimension(self) -> str:
        """The dimension of their parameters."""
        if self.block:
            return f"dimension_{self.suffix}"
        return f"{self.suffix}_dimension" if self.suffix else "dimension"

    def own(self, values: Values) -> dict[str, Array]:
        """Return the values of their parameters by the family's names, of those of all."""
        return {name: values[of_all] for name, of_all in self.names.items() if of_all in values}

    def own_name(self, parameter: str) -> str:
        """Return what the family calls a parameter, by its name among those of all."""
        return next(own for own, of_all in self.names.items() if of_all == parameter)

    def named(self, name: str) -> str:
        """Return what programs call what there is of these columns: ``"y"``, ``"y_normal"``."""
        return f"{name}_{self.suffix}" if self.suffix else name

    def taken(self, of_all: tuple[str, ...]) -> tuple[str, ...]:
        """Return their names, of those of all columns."""
        return tuple(of_all[place] for place in self.at) if self.at else of_all


@dataclass(frozen=True)
class Family:
    """The distribution of a response within one component.

    Attributes
    ----------
    name : str
        Name by which users and programs know it.
    adjective, plural : str
        How a sentence calls it, and several of its distributions.
    parameters : tuple of Parameter
        The first is the location.
    log_density : callable
        ``log_density(y, values)`` with arrays of parameters by name that broadcast with the
        response. A multivariate family takes coordinates along the last axis and returns the
        density of the whole vector.
    mean : callable
        ``mean(values)``, the expected response; not a number where there is none. Of categories
        their probabilities, along an axis behind; of several columns, among whose means these are.
    sample : callable
        ``sample(rng, values)``, a response for each element of the arrays.
    variance : callable
        ``variance(values)``, of the response; infinite where it has none.
    cdf : callable
        ``cdf(y, values)``, the probability of a response of at most y, for any real y; of a
        multivariate family in each coordinate.
    stan : StanDensity
    response : Response
        What its responses are.
    multivariate : bool
        Whether the response is a vector.
    tails : Tails, optional
        Without them responses can be neither censored nor truncated.
    columns : tuple of Columns
        Of which families the columns of a response are, where they or blocks of them are
        independent.
    base : Family, optional
        Of which it is a truncation.
    constant : bool
        Whether all of its parameters are stated, so that it is a component beside others alone.
    ends : callable, optional
        ``ends(values)``: between which responses lie, of the stated constants among the values;
        default the ends of the kind of response.
    located : callable, optional
        ``located(y, values)``: responses as the link of the location takes them, of the same;
        default the responses themselves.
    resultant : callable, optional
        ``resultant(values)``: of angles, the length of their mean on the unit circle, whose
        direction `mean` is. Their `variance` is -2 times its logarithm.
    middle : tuple of str and callable, optional
        What stands for the mean where there is none, in words and of the values; default the
        location.
    variants : mapping of str to Family
        The same under other links of its location, where these are other densities and not other
        predictors, by the names of the links; its own among them.
    forms : mapping of str to Family
        Of a multivariate family, the same under the forms of a component's covariance
        (`stanmix.model.covariances`), by their names; its own among them.
    of_columns : callable, optional
        Of a multivariate family, ``of_columns(values, at)``: the parameters of the distribution
        of some columns, by their numbers from 0.
    """

    name: str
    adjective: str
    plural: str
    parameters: tuple[Parameter, ...]
    log_density: Callable[[Array, Values], Array]
    mean: Callable[[Values], Array]
    sample: Callable[[np.random.Generator, Values], Array]
    variance: Callable[[Values], Array]
    cdf: Callable[[Array, Values], Array]
    stan: StanDensity
    response: Response = REALS
    multivariate: bool = False
    constant: bool = False
    columns: tuple[Columns, ...] = ()
    base: Family | None = None
    tails: Tails | None = None
    ends: Callable[[Values], tuple[Array, Array]] | None = None
    located: Callable[[Array, Values], Array] | None = None
    resultant: Callable[[Values], Array] | None = None
    middle: tuple[str, Callable[[Values], Array]] | None = None
    variants: Mapping[str, Family] = field(default_factory=dict, repr=False, compare=False)
    forms: Mapping[str, Family] = field(default_factory=dict, repr=False, compare=False)
    of_columns: Callable[[Values, Sequence[int]], dict[str, Array]] | None = None
    _by_name: dict[str, Parameter] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._by_name.update({parameter.name: parameter for parameter in self.parameters})

    def __hash__(self) -> int:
        return hash(self.name)

    def parameter(self, name: str) -> Parameter | None:
        """Return the parameter of a name; None if there is no such."""
        return self._by_name.get(name)

    @property
    def counts(self) -> bool:
        """Whether the response counts: 0, 1, 2, ..."""
        return self.response.integer

    @property
    def step(self) -> Array:
        """How far below a response the next one lies, or of each of several columns; 0: nowhere."""
        if len(self.columns) < 2:
            return np.asarray(float(self.counts))
        found = np.zeros(sum(len(one.at) for one in self.columns))
        for one in self.columns:
            found[one.places] = float(one.family.counts)
        return found

    @property
    def kernel(self) -> str:
        """What its fused likelihood is of, if it has one: the name of the family or a density."""
        return self.stan.kernel or self.name

    @property
    def categories(self) -> bool:
        """Whether the response is one of some categories, whose numbers mean nothing but that."""
        return bool(self.response.categories)

    @property
    def by_itself(self) -> bool:
        """Whether a column, or a block, has sizes of its own, and cannot lie beside others."""
        return self.multivariate or any(one.axis for one in self.parameters)

    @property
    def location(self) -> Parameter:
        """The parameter that says where the response lies."""
        return self.parameters[0]

    @property
    def locations(self) -> tuple[Parameter, ...]:
        """The locations of all columns, of independent ones; else the one there is."""
        names = [one.names[one.family.location.name] for one in self.columns]
        return tuple(self._by_name[name] for name in names) or (self.location,)

    def columns_of(self, parameter: str) -> Columns | None:
        """Return the columns that have a parameter; None where all columns are of it together."""
        return next((one for one in self.columns if parameter in one.names.values()), None)

    @property
    def kinds(self) -> tuple[Response, ...]:
        """What the responses of columns are, of each family one."""
        return tuple(one.family.response for one in self.columns) or (self.response,)

    def kind_of(self, column: int) -> Response:
        """Return what the responses of a column are, of one from 0."""
        own = self.columns_at(column)
        return self.response if own is None else own.family.response

    def columns_at(self, column: int) -> Columns | None:
        """Return the columns that one is of, by its place from 0; None: of all together."""
        return next((one for one in self.columns if not one.at or column in one.at), None)

    @property
    def others(self) -> tuple[Parameter, ...]:
        """The parameters but for the locations."""
        return tuple(one for one in self.parameters if one not in self.locations)

    @property
    def stated(self) -> tuple[Parameter, ...]:
        """The constants that are stated as known."""
        return tuple(one for one in self.parameters if one.stated)

    @property
    def scale(self) -> Parameter | None:
        """The parameter that grows with the unit of the response; None if it has none."""
        grow = (one for one in self.parameters if one.role is Role.SCALE and not one.stated)
        return next(grow, None)

    @property
    def spread(self) -> Parameter | None:
        """The parameter by which a distribution is narrow or wide: a scale, or the first shape."""
        if len(self.columns) > 1:
            apart = (one for one in self.columns if not one.family.counts)
            found = ((one, one.family.spread) for one in apart)
            names = (one.names[of.name] for one, of in found if of is not None)
            return self.parameter(next(names, ""))
        of_one = (one for one in self.others if not (one.stated or one.axis))
        return self.scale or next(of_one, None)

    @property
    def correlated(self) -> bool:
        """Whether the columns of a response are correlated within a component."""
        return any(one.support == CORRELATIONS for one in self.parameters)

    @property
    def form(self) -> str:
        """The name of the link by which it is one of its variants; empty where it has none."""
        return next((link for link, one in self.variants.items() if one is self), "")

    def support(self, values: Values) -> tuple[Array, Array]:
        """Return between which responses lie, of the stated constants among the values."""
        if self.ends is not None:
            return self.ends(values)
        low, high = self.response.ends
        return np.asarray(low), np.asarray(high)

    def centre(self, values: Values) -> Array:
        """Return the mean, and where one does not exist what stands for it."""
        mean = self.mean(values)
        return np.asarray(np.where(np.isfinite(mean), mean, self.without_mean(values)))

    def without_mean(self, values: Values) -> Array:
        """Return what stands for means that do not exist."""
        return values[self.location.name] if self.middle is None else self.middle[1](values)

    @property
    def words_without_mean(self) -> str:
        """What a sentence calls what stands for means that do not exist."""
        return self.location.words if self.middle is None else self.middle[0]

    def linear(self, y: Array, values: Values) -> Array:
        """Return responses on the scale of the location's predictor, to look for starts there.

        Parameters
        ----------
        y : ndarray
        values : mapping of str to ndarray
            Numbers of trials, where there are any, and stated constants.
        """
        if self.columns:
            found = np.empty(y.shape)
            for one in self.columns:
                found[..., one.at[0] if one.single else one.places] = one.family.linear(
                    one.of(y), values
                )
            return found
        if self.located is not None:
            inside = self.located(y, values)
        else:
            inside = self.response.inside(y, values.get(TRIALS))
        of = np.log if self.location.logarithm else self.location.link.forward
        return np.asarray(of(inside))
