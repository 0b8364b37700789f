"""Columns of several families, independent of one another within a component."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
import pytest
from independent_columns import log_posterior
from interpreted import interpreted
from kept_fits import check_kept
from parameters_block import declarations
from scipy import special, stats
from stan_transforms import free_shape
from synthetic import fit_of, noisy

import stanmix
from stanmix import cli, plots
from stanmix.diagnostics.report import Report
from stanmix.diagnostics.ties import collapsed
from stanmix.errors import InputError

pytestmark = pytest.mark.usefixtures("few_searched")
RUN = {"engine": "stanli", "progress": False}


N = 16


def rows() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    frame = pd.DataFrame(
        {
            "x": rng.normal(3, 2, N), "income": 1e3 * rng.gamma(3, size=N), "w": rng.normal(size=N),
            "n": rng.poisson(4, N).astype(float), "m": rng.poisson(9, N).astype(float),
            "yes": np.resize([0.0, 1, 1], N), "share": rng.beta(2, 3, N),
            "g": np.arange(N) // 2, "times": rng.integers(1, 4, N),
            "class": np.where(np.arange(N) < 4, np.resize(["u", "v"], N), None),
        }
    )  # fmt: skip
    frame.loc[[1, 5], "x"] = np.nan
    frame.loc[[5, 7], ["n", "m"]] = np.nan
    frame.loc[[2, 5], ["yes", "income", "share", "w"]] = np.nan
    return frame


FRAME = rows()
KINDS = {
    "a normal and counts": ({"x": "normal", "n": "poisson"}, {}),
    "counts first": ({"n": "poisson", "x": "normal", "m": "poisson"}, {}),
    "whole numbers alone": ({"n": "negative_binomial", "yes": "bernoulli", "m": "poisson"}, {}),
    "two of real numbers": ({"x": "normal", "w": "student_t", "yes": "bernoulli"}, {}),
    "units and none": ({"income": "gamma", "share": "beta", "x": "skew_normal"}, {}),
    "logarithms": ({"income": "lognormal", "x": "laplace"}, {"group": "g"}),
    "rows of a group": ({"x": "normal", "yes": "bernoulli"}, {"group": "g", "weights": "times"}),
    "known classes": ({"x": "normal", "n": "geometric"}, {"labels": "class"}),
    "frequencies": ({"income": "weibull", "yes": "bernoulli"}, {"weights": "times"}),
    "in common": (
        {"x": "normal", "w": "cauchy", "n": "poisson"}, {"shared": ("sigma_normal",)},
    ),
    "known": (
        {"x": "normal", "w": "normal", "n": "poisson"}, {"fixed": {"sigma": [[1.0, 2], [3, 4]]}},
    ),
    "a known minimum": (
        {"x": "normal", "income": "pareto", "n": "poisson"}, {"fixed": {"minimum": 0.5}},
    ),
    "priors": (
        {"x": "normal", "n": "poisson"},
        {"priors": {"mu_normal": stanmix.Cauchy(0, 3), "mu_poisson[n]": stanmix.Gamma(2, 0.5)}},
    ),
}  # fmt: skip


@pytest.mark.parametrize("incomplete", [False, True], ids=["whole", "incomplete"])
@pytest.mark.parametrize("name", KINDS)
def test_the_density_is_that_of_scipy(name, incomplete):
    family, stated = KINDS[name]
    missing = "marginalise" if incomplete else "refuse"
    frame = FRAME if incomplete else FRAME.fillna(dict.fromkeys(family, 1.0) | {"share": 0.5})
    model = stanmix.Mixture(list(family), 2, family=family, missing=missing, **stated)
    data, rng = model.data(frame), np.random.default_rng(2)
    for _ in range(2):
        free = [0.5 * rng.normal(size=free_shape(d, data)) for d in declarations(model.program())]
        u = np.concatenate([one.ravel() for one in free])
        found = interpreted(model, data, u[None])[0, 0]
        assert found == pytest.approx(log_posterior(model, data, u), rel=1e-10)


TRUTH = {
    "mu_normal": [[0.0, 100.0], [3.0, -100.0]],
    "sigma": [[1.0, 50.0], [1.0, 50.0]],
    "mu_poisson": [[2.0], [9.0]],
    "mu_bernoulli": [[0.2], [0.8]],
    "mu_gamma": [[5.0], [30.0]],
    "shape": [[5.0], [5.0]],
}
FAMILY = {"x": "normal", "n": "poisson", "yes": "bernoulli", "z": "normal", "g": "gamma"}


@functools.cache
def simulated() -> tuple[pd.DataFrame, np.ndarray]:
    """Rows of two classes, three in ten numbers of which are missing, and all of row 5."""
    rng, N = np.random.default_rng(0), 150
    which = (rng.random(N) < 0.4).astype(int)
    at = {name: np.array(values)[which] for name, values in TRUTH.items()}
    found = pd.DataFrame(
        {
            "x": rng.normal(at["mu_normal"][:, 0], at["sigma"][:, 0]),
            "n": rng.poisson(at["mu_poisson"][:, 0]).astype(float),
            "yes": rng.binomial(1, at["mu_bernoulli"][:, 0]).astype(float),
            "z": rng.normal(at["mu_normal"][:, 1], at["sigma"][:, 1]),
            "g": rng.gamma(5, at["mu_gamma"][:, 0] / 5),
        }
    )
    found = found.mask(rng.random(found.shape) < 0.3)
    found.loc[5] = np.nan
    return found, which


@functools.cache
def fitted() -> stanmix.Fit:
    model = stanmix.Mixture(list(FAMILY), 2, family=FAMILY, missing="marginalise")
    fit = model.fit(simulated()[0], chains=2, draws=150, warmup=150, seed=1, **RUN)
    return fit.relabel("order", "x")


def test_what_was_simulated_is_covered():
    fit, which = fitted(), simulated()[1]
    for name, truth in TRUTH.items():
        draws = fit.posterior[name]
        assert draws.dims[2:] == ("component", f"{draws.dims[3].partition('_')[0]}_dimension")
        z = (draws.mean(["chain", "draw"]) - np.array(truth)) / draws.std(["chain", "draw"])
        assert float(np.abs(z).max()) < 3  # fourteen numbers: one beyond in 26 such tests
    assert (fit.responsibilities().to_numpy().argmax(axis=1) == which).mean() > 0.9


def test_the_likelihood_is_the_sum_over_classes():
    fit, frame = fitted(), simulated()[0]
    draws, found = fit.draws(), fit.log_likelihood().to_numpy().ravel()
    for s in (0, 299):
        at = {name: values[s] for name, values in draws.items()}
        of = {
            "x": stats.norm(at["mu_normal"][:, 0], at["sigma"][:, 0]).logpdf,
            "z": stats.norm(at["mu_normal"][:, 1], at["sigma"][:, 1]).logpdf,
            "n": stats.poisson(at["mu_poisson"][:, 0]).logpmf,
            "yes": stats.bernoulli(at["mu_bernoulli"][:, 0]).logpmf,
            "g": stats.gamma(
                at["shape"][:, 0], scale=at["mu_gamma"][:, 0] / at["shape"][:, 0]
            ).logpdf,
        }
        total = 0.0
        for _, row in frame.iterrows():
            joint = np.log(at["theta"])
            for name, value in row.dropna().items():
                joint = joint + of[name](value)
            total += special.logsumexp(joint)
        assert found[s] == pytest.approx(total, rel=1e-12)


def test_predictions_are_in_the_order_of_the_columns():
    fit = fitted()
    found, draws = fit.predict(by_component=True), fit.draws()
    assert found.dimension.to_numpy().tolist() == list(FAMILY)
    means = [("mu_normal", 0), ("mu_poisson", 0), ("mu_bernoulli", 0), ("mu_normal", 1)]
    for d, (name, column) in enumerate([*means, ("mu_gamma", 0)]):
        np.testing.assert_allclose(found[7, :, d], draws[name][:, :, column].mean(axis=0))
    drawn = fit.predict(kind="draws")
    whole = drawn.sel(dimension=["n", "yes"]).to_numpy()
    np.testing.assert_array_equal(whole, np.floor(whole))
    assert float(drawn.sel(dimension="g").min()) > 0
    # Of a row without a number each draw is of a class by its weight.
    share = float((draws["theta"][:, 0] * draws["mu_poisson"][:, 0, 0]).mean())
    share += float((draws["theta"][:, 1] * draws["mu_poisson"][:, 1, 0]).mean())
    assert float(drawn[:, :, 5, 1].mean()) == pytest.approx(share, abs=4 * 4.5 / 300**0.5)


def test_residuals_of_whole_numbers_lie_within_their_steps():
    fit, frame = fitted(), simulated()[0]
    found = fit.quantile_residuals()
    np.testing.assert_array_equal(np.isnan(found), frame.isna())
    draws = fit.draws()
    for name, at in (("yes", "mu_bernoulli"), ("n", "mu_poisson")):
        kind = stats.bernoulli if name == "yes" else stats.poisson
        ends = [
            sum((draws["theta"][:, k] * kind(draws[at][:, k, 0]).cdf(y)).mean() for k in (0, 1))
            for y in (frame[name][7] - 1, frame[name][7])
        ]
        assert ends[0] < stats.norm.cdf(float(found.sel(dimension=name)[7])) < ends[1]


def test_a_fit_is_read_back_as_it_was(tmp_path):
    fit = fitted()
    check_kept(fit, simulated()[0], tmp_path / "fit")
    assert np.isfinite(fit.loo().elpd_loo)
    assert fit.classes().profiles.index.get_level_values("response").unique().tolist() == [*FAMILY]


def test_a_folder_is_run_again(tmp_path, capsys):
    simulated()[0][["n", "x", "yes"]].to_csv(tmp_path / "rows.csv", index=False)
    stated = ["--columns", "x", "n", "yes", "--family", "x=normal", "n=poisson", "yes=bernoulli"]
    told = ["--components", "2", "--missing", "marginalise", "--method", "map"]
    out = str(tmp_path / "out")
    beside = ["--engine", "stanli", "--seed", "2", "--out", out, "--quiet"]
    assert cli.main(["fit", str(tmp_path / "rows.csv"), *stated, *told, *beside]) == 0
    assert stanmix.load(f"{out}/fit.nc").model.family == {
        "x": "normal",
        "n": "poisson",
        "yes": "bernoulli",
    }
    assert cli.main(["rerun", out]) == 0
    assert "the same" in capsys.readouterr().out


def test_a_value_that_occurs_often_is_named_with_its_column():
    rng, first = np.random.default_rng(3), np.arange(80) < 50
    z = np.where(first, rng.normal(0, 1, 80), 7.0)
    frame = pd.DataFrame({"n": rng.poisson(np.where(first, 3, 12)), "z": z})
    model = stanmix.Mixture(["n", "z"], 2, family={"n": "poisson", "z": "normal"})
    at = {"theta": [0.6, 0.4], "mu_poisson": [[3], [12]]}
    at |= {"mu_normal": [[0], [7]], "sigma": [[1], [1e-3]]}
    draws = {name: noisy(rng, value, 0.0, 1, 20) for name, value in at.items()}
    report = Report()
    collapsed(fit_of(model, frame, draws), report)
    (finding,) = report.findings
    assert "component 2 holds a single value of 'z'" in finding.text
    assert "(mostly 7, which occurs 30 times; its sigma is 0.001 there" in finding.text


def test_one_family_of_all_columns_is_that_family():
    model = stanmix.Mixture(["a", "b"], 2, family={"b": "normal", "a": "normal"})
    assert model == stanmix.Mixture(["a", "b"], 2, family="normal")
    turned = stanmix.Mixture(["x", "n"], 2, family={"n": "poisson", "x": "normal"})
    assert turned.family == {"x": "normal", "n": "poisson"}
    assert stanmix.Mixture.from_dict(turned.to_dict()) == turned


BOTH = {"a": "normal", "b": "poisson"}


@pytest.mark.parametrize(
    ("formula", "stated", "message"),
    [
        ("a ~ b", {}, "states the families of columns"),
        (["a ~ 1", "b ~ 1"], {}, "no covariates yet"),
        (["a", "b", "c"], {}, "'c' is not in both"),
        (["a"], {}, "'b' is not in both"),
        (["a", "b"], {"family": {"a": "normal", "b": "mvnormal"}}, "of several columns together"),
        (["a", "b"], {"family": {"a": "normal", "b": "binomial"}}, "trials of its own"),
        (["a", "b"], {"family": {"a": "normal", "b": "gauss"}}, "family"),
        (["a", "b"], {"link": {"mu": "log"}}, "link of 'mu' says nothing"),
        (["a", "b"], {"order": "b"}, "can be ordered by 'a', 'theta'"),
        (["a", "b"], {"fixed": {"mu_normal": 1.0}}, "'mu_normal' cannot be fixed"),
        (["a", "b"], {"fixed": {"mu_poisson": 1.0}}, "'mu_poisson' cannot be fixed"),
        (["a", "b"], {"shared": ("mu_poisson",)}, "cannot be shared"),
        (["a", "b"], {"priors": {"mu": stanmix.Normal(0, 1)}}, "no parameter 'mu'"),
        (["a", "b"], {"priors": {"mu_normal[b]": stanmix.Normal(0, 1)}}, "no parameter"),
        (["a", "b"], {"covariance": "full"}, "are independent within a component"),
        (["a", "b"], {"offset": "c"}, "no linear predictor"),
        (["a", "b"], {"formulas": {"sigma": "~ z"}}, "no covariates yet"),
    ],
)
def test_what_columns_of_several_families_cannot_have_is_refused(formula, stated, message):
    with pytest.raises(InputError, match=message):
        stanmix.Mixture(formula, 2, **{"family": BOTH, **stated})


def test_a_column_holds_what_its_family_takes():
    model = stanmix.Mixture(["a", "b"], 2, family=BOTH)
    with pytest.raises(InputError, match=r"takes counts.*but 'b' is 0.5 in row 1"):
        model.data({"a": [0.5, 1.5, 2.5], "b": [1, 0.5, 2]})


def test_columns_of_which_some_have_no_fused_likelihood_have_none():
    model = stanmix.Mixture(["a", "b"], 2, family={"a": "normal", "b": "categorical"})
    assert model.program("auto") == model.program("stan")
    with pytest.raises(InputError, match="'categorical' has no fused likelihood"):
        model.program(kernel="fused")


def test_a_constant_is_that_of_its_column():
    family = {"x": "normal", "a": "pareto", "b": "pareto"}
    stated = {"minimum": [[1.0, 20.0], [2.0, 10.0]]}
    model = stanmix.Mixture(list(family), 2, family=family, fixed=stated)
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {"x": rng.normal(size=60), "a": 2 / rng.random(60), "b": 20 / rng.random(60)}
    )
    fit = model.fit(frame, "map", seed=1, **RUN)
    draws = fit.draws()
    at = {name: values[0] for name, values in draws.items()}
    joint = np.log(at["theta"]) + stats.norm(at["mu_normal"][:, 0], at["sigma"][:, 0]).logpdf(
        frame[["x"]]
    )
    for d, name in enumerate("ab"):
        least = np.array(stated["minimum"])[:, d]
        joint = joint + stats.pareto(1 / at["mu_pareto"][:, d], scale=least).logpdf(frame[[name]])
    found = float(fit.log_likelihood()[0, 0])
    assert found == pytest.approx(special.logsumexp(joint, axis=1).sum(), rel=1e-10)
    with pytest.raises(InputError, match=r"cannot take 0.5, which 'a' is in row 2"):
        model.data(frame.assign(a=frame["a"].where(frame.index != 2, 0.5)))


def test_contours_are_of_two_columns_of_one_family():
    assert plots.contours(fitted()).get_xlabel() == "x"  # and "z", which is normal as well
    with pytest.raises(InputError, match="'x' and 'n' are of several kinds"):
        plots.contours(fitted(), ("x", "n"))
    model = stanmix.Mixture(["a", "b"], 1, family=BOTH)
    draws = dict.fromkeys(("mu_normal", "sigma", "mu_poisson"), np.ones((1, 1, 1, 1)))
    made = fit_of(model, {"a": [0.5, 1.5], "b": [1, 2]}, {"theta": np.ones((1, 1, 1)), **draws})
    with pytest.raises(InputError, match="columns of several kinds"):
        plots.contours(made)
