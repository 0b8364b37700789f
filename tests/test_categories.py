"""Mixtures of categories where the answer is known exactly, and what they refuse.

That their densities are those of SciPy, and all that follows, is tested of every family.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

import stanmix
from stanmix import plots

RUN = {"engine": "stanli", "seed": 1, "progress": False}
FEW = {**RUN, "chains": 2, "draws": 400, "warmup": 200}
LABELS = ["bad", "m;} // ", "good"]  # which are no text of a program's


def classes(rows: int = 120, seed: int = 0) -> pd.DataFrame:
    """Ordered categories of two known classes, which the rows of a group share."""
    rng = np.random.default_rng(seed)
    known = np.repeat(rng.integers(0, 2, rows // 4), 4)
    p = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]])[known]
    y = (p.cumsum(axis=1) < rng.random((rows, 1))).sum(axis=1)
    return pd.DataFrame(
        {
            "y": pd.Categorical.from_codes(y, LABELS, ordered=True),
            "class": np.array(["one", "two"])[known],
            "x": rng.normal(size=rows),
            "g": np.arange(rows) // 4,
        }
    )


def test_known_classes_have_dirichlet_posteriors():
    """Of counts n and a prior alpha, with means (n + alpha) / (N + sum alpha); by 4.5 errors."""
    frame, prior = classes(), [stanmix.Dirichlet([1, 2, 3]), stanmix.Dirichlet(2)]
    model = stanmix.Mixture("y", 2, family="categorical", labels="class", priors={"mu": prior})
    fit = model.fit(frame, **FEW)
    alpha = np.array([[1.0, 2, 3], [2, 2, 2]])
    alpha += pd.crosstab(frame["class"], frame["y"]).to_numpy()
    found, total = fit.summary(), alpha.sum(axis=1, keepdims=True)
    exact, sd = alpha / total, np.sqrt(alpha * (total - alpha) / (total + 1)) / total
    rows = [f"mu[{k}, {c}]" for k in ("one", "two") for c in LABELS]
    figures = found.loc[rows]
    errors = np.abs(figures["mean"] - exact.ravel()) / figures["mcse_mean"]
    assert (errors < 4.5).all()
    assert (np.abs(figures["sd"] - sd.ravel()) / figures["mcse_sd"] < 4.5).all()
    assert not any(label in model.program() for label in LABELS)
    drawn = fit.predict(kind="draws")
    assert set(np.unique(drawn)) == set(LABELS)
    p = fit.predict(by_component=True, quantiles=(0.5,))
    assert p.dims == ("quantile", "obs_id", "component", "category")
    assert p.coords["category"].to_numpy().tolist() == LABELS


def test_the_mode_of_one_ordinal_component_has_the_frequencies_of_the_data():
    """Under flat priors, with any link; that of a multinomial logit of a factor has them in it."""
    frame = classes()
    frame["half"] = np.where(np.arange(len(frame)) % 2, "a", "b")
    n = frame["y"].value_counts(sort=False).to_numpy()
    flat = {"mu": stanmix.Flat(), "cutpoints": stanmix.Flat()}
    for link, quantile in (("logit", special.logit), ("probit", stats.norm.ppf)):
        model = stanmix.Mixture("y", 1, family="ordinal", link={"mu": link}, priors=flat)
        fit = model.fit(frame, "map", **RUN)
        np.testing.assert_allclose(fit.predict().to_numpy()[0], n / n.sum(), atol=1e-5)
        ends = quantile(n.cumsum()[:-1] / n.sum())
        draws = fit.draws()
        assert draws["mu"].item() == pytest.approx(-ends[0], abs=1e-4)
        assert draws["cutpoints"].item() == pytest.approx(ends[1] - ends[0], abs=1e-4)
    model = stanmix.Mixture(
        "y ~ 0 + half", 1, family="categorical", priors={"beta": stanmix.Flat()}
    )
    fit = model.fit(frame, "map", **RUN)
    table = pd.crosstab(frame["half"], frame["y"], normalize="index").to_numpy()
    found = fit.predict(pd.DataFrame({"half": ["a", "b"]})).to_numpy()
    np.testing.assert_allclose(found, table, atol=1e-5)
    ratios = np.log(table[:, 1:] / table[:, :1])
    np.testing.assert_allclose(fit.draws()["beta"][0, 0], ratios.T, atol=1e-4)


def test_coefficients_in_common_are_those_of_each_category():
    """One slope a category in both classes; each probability is that of its log ratios."""
    rng, frame = np.random.default_rng(2), classes()
    frame["x"] = rng.normal(size=len(frame))
    model = stanmix.Mixture(["y ~ x", "y ~ x + g"], 2, family="categorical", shared="x")
    fit = model.fit(frame, "map", **RUN)
    beta = fit.draws()["beta"][0]
    assert beta.shape == (2, 2, 3) and not beta[0, :, 2].any()
    np.testing.assert_array_equal(beta[0, :, 1], beta[1, :, 1])
    assert beta[0, 0, 1] != beta[0, 1, 1]
    rows = [row for row in fit.summary().index if row.startswith("beta")]
    assert rows[:2] == [f"beta[1, {LABELS[1]}, Intercept]", f"beta[{LABELS[1]}, x]"]
    assert len(rows) == 2 * 4
    X = np.column_stack([np.ones(len(frame)), frame["x"], frame["g"]])
    ratios = np.einsum("np,kcp->nkc", X, beta)
    p = special.softmax(np.pad(ratios, ((0, 0), (0, 0), (1, 0))), axis=-1)
    np.testing.assert_allclose(fit.predict(by_component=True).to_numpy(), p, rtol=1e-9)


def test_equal_rows_are_counted_once_and_missing_ones_predicted():
    frame = classes()
    model = stanmix.Mixture("y", 2, family="ordinal", group="g", missing="predict", order="mu")
    frame.loc[3, "y"] = np.nan
    fit = model.fit(frame, "map", **RUN)
    assert fit.predict().shape == (120, 3)
    group = fit.responsibilities().to_numpy()[0]
    by_component = fit.predict(by_component=True).to_numpy()[3]
    np.testing.assert_allclose(fit.predict().to_numpy()[3], group @ by_component, rtol=1e-9)
    assert fit.predict(kind="draws").to_numpy()[0, 0, 3] in LABELS
    assert (np.diff(fit.draws()["mu"]) > 0).all()
    alone = stanmix.Mixture("y", 2, family="categorical")
    table = frame.dropna()[["y"]].value_counts().reset_index(name="times")
    counted = stanmix.Mixture("y", 2, family="categorical", weights="times")
    found = [one.fit(rows, "map", **RUN).predict().to_numpy()
             for one, rows in ((alone, frame.dropna()), (counted, table))]  # fmt: skip
    np.testing.assert_allclose(found[0][0], found[1][0], atol=1e-4)


def test_cutpoints_that_components_share_leave_them_levels_of_their_own():
    """The latent distributions differ by a shift: log odds do, of each cutpoint."""
    model = stanmix.Mixture("y", 2, family="ordinal", group="g", shared="cutpoints")
    fit = model.fit(classes(), "map", **RUN)
    p = fit.predict(by_component=True).to_numpy()[0]
    odds = special.logit(p.cumsum(axis=1)[:, :-1])
    np.testing.assert_allclose(np.diff(odds[0] - odds[1]), 0, atol=1e-9)
    assert fit.posterior["cutpoints"].dims == ("chain", "draw", "cutpoint")
    assert fit.posterior["cutpoint"].to_numpy().tolist() == [f"{LABELS[1]}|{LABELS[2]}"]


def test_draws_of_the_prior_are_those_that_are_stated():
    """Cutpoints are ranks of independent half-normals; probabilities are Dirichlet; KS by 1e-3."""
    frame = pd.DataFrame({"y": np.resize([1, 2, 3, 4], 40)})
    model = stanmix.Mixture("y", 2, family="ordinal", priors={"cutpoints": stanmix.HalfNormal(3)})
    drawn = stanmix.prior_predictive(model, frame, draws=1000, seed=1).prior["cutpoints"]
    for rank, values in enumerate(drawn.to_numpy().reshape(-1, 2).T, start=1):
        exact = stats.beta(rank, 3 - rank).cdf(stats.halfnorm(scale=3).cdf(values))
        assert stats.kstest(exact, "uniform").pvalue > 1e-3
    priors = [stanmix.Dirichlet([1, 2, 3, 4]), stanmix.Dirichlet(0.5)]
    model = stanmix.Mixture("y", 2, family="categorical", priors={"mu": priors})
    drawn = stanmix.prior_predictive(model, frame, draws=1000, seed=1).prior["mu"].to_numpy()[0]
    for k, alpha in enumerate(([1, 2, 3, 4], [0.5] * 4)):
        for c, values in enumerate(drawn[:, k].T):
            exact = stats.beta(alpha[c], sum(alpha) - alpha[c]).cdf(values)
            assert stats.kstest(exact, "uniform").pvalue > 1e-3


def test_bars_bear_the_names_of_the_categories():
    fit = stanmix.Mixture("y", 2, family="ordinal", group="g").fit(classes(), "map", **RUN)
    ax = plots.density(fit)
    assert [tick.get_text() for tick in ax.get_xticklabels()] == LABELS
    plt.close("all")


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        ({"order": "mu"}, "a number for each category, and no one number to order by"),
        ({"formula": "y ~ x", "order": "x"}, "no one number to order by; order by \"theta\""),
        ({"formula": "y ~ x", "offset": "x"}, "one for each category; remove it"),
        ({"fixed": {"mu": [[0.5, 0.5]] * 2}}, r"cannot be fixed; .* priors=\{'mu': \[Dirichlet"),
        ({"shared": "mu"}, "'mu' cannot be shared; none of this family's parameters can"),
        ({"priors": {"mu": stanmix.Normal(0, 1)}}, "probabilities that sum to 1, which take Dir"),
        ({"family": "ordinal", "priors": {"cutpoints": stanmix.Dirichlet(1)}}, "not of 'cut"),
        ({"family": "ordinal", "priors": {"cutpoints": stanmix.Uniform(0, 1)}}, "cuts it off at 1"),
        ({"family": "ordinal", "priors": {"cutpoints[2|3]": stanmix.HalfNormal(1)}}, "no para"),
        ({"family": "ordinal", "formulas": {"cutpoints": "~ x"}}, "do not depend on covariates"),
        ({"family": "ordinal", "fixed": {"cutpoints": [1.0, 2.0]}}, "cannot be fixed: it is a vec"),
        ({"family": "ordinal", "link": {"mu": "log"}}, "'logit' or 'probit', got 'log'"),
        ({"family": "ordinal", "order": "mean"}, "has categories, which have no mean"),
        ({"family": "ordinal", "order": "cutpoints"}, "can be ordered by 'mu', 'theta'"),
        ({"family": ["ordinal", "poisson"]}, "has categories, whose numbers no other family takes"),
        ({"family": ["categorical", stanmix.PointMass(1)]}, "cannot be one of several families"),
        ({"family": "ordinal", "censoring": "x"}, "not for family='ordinal'"),
        ({"truncation": (None, 3)}, "not for family='categorical'"),
        ({"covariance": "diagonal"}, "for families of several columns"),
    ],
)  # fmt: skip
def test_what_they_cannot_do_is_refused_in_words(stated, words):
    with pytest.raises(stanmix.InputError, match=words):
        stanmix.Mixture(**{"formula": "y", "components": 2, "family": "categorical", **stated})


def test_concentrations_are_as_many_as_categories():
    model = stanmix.Mixture("y", 2, family="categorical", priors={"mu": stanmix.Dirichlet([1, 2])})
    with pytest.raises(stanmix.InputError, match="2 entries, but the response has 3 categories"):
        model.data(classes())


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("mu", [[0.5, 0.4, 0.2], [0.2, 0.2, 0.6]], "must sum to 1 over the categories"),
        ("cutpoints", [[1.0], [-1.0]], "must be positive and ascend"),
    ],
)
def test_draws_that_are_no_vectors_are_refused(name, values, words):
    family = "categorical" if name == "mu" else "ordinal"
    model = stanmix.Mixture("y", 2, family=family)
    draws = {"theta": np.full((1, 1, 2), 0.5), "mu": np.zeros((1, 1, 2)), name: [[values]]}
    with pytest.raises(stanmix.InputError, match=words):
        stanmix.from_draws(model, classes(), {k: np.asarray(v) for k, v in draws.items()})


def test_starts_are_vectors_in_the_users_words():
    frame, model = classes(), stanmix.Mixture("y", 2, family="categorical", group="g")
    start = {"theta": [0.5, 0.5], "mu": [[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]]}
    fit = model.fit(frame, "map", starts=[start], runs=1, **RUN)
    assert np.isfinite(fit.log_density()).all()
    with pytest.raises(stanmix.InputError, match="mu must be positive and of the sum 1"):
        model.fit(frame, "map", starts=[{**start, "mu": np.full((2, 3), 0.3)}], runs=1, **RUN)
    with pytest.raises(stanmix.InputError, match=r"mu has shape \(2, 2\)"):
        model.fit(frame, "map", starts=[{**start, "mu": np.full((2, 2), 0.5)}], runs=1, **RUN)
