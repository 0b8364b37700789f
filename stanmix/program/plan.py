"""The plan of a Stan program: its structure, without data, as a value."""

from __future__ import annotations

import hashlib
import textwrap
from dataclasses import dataclass

from stanmix.model.families import Family, family
from stanmix.model.families.constants import POINT_MASS
from stanmix.model.families.entry import Columns
from stanmix.model.parameters import IDENTITY, Role
from stanmix.model.responses import Response
from stanmix.model.weights import Weights
from stanmix.program.variables import Matrix, Order, Place, Quantity, Variable

__all__ = ["LONGEST_NAME", "Part", "Program"]

LONGEST_NAME = 64  # of a program; see `stanmix.cmdstan.build`


@dataclass(frozen=True)
class Part:
    """The components of one family.

    Attributes
    ----------
    family : Family
    quantities : tuple of Quantity
        One for each parameter of the family, in its order; known ones too.
    first, number : str
        How many components come before, and how many there are, as Stan expressions; `first` is
        empty where none do.
    """

    family: Family
    quantities: tuple[Quantity, ...]
    first: str
    number: str

    @property
    def location(self) -> Quantity:
        """The quantity that says where a component lies."""
        return self.quantities[0]

    def component(self, k: str) -> str:
        """Return the number of its component `k` among all, as a Stan expression."""
        return f"{self.first} + {k}" if self.first else k


