"""All priors of a mixture with its data, as a table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from stanmix.data.design import Design
from stanmix.model.specification import Specification
from stanmix.program.columns import keys, prior_columns
from stanmix.program.data import priors_of, stated_priors
from stanmix.program.default_priors import defaults
from stanmix.program.lower import lower
from stanmix.program.units import units_of

__all__ = ["prior_table"]


def prior_table(spec: Specification, design: Design) -> pd.DataFrame:
    """Return the prior of each estimated parameter, stated or default, with its reason.

    Parameters
    ----------
    spec : Specification
    design : Design

    Returns
    -------
    DataFrame
        See `stanmix.Mixture.priors_for`.

    Raises
    ------
    InputError
        As `stanmix.program.data.priors_of`.
    """
    found, program, units = priors_of(spec, design), lower(spec), units_of(spec, design)
    stated, reasons = stated_priors(spec, program, design), defaults(spec, design)
    rows, names = [], []
    for one in program.estimated:
        columns = prior_columns(one, design) or ("",)
        for i, (key, column) in enumerate(zip(keys(one, design), columns, strict=True)):
            prior, source, reason = found[key], "default", reasons[key].reason
            if stated[one.name][i] is not None:
                constant = one.matrix is not None and units.columns[one.of].ones[i]
                source, reason = "stated", "where covariates are zero" if constant else ""
            by_component = isinstance(prior, Sequence)
            for k, each in enumerate(prior if isinstance(prior, Sequence) else [prior], start=1):
                names.append(key)
                rows.append((one.name, k if by_component else "", column, each, source, reason))
    labels = ["parameter", "component", "column", "prior", "source", "reason"]
    return pd.DataFrame(rows, pd.Index(names, name="name"), labels, dtype=object)
