"""Several columns that are independent of one another within a component, each of one family."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
import pytest
from independent import log_posterior, random_points
from interpreted import interpreted
from kept_fits import check_kept
from structures import STATED as CONSTANTS
from structures import UNIVARIATE

import stanmix
from stanmix.density import row_terms
from stanmix.density.log_joint import log_likelihood
from stanmix.errors import InputError
from stanmix.inference.distinct_rows import distinct_rows

pytestmark = pytest.mark.usefixtures("few_searched")
RUN = {"engine": "stanli", "progress": False}
N = 14
ALONE = ("von_mises", "binomial", "beta_binomial", "categorical", "ordinal")
FAMILIES = [name for name in UNIVARIATE if name not in ALONE]


def rows(family: str) -> pd.DataFrame:
    """Two columns of numbers that a family takes, on unlike scales, beside what rows may have."""
    rng, kind = np.random.default_rng(4), UNIVARIATE[family][0]
    of_kind = {
        "y": lambda: rng.normal(3, 2, N),
        "above": lambda: 5 + rng.gamma(3, size=N),
        "positive": lambda: rng.gamma(3, size=N),
        "fraction": lambda: rng.beta(2, 3, N),
        "n": lambda: rng.poisson(4, N).astype(float),
        "truth": lambda: np.resize([0.0, 1, 1], N),
    }[kind]
    scale = 100 if kind in ("y", "positive") else 1
    return pd.DataFrame(
        {
            "a": of_kind(), "b": scale * of_kind(), "z": rng.normal(size=N),
            "g": np.arange(N) // 2, "w": rng.integers(1, 4, N),
            "class": np.where(np.arange(N) < 4, np.resize(["u", "v"], N), None),
        }
    ).assign(z=lambda f: f.groupby("g").z.transform("mean"))  # fmt: skip


def lacking(frame: pd.DataFrame) -> pd.DataFrame:
    """The same where some rows lack one column, and one lacks both."""
    found = frame.copy()
    found.loc[[1, 5, 6], "a"] = np.nan
    found.loc[[2, 6], "b"] = np.nan
    return found


def assert_equal(model: stanmix.Mixture, frame: pd.DataFrame) -> None:
    data = model.data(frame)
    points = random_points(model, data, 2, seed=1)
    found = interpreted(model, data, points)[:, 0]
    expected = [log_posterior(model, data, point) for point in points]
    np.testing.assert_allclose(found, expected, rtol=1e-10)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_density_is_that_of_scipy(family):
    frame, fixed = rows(family), CONSTANTS.get(family, {})
    assert_equal(stanmix.Mixture(["a", "b"], 2, family=family, fixed=fixed), frame)
    model = stanmix.Mixture(["a", "b"], 2, family=family, fixed=fixed, missing="marginalise")
    assert_equal(model, lacking(frame))


KNOWN = {"theta": [0.3, 0.7]}
STATED = {
    "rows of a group": {"group": "g", "missing": "marginalise"},
    "frequencies of rows of a group": {"family": "gamma", "group": "g", "weights": "w"},
    "covariates of the weights": {"family": "poisson", "gating": "~ z", "missing": "marginalise"},
    "known classes": {"labels": "class", "missing": "marginalise"},
    "frequencies": {"weights": "w", "missing": "marginalise"},
    "scales in common": {"shared": ("sigma",), "missing": "marginalise"},
    "known scales": {"fixed": {"sigma": [[1.0, 80.0], [2.0, 90.0]], **KNOWN}},
    "known scales of positive numbers": {"family": "exgaussian", "fixed": {"tau": 2.0}},
    "known minima": {"family": "pareto", "fixed": {"minimum": [[5.0, 2.0], [1.0, 3.0]]}},
    "an order": {"order": "b", "missing": "marginalise"},
    "shapes in common": {"family": "weibull", "shared": ("shape",)},
    "a prior of one column": {"priors": {"mu": stanmix.Normal(0, 9), "mu[b]": stanmix.Flat()}},
    "priors by component": {"priors": {"mu": [stanmix.Normal(0, 90), stanmix.Normal(2, 99)]}},
}  # fmt: skip


@pytest.mark.parametrize("name", STATED)
def test_the_density_is_that_of_scipy_with(name):
    stated = {"family": "normal", **STATED[name]}
    frame = rows(stated["family"])
    frame = lacking(frame) if "missing" in stated else frame
    assert_equal(stanmix.Mixture(["a", "b"], 2, **stated), frame)


CARCINOMA = stanmix.datasets.load("carcinoma") - 1


@pytest.mark.parametrize(("components", "maximum"), [(2, -317.2568), (3, -293.705), (4, -289.2858)])
def test_published_maxima_are_reached(components, maximum):
    """Linzer & Lewis (2011, J. Stat. Softw. 42(10)): poLCA's seven pathologists."""
    model = stanmix.Mixture(list("ABCDEFG"), components, family="bernoulli")  # of flat priors
    fit = model.fit(CARCINOMA, "map", seed=1, **RUN)
    assert float(fit.log_likelihood()[0, 0]) == pytest.approx(maximum, abs=1e-3)


