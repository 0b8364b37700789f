"""What a mixture reads of a DataFrame."""

from __future__ import annotations

import dataclasses
from typing import Any

from stanmix.data import design
from stanmix.model.checks import check_common, check_labels, check_limits, check_offset
from stanmix.model.responses import TRUTHS, folded
from stanmix.model.specification import Specification

__all__ = ["matrices"]


def _truths(model: Specification) -> list[str]:
    """Return the responses that are 0 and 1, in place of which truth values may stand."""
    if model.of_family.columns:
        kinds = map(model.of_family.kind_of, range(len(model.responses)))
        return [name for name, kind in zip(model.responses, kinds, strict=True) if kind is TRUTHS]
    formulas = (design.parse(text, model.context) for text in model.response_formulas)
    responses = (one.response.text for one in formulas if one.response is not None)
    return list(responses) if model.response is TRUTHS else []


def matrices(model: Specification, frame: Any) -> design.Design:
    """Return what a model reads of a DataFrame: response, covariates, and the rest.

    Raises
    ------
    InputError
        If the data do not suit the model; see `stanmix.data.design.build`.
    """
    read = design.build(
        model.formula,
        frame,
        model.context,
        model.missing,
        model.by_component,
        model.response.categories,
        _truths(model),
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