@dataclass(frozen=True)
class Program:
    """The plan of a Stan program: its structure, without data.

    Attributes
    ----------
    parts : tuple of Part
        The components of each family, in their order.
    response : Response
        What responses are, beside point masses.
    quantities : tuple of Quantity
        What determines the weights, then the parameters of the parts in their order; known ones
        too.
    weights : Weights
    order : str or None
        Name of the quantity that the program holds in ascending order.
    kernel : {"stan", "fused"}
        Whether the likelihood is written in Stan or taken from a C++ header.
    mixing : {"log_mix", "log_sum_exp"}
        By which of Stan's functions a portable likelihood sums over components whose weights are
        a simplex; those that depend on covariates take ``log_sum_exp`` in any case.
    group, offset, frequency, labels : bool
        Rows of a group share one class; an offset of the location's predictor; rows that stand for
        several; known classes of some rows.
    censoring, intervals, least, most : bool
        Rows that are censored; some of which may be intervals; responses that are truncated below,
        and above.
    ends_vary : bool
        Whether rows have such ends of their own, rather than all the same.
    rarer_priors : bool
        Whether the data may choose any prior, rather than one of the common.
    minibatch : bool
        Whether a gradient is made of some rows, chosen at random, while values are of all.
    incomplete : bool
        Whether rows may lack some of several columns.
    rows : {"", "exact", "limited", "by_kind"}
        Of which rows the likelihood is: all, those whose responses are known exactly, those that
        are censored, or all of the former before those; see `stanmix.program.rows_apart`.
    """

    parts: tuple[Part, ...]
    response: Response
    quantities: tuple[Quantity, ...]
    weights: Weights
    order: str | None
    kernel: str
    mixing: str
    group: bool
    offset: bool
    frequency: bool
    labels: bool
    censoring: bool = False
    intervals: bool = False
    least: bool = False
    most: bool = False
    ends_vary: bool = False
    rarer_priors: bool = False
    minibatch: bool = False
    incomplete: bool = False
    rows: str = ""

    def __getitem__(self, name: str) -> Quantity:
        """Return the quantity of a name."""
        return next(one for one in self.quantities if one.name == name)

    def of(self, parameter: str) -> Quantity:
        """Return the quantity that determines a parameter of the family, or ``"theta"``.

        Of several families the first with parameters to estimate is asked.
        """
        asked = self.quantities[:1] if parameter == "theta" else self._main.quantities
        return next(one for one in asked if one.of == parameter)

    @property
    def _main(self) -> Part:
        return next(part for part in self.parts if not part.family.constant)

    @property
    def family(self) -> Family:
        """The family of the components; of several the first with parameters to estimate."""
        return self._main.family

    @property
    def mixed(self) -> bool:
        """Whether the components are of several families."""
        return any(one.family for one in self.quantities)

    @property
    def atoms(self) -> bool:
        """Whether a component is a point mass."""
        return any(part.family is POINT_MASS for part in self.parts)

    @property
    def families(self) -> tuple[str, ...]:
        """What fused likelihoods are of: the families that have parameters, by their names.

        They are of components or of columns.
        """
        columns = self.family.columns
        kind = "truncated_" if self.kernel == "fused" and self.recorded_by_row else ""
        return tuple(f"{kind}{one.family.kernel}" for one in columns or self._estimated_parts)

    @property
    def constants(self) -> bool:
        """Whether components without parameters stand beside a fused likelihood, as data."""
        return self.kernel == "fused" and bool(self.constant_parts)

    @property
    def constant_parts(self) -> list[Part]:
        """The components without parameters."""
        return [part for part in self.parts if part.family.constant]

    @property
    def places_of_constants(self) -> list[str]:
        """Which components have no parameters, as Stan expressions."""
        return [
            part.component(str(k))
            for part in self.constant_parts
            for k in range(1, int(part.number) + 1)
        ]

    @property
    def replaced(self) -> bool:
        """Whether responses at point masses are none that the fused likelihood takes."""
        return self.constants and self.atoms and not self.response.integer

    @property
    def estimated(self) -> tuple[Quantity, ...]:
        """The quantities that the program samples."""
        return tuple(one for one in self.quantities if not one.known)

    @property
    def of_family(self) -> tuple[Quantity, ...]:
        """The quantities that determine parameters of families, in their order."""
        return tuple(one for one in self.quantities if not one.weights)

    @property
    def location(self) -> Quantity:
        """The quantity that says where a component lies."""
        return self.of(self.family.location.name)

    @property
    def ordered(self) -> Quantity | None:
        """The quantity that the program holds in ascending order."""
        return None if self.order is None else self[self.order]

    @property
    def coded(self) -> bool:
        """Whether the data choose the distributions of priors, by number."""
        return all(one.prior is None for one in self.estimated if not one.together)

    @property
    def by_number(self) -> bool:
        """Whether some prior is one that the data choose."""
        return self.coded and not all(one.together for one in self.estimated)

    @property
    def apart(self) -> bool:
        """Whether components have priors of their own."""
        return any(one.apart for one in self.quantities)

    @property
    def numbered(self) -> tuple[Quantity, ...]:
        """The coefficients of which components share or lack some."""
        return tuple(one for one in self.quantities if one.numbered)

    @property
    def matrices(self) -> tuple[Matrix, ...]:
        """Covariates of the family's parameters, then those of the weights."""
        weights_last = sorted(self.quantities, key=lambda one: one.weights)
        found = {one.matrix.name: one.matrix for one in weights_last if one.matrix is not None}
        return tuple(found.values())

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The declarations of the block ``parameters``, in their order."""
        return tuple(variable for one in self.quantities for variable in one.variables)

    @property
    def truncated(self) -> bool:
        """Whether responses are recorded between ends alone."""
        return self.least or self.most

    @property
    def recorded_by_row(self) -> bool:
        """Whether a component records the responses of rows with probabilities of their own."""
        ends = any(end in self.ends_by_row for end in self.recorded)
        varying = self.offset_in_likelihood or self.response.trials
        varying |= any(one.matrix is not None for one in self.of_family)
        return self.truncated and (ends or varying)

    @property
    def limited(self) -> bool:
        """Whether the likelihood holds probabilities of tails."""
        return self.censoring or self.truncated

    @property
    def tails_in_stan(self) -> bool:
        """Whether those probabilities, or some of them, are written in Stan."""
        if self.kernel == "fused":
            return self.truncated and not self.recorded_by_row
        return self.limited

    @property
    def between(self) -> bool:
        """Whether a fused likelihood has censored rows, which it takes by their two ends."""
        return self.kernel == "fused" and self.rows in ("limited", "by_kind")

    @property
    def ends(self) -> tuple[str, ...]:
        """The ends of responses that the data hold, by their names."""
        stated = {"y_to": self.intervals, "y_least": self.least, "y_most": self.most}
        return tuple(name for name, there in stated.items() if there)

    @property
    def ends_by_row(self) -> tuple[str, ...]:
        """Those of them that differ between rows, as ends do that an offset is taken off."""
        moved = self.offset and self.has_origin
        alike = () if self.ends_vary or moved else self.recorded
        return tuple(name for name in self.ends if name not in alike)

    def in_program(self, end: str) -> str:
        """Return what the program calls an end, in the units of its responses."""
        return f"{end}_scaled" if self.has_unit else end

    @property
    def recorded(self) -> tuple[str, ...]:
        """The ends between which alone responses are recorded, by their names."""
        return tuple(name for name in self.ends if name != "y_to")

    @property
    def offset_in_likelihood(self) -> bool:
        """Whether an offset reaches the likelihood; of responses with an origin it is taken off."""
        return self.offset and not self.has_origin

    @property
    def offset_centred(self) -> bool:
        """Whether an offset has an origin: the one at which locations are sampled."""
        return self.offset_in_likelihood and self.family.location.on_log_scale

    @property
    def offset_name(self) -> str:
        """What the program calls the offsets that reach the likelihood."""
        return "offsets_centred" if self.offset_centred else "offsets"

    @property
    def has_unit(self) -> bool:
        """Whether the response has a unit; counts and fractions have none."""
        return self.response.unit

    @property
    def has_origin(self) -> bool:
        """Whether the response may be measured from another origin."""
        return self.response.origin

    @property
    def turned(self) -> bool:
        """Whether angles are measured from another direction than the data's."""
        return any(one.place is Place.DIRECTION for one in self.quantities)

    @property
    def response_name(self) -> str:
        """What the program calls the responses that its densities are of."""
        return "y_scaled" if self.has_unit or self.turned else "y"

    @property
    def several(self) -> bool:
        """Whether the response has several columns."""
        return self.family.multivariate

    def one_unit(self, group: Columns | None = None) -> bool:
        """Return whether all columns of the response, or of a group of them, are scaled alike."""
        return not self.several or not all(
            one.columns or one.place is Place.VOLUME
            for one in self.of_family
            if one.parameter is not None
            and one.group == group
            and not (one.parameter.role is Role.SHAPE or one.parameter.unitless)
        )

    def one_mean(self, group: Columns) -> bool:
        """Return whether the columns of a block have one mean in a component."""
        return group.block and any(
            one.locates and not one.columns for one in self.of_family if one.group == group
        )

    @property
    def name(self) -> str:
        """A name for the program's files, such as ``normal_mixture_ordered_mu``.

        What makes it too long is replaced by its hash.
        """
        parts = [part.family.name for part in self.parts]
        parts += ["regressions" if self.location.matrix else "mixture"]
        if self.family.columns:
            parts += ["columns"]
            parts += [self._form_of(one.family, one) for one in self.family.columns if one.block]
            parts += [one.named("common") for one in self.family.columns if self.one_mean(one)]
            parts += [one.named(one.family.form) for one in _unusual(self.family)]
        elif self.several:
            parts += [self._form_of(self.family)]
            parts += [] if self.location.columns else ["common"]
        parts += [] if self.order is None else ["ordered", self.order]
        for part in self._estimated_parts:
            for one in part.quantities:
                kinds = {"shared": one.shared, "known": one.known}
                parts += [word for kind, there in kinds.items() if there for word in (kind, one.of)]
                parts += [f"{one.of}_regression"] if one.matrix and not one.locates else []
            own = part.family.base or part.family
            own = own if own.columns else family(own.name)
            parts += [part.family.form] if part.family is not own and part.family.form else []
            for stated, usual in zip(part.family.parameters, own.parameters, strict=False):
                parts += [stated.name, stated.link.name] if stated.link is not usual.link else []
        parts += ["known", "theta"] if self.weights.known else []
        for one in self.quantities:
            parts += ["priors", one.name] if one.apart else []
            parts += ["numbered", one.name] if one.numbered else []
        parts += ["rarer", "priors"] if self.rarer_priors else []
        roles = {
            "gating": self.weights.gated,
            "group": self.group,
            "offset": self.offset,
            "weights": self.frequency,
            "labels": self.labels,
            "censoring": self.censoring,
            "intervals": self.intervals,
            "least": self.least,
            "most": self.most,
            "minibatch": self.minibatch,
            "incomplete": self.incomplete,
            "by_row": self.ends_vary,
        }
        parts += [role for role, there in roles.items() if there]
        ending = ["fused"] if self.kernel == "fused" else []
        whole = "_".join(parts)
        if len(f"{whole}_fused") > LONGEST_NAME:
            named = len(self.parts) + 1 if len(self.parts) < 3 else 1
            kept, told = parts[:named], hashlib.sha256(whole.encode()).hexdigest()[:8]
            # Columns may be of more families than a name can hold.
            short = len("_".join([*kept, told, "fused"])) <= LONGEST_NAME
            parts = [*(kept if short else ["columns", "mixture"]), told]
        return "_".join(parts + ending)

    @property
    def _estimated_parts(self) -> list[Part]:
        return [part for part in self.parts if not part.family.constant]

    @property
    def _scales_by_column(self) -> bool:
        scale = self.family.scale
        return scale is not None and bool(self.of(scale.name).columns)

    @property
    def _scales(self) -> str:
        """What the title says of the scales of several columns."""
        if any(one.parameter is not None and one.parameter.by_unit for one in self.of_family):
            return "scales of coordinates by volume and shape"
        each = self._scales_by_column
        return "a scale for each coordinate" if each else "one scale for all coordinates"

    def _form_of(self, family: Family, block: Columns | None = None) -> str:
        """Return the form of a component's covariance, of all columns or of a block."""
        found = next(name for name, one in family.forms.items() if one.stan == family.stan)
        assert family.scale is not None  # a family that has forms has one
        scale = family.scale.name if block is None else block.names[family.scale.name]
        # Both have the density of independent columns.
        spherical = found == "diagonal" and not self.of(scale).columns
        return "spherical" if spherical else found

    @property
    def title(self) -> str:
        """What the program is, in a sentence or, where there is much to say, a list."""
        what, said = self._what, self._details
        if len(said) > 2:
            return "\n".join([f"{what}, with", *(f"- {words}" for words in said)])
        sentence = f"{what}: {' and '.join(said)}." if said else f"{what}."
        return "\n".join(textwrap.wrap(sentence, 92))

    @property
    def _what(self) -> str:
        adjective = _listed([part.family.adjective for part in self._estimated_parts])
        if self.location.matrix is None:
            form = f", cumulative with a {self.family.form} link" if self.family.form else ""
            for each in dict.fromkeys(one.family.form for one in _unusual(self.family)):
                own = [one.suffix for one in _unusual(self.family) if one.family.form == each]
                columns = f"column{'s'[: len(own) > 1]} {_listed(own)}"
                form += f", {columns} cumulative with a {each} link"
            return f"A finite mixture of {adjective} distributions{form}"
        link = self.family.location.link
        if self.family.form:
            return f"A finite mixture of {adjective} regressions with a {self.family.form} link"
        if link is not IDENTITY:
            return f"A finite mixture of {adjective} regressions with a {link.name} link"
        if self.family.location.logarithm:
            return f"A finite mixture of {adjective} regressions"
        return f"A finite mixture of linear regressions with {adjective} errors"

    @property
    def _details(self) -> list[str]:
        said = []
        if self.several and not self.family.columns:
            said += [] if self.location.columns else ["one mean for all coordinates"]
            said += [self._scales]
        said += [
            f"one mean for all columns{one.whose}"
            for one in self.family.columns
            if self.one_mean(one)
        ]
        constants = [part for part in self.parts if part.family.constant]
        said += [
            f"{part.number} components that are {part.family.plural}"
            if part.number != "1"
            else f"one component that is {part.family.adjective}"
            for part in constants
        ]
        said += dict.fromkeys(
            f"{self._said_of(one)}{_of_columns(one)}"
            for part in self._estimated_parts
            for one in part.quantities[1:]
        )
        said += [self.weights.words] if self.weights.words else []
        said += [f"priors of the {one.words} by component" for one in self.quantities if one.apart]
        said += [f"{one.words}{one.whose} that components share or lack" for one in self.numbered]
        if self.order is not None:
            said.append(self._said_of_order)
        said += ["one class for the rows of a group"] if self.group else []
        said += ["an offset"] if self.offset else []
        said += ["frequencies of rows"] if self.frequency else []
        said += ["known classes of some rows"] if self.labels else []
        said += ["censored rows"] if self.censoring else []
        said += ["truncated responses"] if self.truncated else []
        said += ["gradients made of some rows"] if self.minibatch else []
        said += ["rows that may lack some columns"] if self.incomplete else []
        return said

    def _said_of(self, one: Quantity) -> str:
        assert one.parameter is not None
        word, words = one.parameter.word, one.parameter.words
        if one.matrix is not None:
            alike = " in the same way in all components" if one.shared else ""
            return f"{words} that depend on covariates{alike}"
        if one.known:
            return f"known {words}"
        if one.vector is not None:
            return f"{words} {'common to all components' if one.shared else 'for each component'}"
        if self.several:
            return f"{words} for {'all' if one.shared else 'each'} component{'s'[: one.shared]}"
        return f"one {word} for all components" if one.shared else f"a {word} for each component"

    @property
    def _said_of_order(self) -> str:
        one = self.ordered
        assert one is not None and one.parameter is not None
        if one.matrix is not None:
            return "one ordered coefficient"
        words = f"ordered {one.parameter.words}"
        return f"{words} of one coordinate" if one.order is Order.COLUMN else words


def _unusual(of: Family) -> list[Columns]:
    """Return the columns whose family has another density by a stated link."""
    return [one for one in of.columns if one.family.form != family(one.family.name).form]


def _of_columns(one: Quantity) -> str:
    """Return whose a quantity is, in words for all columns of its kind."""
    if one.group is not None and one.single:
        return f" of the {one.group.family.adjective} columns"
    return one.whose


def _listed(words: list[str]) -> str:
    """Return words as a sentence lists them."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last