def by_hand(theta, mu, y):
    """The log-likelihood of 0s and 1s, by a sum over all classes of each row."""
    total = 0.0
    for row in y:
        joint = 0.0
        for weight, probabilities in zip(theta, mu, strict=True):
            for answer, p in zip(row, probabilities, strict=True):
                weight *= 1.0 if np.isnan(answer) else p if answer else 1 - p
            joint += weight
        total += np.log(joint)
    return total


ITEMS = list("ABCDE")
TRUE = np.array([[0.9, 0.8, 0.9, 0.2, 0.8], [0.1, 0.2, 0.3, 0.8, 0.1]])


@functools.cache
def latent_classes() -> tuple[pd.DataFrame, np.ndarray]:
    """Answers of two classes, of which three in ten are missing, and all of row 5; and classes."""
    rng = np.random.default_rng(0)
    which = (rng.random(150) < 0.4).astype(int)
    answers = (rng.random((150, 5)) < TRUE[which]).astype(float)
    answers[rng.random(answers.shape) < 0.3] = np.nan
    answers[5] = np.nan
    return pd.DataFrame(answers, columns=ITEMS), which


@functools.cache
def fitted() -> stanmix.Fit:
    model = stanmix.Mixture(ITEMS, 2, family="bernoulli", missing="marginalise")
    fit = model.fit(latent_classes()[0], chains=2, draws=150, warmup=150, seed=1, **RUN)
    return fit.relabel("ecr")


def test_what_was_simulated_is_covered_where_answers_are_missing():
    fit, which = fitted(), latent_classes()[1]
    at = fit.posterior["mu"].mean(["chain", "draw"]).to_numpy()
    order = np.argsort(-at[:, 0])  # components have no order of their own
    z = (at - TRUE[order.argsort()]) / fit.posterior["mu"].std(["chain", "draw"]).to_numpy()
    assert np.abs(z).max() < 3  # ten numbers: one beyond in 40 such tests
    mine = fit.responsibilities().to_numpy()[:, order]
    assert (mine.argmax(axis=1) == which).mean() > 0.85


def test_the_likelihood_is_the_sum_over_classes():
    fit, y = fitted(), latent_classes()[0].to_numpy()
    draws, found = fit.draws(), fit.log_likelihood().to_numpy().ravel()
    for s in (0, 7, 299):
        assert found[s] == pytest.approx(by_hand(draws["theta"][s], draws["mu"][s], y), rel=1e-12)


def test_of_a_row_without_answers_the_weights_tell_the_class():
    fit = fitted()
    np.testing.assert_allclose(
        fit.responsibilities()[5], fit.posterior["theta"].mean(["chain", "draw"]), rtol=1e-12
    )
    assert np.isnan(fit.quantile_residuals()[5]).all()
    assert np.isfinite(fit.loo().elpd_loo)


