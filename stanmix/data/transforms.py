"""The functions that a formula may call, by the names that it calls them by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from formulaic.transforms import TRANSFORMS

__all__ = ["CODINGS", "FUNCTIONS"]


def _of_numbers(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of NumPy's that works on float64, whatever it is given."""

    def applied(*values: Any) -> Any:
        return function(*(_number(value) for value in values))

    return applied


def _number(value: Any) -> Any:
    if isinstance(value, pd.Series):
        return value.astype(np.float64)
    return np.asarray(value, dtype=np.float64)


def _identity(value: Any) -> Any:
    return value


_ELEMENTWISE = {
    name: _of_numbers(getattr(np, name))
    for name in (
        "abs", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "cbrt",
        "ceil", "clip", "cos", "cosh", "exp", "exp2", "expm1", "floor", "log", "log10", "log1p",
        "log2", "maximum", "minimum", "power", "rint", "sign", "sin", "sinh", "sqrt", "square",
        "tan", "tanh",
    )
}  # fmt: skip

_CONTRASTS = TRANSFORMS["contr"]
# How `C(column, coding)` codes its levels; they are called, or named as they are.
CODINGS: Mapping[str, Callable[..., Any]] = {
    **{
        f"contr.{name}": getattr(_CONTRASTS, name)
        for name in ("helmert", "poly", "sum", "treatment", "SAS", "diff", "custom")
    },
    **{name: TRANSFORMS[name] for name in ("Treatment", "Poly", "Sum", "Helmert", "Diff")},
}

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "I": _identity,
    **{
        name: TRANSFORMS[name]
        for name in ("C", "bs", "cc", "center", "cr", "cs", "poly", "scale", "standardize")
    },
    **CODINGS,
    **{f"np.{name}": function for name, function in _ELEMENTWISE.items()},
    **{name: _ELEMENTWISE[name] for name in ("exp", "exp2", "log", "log10", "log1p", "log2")},
    **{name: _ELEMENTWISE[name] for name in ("abs", "cos", "expm1", "sin", "sqrt", "tan")},
    "exp10": _of_numbers(lambda value: 10.0**value),
}
