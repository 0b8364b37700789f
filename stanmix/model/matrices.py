"""What a mixture reads of a DataFrame."""

from __future__ import annotations

import dataclasses
from typing import Any

from stanmix.data import design
from stanmix.model.checks import check_common, check_labels, check_limits, check_offset
from stanmix.model.responses import TRUTHS, Response, folded
from stanmix.model.specification import Specification

__all__ = ["matrices"]


def _kinds(model: Specification) -> dict[str, Response]:
    """Return what each response is, by its name."""
    if model.of_family.columns:
        return {name: model.of_family.kind_of(d) for d, name in enumerate(model.responses)}
    formulas = (design.parse(text, model.context) for text in model.response_formulas)
    return {one.response.text: model.response for one in formulas if one.response is not None}


def matrices(model: Specification, frame: Any) -> design.Design:
    """Return what a model reads of a DataFrame: response, covariates, and the rest.

    Raises
    ------
    InputError
        If the data do not suit the model; see `stanmix.data.design.build`.
    """
    kinds = _kinds(model)
    read = design.build(
        model.formula,
        frame,
        model.context,
        model.missing,
        model.by_component,
        {name: kind.categories for name, kind in kinds.items() if kind.categories},
        # In place of 0 and 1 truth values may stand.
        [name for name, kind in kinds.items() if kind is TRUTHS],
        predictors=model.predictors,
        offset=model.offset,
        trials=model.trials,
        weights=model.weights,
        group=model.group,
        labels=model.labels,
        censoring=model.censored_by,
        truncation=model.truncated_at,
    )
    if model.response.circular:
        read = dataclasses.replace(read, y=folded(read.y))
    check_offset(model, read.rows.offset)
    check_labels(model, read)
    check_common(model, read)
    check_limits(model, read)
    return read