def test_predictions_are_of_all_columns_under_their_names():
    fit = fitted()
    found = fit.predict()
    assert found.dims == ("obs_id", "dimension")
    assert found.dimension.to_numpy().tolist() == ITEMS
    draws = fit.draws()
    expected = np.einsum("sk,skd->d", draws["theta"], draws["mu"]) / len(draws["theta"])
    np.testing.assert_allclose(found[5], expected)
    drawn = fit.predict(kind="draws").to_numpy()
    assert set(np.unique(drawn)) == {0.0, 1.0}
    # The mean of 300 x 150 draws has an sd of at most 0.0024 but for that of the classes.
    np.testing.assert_allclose(drawn.mean(axis=(0, 1, 2)), expected, atol=0.015)


def test_new_rows_may_lack_columns_too():
    fit = fitted()
    new = pd.DataFrame({name: [1.0, np.nan] for name in ITEMS}).assign(D=[np.nan, np.nan])
    draws = fit.draws()
    others = [d for d, name in enumerate(ITEMS) if name != "D"]
    likelihood = (draws["theta"] * draws["mu"][:, :, others].prod(axis=2)).sum(axis=1)
    found = fit.predict(new, kind="density")
    np.testing.assert_allclose(found, [likelihood.mean(), 1.0])


def test_a_pattern_that_was_never_seen_has_a_density():
    fit = stanmix.Mixture(list("ABC"), 2, family="bernoulli").fit(
        pd.DataFrame({"A": [0, 1, 0, 1] * 5, "B": [0, 1, 0, 1] * 5, "C": [0, 0, 1, 1] * 5}),
        "map", seed=1, **RUN,
    )  # fmt: skip
    found = fit.predict({"A": [1.0], "B": [0.0], "C": [1.0]}, kind="density")
    assert np.isfinite(found).all() and 0 <= float(found[0]) < 0.1


def test_equal_rows_are_counted_once():
    model = stanmix.Mixture(list("AB"), 2, family="bernoulli", missing="marginalise")
    frame = pd.DataFrame({"A": [0, 1, np.nan, 1] * 10, "B": [0, 1, 1, np.nan] * 10})
    fewer, rows = distinct_rows(model, model.matrices(frame))
    assert rows.y.shape == (4, 2) and rows.rows.weights.tolist() == [10] * 4
    draws = {"theta": [[0.3, 0.7]], "mu": [[[0.2, 0.6], [0.9, 0.5]]]}
    at = {name: np.array(value) for name, value in draws.items()}
    whole = model.matrices(frame)
    found = [
        log_likelihood(at, row_terms.of(stated, data.y, data.X, data.rows), pointwise=False)
        for stated, data in ((model, whole), (fewer, rows))
    ]
    np.testing.assert_allclose(found[0], found[1])


def test_a_fit_is_read_back_as_it_was(tmp_path):
    fit = fitted()
    check_kept(fit, latent_classes()[0], tmp_path / "fit")
    np.testing.assert_array_equal(stanmix.load(tmp_path / "fit").design.y, fit.design.y)


def test_default_priors_are_those_of_each_column():
    frame = rows("gamma")
    of_both = stanmix.Mixture(["a", "b"], 2, family="gamma").priors_for(frame)
    for name in "ab":
        alone = stanmix.Mixture(f"{name} ~ 1", 2, family="gamma").priors_for(frame)
        for parameter in ("mu", "shape"):
            assert of_both.loc[f"{parameter}[{name}]", "prior"] == alone.loc[parameter, "prior"]


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({"family": "bernoulli", "covariance": "full"}, "columns of family='bernoulli' are indep"),
        ({"family": "normal", "mean": "common"}, "have parameters of their own"),
        ({"family": "poisson", "offset": "z"}, "no linear predictor"),
        ({"family": "binomial", "trials": "n"}, "trials of its own"),
        ({"family": "von_mises"}, "a cut of its own"),
        ({"family": "pareto"}, "a minimum that is known and not estimated"),
        ({"family": "normal", "censoring": "kind"}, "is for one response, and 2 columns"),
        ({"family": "poisson", "truncation": (1, None)}, "is for one response, and 2 columns"),
        ({"family": "poisson", "order": "a"}, "can be ordered by 'theta'"),
        ({"family": "poisson", "order": "mean"}, "a mean in each column"),
        ({"family": "normal", "shared": ("mu",)}, "'mu' cannot be shared"),
        ({"family": "normal", "formulas": {"sigma": "~ z"}}, "have no covariates yet"),
        ({"family": ["normal", "cauchy"]}, "name each column once and one family of all"),
    ],
)
def test_what_columns_cannot_have_is_refused(stated, message):
    with pytest.raises(InputError, match=message):
        stanmix.Mixture(["a", "b"], 2, **stated)


