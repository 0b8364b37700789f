"""Rows whose response is missing: refused, or left out and kept for predictions."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import stanmix
from stanmix.errors import InputError


def rows() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "y": rng.normal(size=12),
            "other": rng.normal(size=12),
            "n": rng.poisson(4, 12).astype(float),
            "x": rng.normal(size=12),
            "f": list("uvw") * 4,
            "w": rng.integers(1, 4, 12),
            "o": rng.normal(size=12),
            "g": np.repeat(list("pqrs"), 3),
            "c": ["a", None, None, "b", *[None] * 8],
        },
        index=[f"row {i}" for i in range(12)],
    )
    frame.loc[["row 2", "row 7"], ["y", "other", "n"]] = np.nan
    return frame


FRAME, SEEN = rows(), np.isin(np.arange(12), [2, 7], invert=True)
STATED = {
    "means": {"formula": "y"},
    "lines": {"formula": "y ~ x + f", "weights": "w", "offset": "o"},
    "centred": {"formula": "log(n + 1) ~ center(x) + bs(o, df=3)"},
    "groups": {"formula": "y ~ x", "group": "g", "gating": "~ g", "formulas": {"sigma": "~ x"}},
    "classes": {"formula": "y", "labels": "c", "group": "g"},
    "vectors": {"formula": ["y", "other"], "family": "mvnormal", "covariance": "diagonal"},
    "counts": {"formula": "n ~ x", "family": "poisson", "offset": "o"},
}


def test_missing_responses_are_counted_and_named():
    with pytest.raises(InputError, match=r"'y' has 2 missing values .NaN. in rows 2, 7") as error:
        stanmix.Mixture("y ~ x", 2).data(FRAME)
    assert 'missing="predict"' in str(error.value)
    with pytest.raises(InputError, match="missing must be one of 'refuse', 'predict'"):
        stanmix.Mixture("y", 2, missing="drop")


def test_missing_covariates_are_counted_and_named_in_any_case():
    holes = FRAME.assign(x=FRAME.x.where(FRAME.index != "row 7"), o=FRAME.o.where(FRAME.o > -0.2))
    at = np.flatnonzero(holes.o.isna() | holes.x.isna())
    for missing in ("refuse", "predict"):
        model = stanmix.Mixture("y ~ x + o", 2, missing=missing)
        frame = holes if missing == "predict" else holes.assign(y=np.arange(12.0))
        with pytest.raises(InputError, match="Columns have missing values") as error:
            model.data(frame)
        assert "'x' has 1 missing value (NaN)" in str(error.value)
        assert f"'o' has {int(holes.o.isna().sum())} missing values (NaN)" in str(error.value)
        assert ", ".join(map(str, at[:5])) in str(error.value)


@pytest.mark.parametrize("name", STATED)
def test_the_likelihood_is_that_of_the_rows_with_a_response(name):
    model = stanmix.Mixture(components=2, missing="predict", **STATED[name])
    whole = stanmix.Mixture(components=2, **STATED[name])
    frame = FRAME.astype({"g": "category"}) if name == "groups" else FRAME
    assert model.program() == whole.program()
    found, expected = model.data(frame), whole.data(frame[SEEN])
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        np.testing.assert_array_equal(found[key], value, err_msg=key)


@pytest.mark.parametrize("name", STATED)
def test_all_rows_are_coded_as_those_with_a_response(name):
    model = stanmix.Mixture(components=2, missing="predict", **STATED[name])
    design = model.matrices(FRAME)
    assert design.obs_id.tolist() == FRAME.index[SEEN].tolist()
    every = design.all_rows
    assert every.obs_id.tolist() == FRAME.index.tolist()
    assert np.isnan(every.y[~SEEN]).all()
    np.testing.assert_array_equal(every.y[SEEN], design.y)
    np.testing.assert_allclose(every.X[SEEN], design.X, rtol=1e-12, atol=1e-12)
    for of, covariates in every.rows.predictors.items():
        np.testing.assert_array_equal(covariates.matrix[SEEN], design.rows.predictors[of].matrix)
    again = model.matrices(every.columns)
    np.testing.assert_array_equal(again.y, design.y)
    np.testing.assert_array_equal(again.all_rows.X, every.X)


def test_a_row_without_a_response_says_what_the_class_of_its_group_is():
    labels = [None, None, "a", "b", *[None] * 8]
    frame = FRAME.assign(c=labels)
    design = stanmix.Mixture("y", 2, labels="c", group="g", missing="predict").matrices(frame)
    np.testing.assert_array_equal(design.rows.labels.numbers, [1, 1, 2, 2, 2, *[0] * 5])
    with pytest.raises(InputError, match=r"2 of 3 components have the label of no row that"):
        stanmix.Mixture("y", 3, labels="c", missing="predict").matrices(frame)


@pytest.mark.parametrize(
    ("changed", "stated", "word"),
    [
        ({"other": 1.0}, STATED["vectors"], r"2 row.s., the first of them row 2 .* lack others"),
        ({"y": [1.0, *[np.nan] * 11]}, {"formula": "y"}, "1 of 12 rows have a response .'y'."),
        ({"y": np.full(12, np.nan)}, {"formula": "y"}, "0 of 12 rows"),
        ({"n": [1, 2, np.nan, 4, -5, *[1] * 7]}, STATED["counts"], "'n' is -5 in row 4"),
        ({"w": [1, 1, 1, 1, -2, *[1] * 7]}, STATED["lines"], "row 4 .* has -2"),
        ({"f": [*"uvzuvwuvwuvw"]}, STATED["lines"], "levels of a factor that the fitted data did"),
        ({"y": ["1", "2", None, *["a"] * 9]}, {"formula": "y"}, "not numeric"),
    ],
)  # fmt: skip
def test_what_cannot_be_predicted_is_refused(changed, stated, word):
    frame = FRAME.assign(**changed)
    with pytest.raises(InputError, match=word):
        stanmix.Mixture(components=2, missing="predict", **stated).data(frame)


def test_missing_values_of_any_type_are_missing_responses():
    model = stanmix.Mixture("n", 2, family="poisson", missing="predict")
    counts = [3, 1, None, 4, 9, 2]
    for values in (pd.array(counts, dtype="Int64"), np.array(counts, dtype=object),
                   np.ma.array([3, 1, 0, 4, 9, 2], mask=[0, 0, 1, 0, 0, 0])):  # fmt: skip
        design = model.matrices({"n": values})
        np.testing.assert_array_equal(design.y, [3, 1, 4, 9, 2])
        np.testing.assert_array_equal(design.obs_id, [0, 1, 3, 4, 5])
        np.testing.assert_array_equal(model.matrices(design.all_rows.columns).y, design.y)


def test_the_statement_survives_plain_values():
    model = stanmix.Mixture("y", 2, missing="predict")
    assert stanmix.Mixture.from_dict(json.loads(json.dumps(model.to_dict()))) == model
    assert model.data(FRAME[SEEN]).keys() == stanmix.Mixture("y", 2).data(FRAME[SEEN]).keys()
