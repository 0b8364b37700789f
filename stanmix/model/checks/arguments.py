"""What each argument of a mixture must be by itself."""

from __future__ import annotations

from collections.abc import Mapping

from stanmix.arguments import (
    Anything,
    Check,
    Either,
    Function,
    Integer,
    ListOf,
    MappingOf,
    Number,
    OneOf,
    OrNone,
    Text,
)
from stanmix.model import families
from stanmix.model.covariances import CODES, NAMES

__all__ = ["CHECKS", "CONTEXT"]

_COLUMN = OrNone(Text("the name of a column"))
_COLUMNS = Either(
    Text("the name of a column"), ListOf(Text(), 'a block of columns such as ("x1", "x2")', 1)
)
_COVARIANCE = OneOf(*NAMES, "factor", *CODES)


# What each argument must be by itself; the functions below say what they must be together.
CHECKS: Mapping[str, Check] = {
    "formula": Either(
        Text('a formula such as "y ~ x"'),
        ListOf(
            Text(),
            'a list of the names of columns such as ["x1", "x2"], or of a formula for each '
            'component such as ["y ~ x", "y ~ 1"]',
        ),
    ),
    "components": Integer(1),
    "family": Either(
        OneOf(*families.FAMILIES),
        ListOf(Anything("a component"), "a list with the family of each component", 1),
        MappingOf(
            OneOf(*families.FAMILIES),
            "a mapping of the response's columns, or blocks of them, to their families",
            _COLUMNS,
        ),
    ),
    "order": OrNone(
        Text("'auto', None, 'mean', 'variance', or the name of a parameter or covariate")
    ),
    "shared": Either(
        Text("the name of a parameter or covariate"), ListOf(Text(), "a list of such names")
    ),
    "fixed": MappingOf(
        Anything("the model"), 'a mapping of names to values such as {"sigma": 1.0}'
    ),
    "priors": MappingOf(
        Anything("the model"), 'a mapping of names to priors such as {"sigma": HalfNormal(1)}'
    ),
    "gating": OrNone(Text('a formula such as "~ z"')),
    "formulas": MappingOf(
        Either(
            Text('a formula such as "~ z"'),
            ListOf(Text(), "a list with a formula for each component"),
        ),
        'a mapping of parameters to formulas such as {"sigma": "~ z"}',
    ),
    "link": MappingOf(
        Text('the name of a link such as "probit"'),
        'a mapping of parameters to links such as {"mu": "probit"}',
    ),
    "group": _COLUMN,
    "weights": _COLUMN,
    "offset": _COLUMN,
    "trials": _COLUMN,
    "labels": _COLUMN,
    "censoring": OrNone(
        Either(
            Text("the name of a column"),
            ListOf(Text(), 'a pair of columns such as ("censoring", "upper")', 2, 2),
        )
    ),
    "truncation": OrNone(
        ListOf(
            OrNone(Either(Text("the name of a column"), Number())),
            "a pair of ends, numbers, names of columns or None, such as (0, None)",
            2,
            2,
        )
    ),
    "missing": OneOf("refuse", "predict", "marginalise"),
    "covariance": OrNone(
        Either(MappingOf(_COVARIANCE, "a mapping of blocks to theirs", _COLUMNS), _COVARIANCE)
    ),
    "factors": OrNone(Integer(1)),
    "mean": OneOf("free", "common"),
    "context": MappingOf(Function(), 'a mapping of names to functions such as {"f": f}'),
}


CONTEXT = OrNone(CHECKS["context"])  # of functions that read what was saved