def test_one_response_has_nothing_to_marginalise():
    with pytest.raises(InputError, match="there is one response; use missing='predict'"):
        stanmix.Mixture("y ~ x", 2, missing="marginalise")


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ({"A": [1, 1, 1, np.nan], "B": [0, 1, 0, 1]}, r"'A' is constant \(1 in every row"),
        ({"A": [np.nan] * 4, "B": [0, 1, 0, 1]}, "'A' is missing in every row"),
        ({"A": [0, 1, np.nan, 2], "B": [0, 1, 0, 1]}, "takes 0 and 1, but 'A' is 2 in row 3"),
        ({"A": [0, 1, np.nan, np.inf], "B": [0, 1, 0, 1]}, "'A' is infinite .* row 3"),
        ({"A": ["yes", "no", None, "no"], "B": [0, 1, 0, 1]}, "'A' is not numeric"),
    ],
)
def test_columns_that_cannot_be_used_are_refused(frame, message):
    model = stanmix.Mixture(["A", "B"], 2, family="bernoulli", missing="marginalise")
    with pytest.raises(InputError, match=message):
        model.data(pd.DataFrame(frame))


def test_missing_cells_are_refused_unless_they_are_said_to_be_there():
    frame = pd.DataFrame({"A": [0, 1, np.nan, 1], "B": [0, 1, 0, np.nan]})
    with pytest.raises(InputError, match=r"'A' has 1 missing value.*missing=\"marginalise\""):
        stanmix.Mixture(["A", "B"], 2, family="bernoulli").data(frame)
    for dtype in ("boolean", "Int64", "float32", object):
        nullable = frame.astype(dtype)
        model = stanmix.Mixture(["A", "B"], 2, family="bernoulli", missing="marginalise")
        data = model.data(nullable)
        assert data["observed"].tolist() == [[1, 1], [1, 1], [0, 1], [1, 0]]
        assert (data["y"] * data["observed"]).tolist() == [[0, 0], [1, 1], [0, 0], [1, 0]]


def test_truth_values_are_0_and_1_where_a_family_takes_these():
    truths = pd.DataFrame({"A": [True, False, None, True], "B": [False, True, True, False]})
    model = stanmix.Mixture(["A", "B"], 2, family="bernoulli", missing="marginalise")
    as_numbers = model.data(truths.astype({"A": float, "B": int}))
    for name, value in model.data(truths).items():
        np.testing.assert_array_equal(value, as_numbers[name])
    alone = stanmix.Mixture("B ~ 1", 2, family="bernoulli")
    assert alone.data(truths)["y"].tolist() == [0, 1, 1, 0]
    with pytest.raises(InputError, match=r"'B' is not numeric: .* it holds bool"):
        stanmix.Mixture("B ~ 1", 2).data(truths)


def test_new_truth_values_are_read_as_those_of_the_fit(tmp_path):
    truths = pd.DataFrame({"A": [True, False, None, True] * 4, "B": [False, True, True, False] * 4})
    model = stanmix.Mixture(["A", "B"], 2, family="bernoulli", missing="marginalise")
    fit = model.fit(truths, "map", seed=1, **RUN)
    fit.save(tmp_path / "fit")
    again = stanmix.load(tmp_path / "fit")
    numbers = truths.astype(float)
    for one in (fit, again):
        np.testing.assert_array_equal(
            one.predict(truths[:3], kind="density"), fit.predict(numbers[:3], kind="density")
        )
