"""Blocks of columns with a covariance beside columns that are independent of them."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
import stanli
from independent_columns import log_posterior
from interpreted import interpreted
from kept_fits import check_kept
from parameters_block import declarations
from scipy import special, stats
from stan_transforms import free_shape

import stanmix
from stanmix import cli, plots
from stanmix.errors import InputError
from stanmix.program.lower import lower
from stanmix.program.plan import LONGEST_NAME
from stanmix.program.render import render

pytestmark = pytest.mark.usefixtures("few_searched")

N = 24


def rows() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(N, 2)) @ [[10.0, 2.0], [0.0, 1.0]] + [100.0, 0.0]
    v = rng.normal(size=(N, 3)) @ [[1.0, 0.5, 0.2], [0.0, 30.0, 0.4], [0.0, 0.0, 0.1]]
    frame = pd.DataFrame(np.column_stack([x, v]), columns=["x1", "x2", "v1", "v2", "v3"])
    frame["n"], frame["item"] = rng.poisson(4, N).astype(float), np.resize(["p", "q", "r"], N)
    frame["z"], frame["g"] = rng.normal(2, 3, N), np.arange(N) // 2
    frame["times"] = rng.integers(1, 4, N)
    frame["class"] = np.where(np.arange(N) < 4, np.resize(["u", "v"], N), None)
    return frame


FRAME = rows()
X, V = ("x1", "x2"), ("v1", "v2", "v3")
BESIDE = {X: "mvnormal", "n": "poisson", "item": "categorical"}
TWO = {"n": "poisson", X: "mvnormal", V: "mvstudent_t"}
KINDS = {
    "full": (BESIDE, {"covariance": "full"}),
    "diagonal": (BESIDE, {"covariance": "diagonal"}),
    "spherical": (BESIDE, {"covariance": "spherical"}),
    "tied": (BESIDE, {"covariance": "tied"}),
    "two blocks": (TWO, {"covariance": {X: "full", V: "VVV"}}),
    "two of one family": ({X: "mvnormal", V: "mvnormal"}, {"covariance": {V: "VEE", X: "EII"}}),
    "other shapes": (TWO, {"covariance": {X: "VEI", V: "EVV"}}),
    "factors": (TWO, {"covariance": {X: "full", V: "factor"}, "factors": 1}),
    "factors of four": (
        {("x1", "x2", "v1", "v2"): "mvnormal", "v3": "normal"},
        {"covariance": "factor", "factors": 1},
    ),
    "ratios": (TWO, {"covariance": {X: "EVI", V: "VEE"}}),
    "a t without correlation": ({V: "mvstudent_t", "z": "normal"}, {"covariance": "spherical"}),
    "in common": (
        {V: "mvstudent_t", "z": "normal"},
        {"covariance": "full", "shared": ("rho_1", "nu_1", "sigma_normal")},
    ),
    "known scales": (
        {"z": "normal", X: "mvnormal"},
        {"covariance": "full", "fixed": {"sigma_2": [[9.0, 2.0], [8.0, 1.0]]}},
    ),
    "a known scale": (
        {"z": "normal", X: "mvnormal"}, {"covariance": "spherical", "fixed": {"sigma_2": 5.0}},
    ),
    "rows of a group": (
        {X: "mvnormal", "item": "categorical"},
        {"covariance": "full", "group": "g", "weights": "times"},
    ),
    "means in common": (TWO, {"covariance": {X: "full", V: "spherical"}, "mean": "common"}),
    "one mean, in order": (
        BESIDE, {"covariance": "diagonal", "mean": "common", "order": "mu_1", "group": "g"},
    ),
    "an order": (TWO, {"covariance": {X: "full", V: "VVI"}, "order": "mu_4[v2]"}),
    "an order beside": ({V: "mvnormal", "z": "normal"}, {"covariance": "full", "order": "z"}),
    "known classes": ({X: "mvnormal", "z": "laplace"}, {"covariance": "tied", "labels": "class"}),
    "priors": (
        BESIDE,
        {
            "covariance": "full",
            "priors": {
                "mu_1[x2]": stanmix.Cauchy(0, 3),
                "sigma_1": stanmix.Gamma(2, 0.5),
                "rho_1": stanmix.LKJ(3.0),
            },
        },
    ),
}  # fmt: skip


def mixture(name: str, **others: object) -> stanmix.Mixture:
    family, stated = KINDS[name]
    columns = [
        column for named in family for column in ([named] if isinstance(named, str) else named)
    ]
    return stanmix.Mixture(columns, 2, family=family, **{**stated, **others})


@pytest.mark.parametrize("name", KINDS)
def test_the_density_is_that_of_scipy(name):
    model = mixture(name)
    data, rng = model.data(FRAME), np.random.default_rng(2)
    for _ in range(2):
        free = [0.5 * rng.normal(size=free_shape(d, data)) for d in declarations(model.program())]
        u = np.concatenate([one.ravel() for one in free])
        found = interpreted(model, data, u[None])[0, 0]
        assert found == pytest.approx(log_posterior(model, data, u), rel=1e-10)


def test_rows_may_lack_a_block_or_a_part_of_it():
    frame = FRAME.copy()
    frame.loc[[1, 5], list(X)], frame.loc[[5, 7], list(V)], frame.loc[5, "n"] = np.nan, np.nan, None
    frame.loc[9, "v2"], frame.loc[[2, 11], "x1"], frame.loc[[3, 9], "v1"] = np.nan, np.nan, np.nan
    model = mixture("two blocks", missing="marginalise")
    data, rng = model.data(frame), np.random.default_rng(4)
    np.testing.assert_array_equal(
        np.sort(data["by_pattern_2"]) - 1, np.delete(np.arange(N), [1, 5])
    )
    np.testing.assert_array_equal(data["observed_4"], [[0, 0, 1], [0, 1, 1], [1, 1, 1]])
    free = [0.5 * rng.normal(size=free_shape(d, data)) for d in declarations(model.program())]
    u = np.concatenate([one.ravel() for one in free])
    found = interpreted(model, data, u[None])[0, 0]
    assert found == pytest.approx(log_posterior(model, data, u), rel=1e-10)


TRUTH = {
    "mu_1": np.array([[0.0, 50.0], [3.0, 50.0]]),
    "matrix": np.array([[[4.0, 12.0], [12.0, 100.0]], [[1.0, -6.0], [-6.0, 100.0]]]),
    "mu_3": np.array([[0.6, 0.3, 0.1], [0.1, 0.3, 0.6]]),
    "mu_poisson": np.array([2.0, 7.0]),
}
RUN = {"engine": "stanli", "progress": False, "seed": 1}


@functools.cache
def simulated() -> tuple[pd.DataFrame, np.ndarray]:
    """Rows of two classes; some lack the block, a part of it or a column, and row 5 lacks all."""
    rng, size = np.random.default_rng(11), 400
    which = (rng.random(size) < 0.4).astype(int)
    x = [rng.multivariate_normal(TRUTH["mu_1"][k], TRUTH["matrix"][k]) for k in which]
    frame = pd.DataFrame(x, columns=["x1", "x2"])
    frame["item"] = [rng.choice(["p", "q", "r"], p=TRUTH["mu_3"][k]) for k in which]
    frame["n"] = rng.poisson(TRUTH["mu_poisson"][which]).astype(float)
    frame.loc[rng.random(size) < 0.1, ["x1", "x2"]] = np.nan
    frame.loc[rng.random(size) < 0.1, "item"] = None
    frame.loc[10:29, "x1"] = np.nan
    frame.loc[5] = None
    return frame, which


@functools.cache
def fitted() -> stanmix.Fit:
    names = ["x1", "x2", "item", "n"]
    family = {X: "mvnormal", "item": "categorical", "n": "poisson"}
    model = stanmix.Mixture(names, 2, family=family, covariance="full", missing="marginalise")
    return model.fit(simulated()[0], "map", runs=2, **RUN)


def test_what_was_simulated_is_found():
    """Within four standard errors of rows whose class is known, which are less than 160 each."""
    fit, (_, which) = fitted(), simulated()
    at = {name: values[0] for name, values in fit.draws().items()}
    rows = 0.9 * np.bincount(which)
    matrix = fit.covariances()[0, 0].sel(dimension=[*X], other_dimension=[*X]).to_numpy()
    variance = np.einsum("kdd->kd", TRUTH["matrix"])
    product = variance[:, :, None] * variance[:, None, :]
    errors = {
        "mu_1": np.sqrt(variance / rows[:, None]),
        "mu_3": np.sqrt(TRUTH["mu_3"] * (1 - TRUTH["mu_3"]) / rows[:, None]),
        "mu_poisson": np.sqrt(TRUTH["mu_poisson"] / rows),
        "matrix": np.sqrt((product + TRUTH["matrix"] ** 2) / rows[:, None, None]),
    }
    found = {**at, "mu_poisson": at["mu_poisson"][:, 0], "matrix": matrix}
    for name, error in errors.items():
        assert (np.abs(found[name] - TRUTH[name]) < 4 * error).all(), name


def joint(fit: stanmix.Fit) -> np.ndarray:
    """Log weight and density of each row in each component with SciPy, (N, K)."""
    frame, at = fit.design.y, {name: values[0] for name, values in fit.draws().items()}
    found = np.tile(np.log(at["theta"]), (len(frame), 1))
    for k, (mu, sigma, (rho,)) in enumerate(
        zip(at["mu_1"], at["sigma_1"], at["rho_1"], strict=True)
    ):
        matrix = np.outer(sigma, sigma) * [[1, rho], [rho, 1]]
        there = ~np.isnan(frame[:, 0])
        found[there, k] += stats.multivariate_normal.logpdf(frame[there, :2], mu, matrix)
        there = np.isnan(frame[:, 0]) & ~np.isnan(frame[:, 1])
        found[there, k] += stats.norm.logpdf(frame[there, 1], mu[1], sigma[1])
        there = ~np.isnan(frame[:, 2])
        found[there, k] += np.log(at["mu_3"][k, frame[there, 2].astype(int) - 1])
        there = ~np.isnan(frame[:, 3])
        found[there, k] += stats.poisson.logpmf(frame[there, 3], at["mu_poisson"][k, 0])
    return found


def test_responsibilities_are_those_of_brute_force():
    fit = fitted()
    found = fit.responsibilities().to_numpy()
    np.testing.assert_allclose(found, special.softmax(joint(fit), axis=1), rtol=1e-8, atol=1e-12)
    total = float(fit.log_likelihood()[0, 0])
    assert total == pytest.approx(special.logsumexp(joint(fit), axis=1).sum(), rel=1e-10)
    new = simulated()[0].iloc[10:13]
    np.testing.assert_allclose(fit.responsibilities(new), found[10:13], rtol=1e-8)


def test_predictions_have_the_covariance_of_the_block():
    fit = fitted()
    at = {name: values[0] for name, values in fit.draws().items()}
    means = fit.predict(by_component=True)
    assert means.dimension.to_numpy().tolist() == ["x1", "x2", "item[p]", "item[q]", "item[r]", "n"]
    together = np.concatenate([at["mu_1"], at["mu_3"], at["mu_poisson"]], axis=1)
    np.testing.assert_allclose(means[7], together)
    terms = fit.rows()[0]
    values = {name: values[:, None] for name, values in fit.draws().items()}
    own = {name: np.repeat(values[name], 20_000, axis=1) for name in values if name != "theta"}
    drawn = fit.family.sample(np.random.default_rng(3), own)[0]  # (rows, component, column)
    assert drawn.shape[2] == terms.columns
    for k in range(2):
        found = np.cov(drawn[:, k].T)
        truth = fit.covariances()[0, 0, k].to_numpy()
        kept = [0, 1, 3]
        deviation = np.sqrt(np.outer(np.diag(truth), np.diag(truth)) * 2 / 20_000)
        # Six numbers of each component, of which none is five standard errors away.
        assert (np.abs(found[np.ix_(kept, kept)] - truth) < 5 * deviation).all()


def test_a_fit_is_read_back_and_made_of_draws(tmp_path):
    fit = fitted()
    check_kept(fit, simulated()[0], tmp_path / "fit")
    assert fit.classes().profiles.index.get_level_values("response").unique().tolist() == [
        "x1", "x2", "item", "n",
    ]  # fmt: skip


def test_it_is_drawn():
    ax = plots.contours(fitted())
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x1", "x2")
    centres = np.array([line.get_xydata()[0] for line in ax.lines if line.get_marker() == "X"])
    np.testing.assert_allclose(centres, fitted().draws()["mu_1"][0])
    plots.classes(fitted())
    plots.residuals(fitted())
    with pytest.raises(InputError, match="'x1' and 'n' are of several kinds"):
        plots.contours(fitted(), ("x1", "n"))


def test_a_folder_is_run_again(tmp_path, capsys):
    simulated()[0].dropna().iloc[:80].to_csv(tmp_path / "rows.csv", index=False)
    stated = ["--columns", "x1", "x2", "n", "--family", "x1,x2=mvnormal", "n=poisson"]
    stated += ["--covariance", "x1,x2=tied", "--components", "2", "--method", "map"]
    out = str(tmp_path / "out")
    beside = ["--engine", "stanli", "--seed", "2", "--out", out, "--quiet"]
    assert cli.main(["fit", str(tmp_path / "rows.csv"), *stated, *beside]) == 0
    again = stanmix.load(f"{out}/fit.nc").model
    assert again.family == {X: "mvnormal", "n": "poisson"} and again.covariance == {X: "tied"}
    assert cli.main(["rerun", out]) == 0
    assert "the same" in capsys.readouterr().out


def test_priors_are_on_the_scale_of_the_block():
    """As they are of the same columns alone."""
    model, alone = (
        mixture("full"),
        stanmix.Mixture(list(X), 2, family="mvnormal", covariance="full"),
    )
    found, expected = model.priors_for(FRAME), alone.priors_for(FRAME)
    for name in ("mu", "sigma"):
        for column in X:
            assert found.prior[f"{name}_1[{column}]"] == expected.prior[f"{name}[{column}]"]
    assert found.prior["rho_1"] == expected.prior["rho"] == stanmix.LKJ(2.0)
    drawn = stanmix.prior_predictive(mixture("two blocks"), FRAME, draws=5, seed=1)["prior"]
    assert drawn["nu_4"].dims[2:] == ("component", "dimension_4")


def test_blocks_are_named_in_any_order():
    family = {"n": "poisson", ("x2", "x1"): "mvnormal"}
    model = stanmix.Mixture(["x1", "n", "x2"], 2, family=family, covariance={("x2", "x1"): "full"})
    assert model.family == {X: "mvnormal", "n": "poisson"} and model.covariance == {X: "full"}
    assert stanmix.Mixture.from_dict(json.loads(json.dumps(model.to_dict()))) == model
    assert model.data(FRAME)["y_1"] == pytest.approx(FRAME[list(X)].to_numpy())
    alone = stanmix.Mixture(list(X), 2, family={X: "mvnormal"}, covariance={X: "tied"})
    assert alone == stanmix.Mixture(list(X), 2, family="mvnormal", covariance="tied")


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({"family": {X: "normal", "n": "poisson"}}, "'normal' is of one column.*'x1', 'x2'"),
        ({"family": {X: "mvnormal", "x1": "normal", "n": "poisson"}}, "'x1' is named twice"),
        ({"family": {("x1", "x1"): "mvnormal", "n": "poisson"}}, "'x1' is named twice"),
        ({"family": {X: "mvnormal"}}, "'n' is not in both"),
        ({"family": {("x1",): "mvnormal", "x2": "normal", "n": "poisson"}}, "two columns or more"),
        ({"covariance": None}, r"the block \('x1', 'x2'\) has none"),
        ({"covariance": {("x1", "n"): "full"}}, r"those of the blocks \('x1', 'x2'\)"),
        ({"covariance": {X: "full", ("x2", "x1"): "tied"}}, "state one for each"),
        ({"covariance": "factor", "factors": 1}, "factors=1 of 2 columns say nothing"),
        ({"covariance": "factor"}, "takes a number of factors"),
        ({"covariance": {X: "round"}}, "covariance must be"),
        ({"factors": 1}, "factors=1 is for"),
        ({"order": "n"}, "can be ordered by 'x1', 'x2', 'theta'"),
        ({"order": "mu_1[n]"}, "can be ordered by"),
        ({"fixed": {"rho_1": 0.5}}, "'rho_1' cannot be fixed"),
        ({"fixed": {"sigma_1": 1.0}, "covariance": "tied"}, "'sigma_1' in common"),
        ({"priors": {"sigma_1[n]": stanmix.Gamma(2, 2)}}, "no parameter"),
        ({"family": {"x1": "normal", "x2": "normal", "n": "poisson"},
          "covariance": {X: "full"}}, "there are none"),
    ],
)  # fmt: skip
def test_what_blocks_cannot_have_is_refused(stated, message):
    plain = {"family": {X: "mvnormal", "n": "poisson"}, "covariance": "full"}
    with pytest.raises(InputError, match=message):
        stanmix.Mixture(["x1", "x2", "n"], 2, **{**plain, **stated})


def test_programs_of_other_covariances_have_other_names():
    names = [lower(mixture(name)).name for name in ("full", "diagonal", "spherical", "tied")]
    assert len({*names}) == 4 and all(len(name) <= LONGEST_NAME for name in names)


def test_blocks_have_no_fused_likelihood():
    model = mixture("diagonal")
    assert model.program("auto") == model.program("stan")
    with pytest.raises(InputError, match="no fused likelihood of blocks"):
        model.program("fused")


def test_a_block_on_a_plane_is_refused():
    frame = FRAME.assign(x2=3 * FRAME.x1 + 1)
    with pytest.raises(InputError, match="'x1' is a combination of the others"):
        mixture("full").data(frame)
    mixture("diagonal").data(frame)


def scales(draws: Mapping[str, np.ndarray], number: int, ending: str) -> np.ndarray:
    """Scales of the columns of a block, but for a factor that correlations alone make."""
    sigma = draws[f"sigma_{number}{ending}"]
    shape = draws.get(f"shape_{number}{ending}", np.ones((1, 1, 1, 1)))
    # What components have in common lacks their axis.
    shape = shape if shape.ndim == 4 else shape[:, :, None]
    sigma = sigma.reshape(*sigma.shape, *[1] * (4 - sigma.ndim))
    return sigma * shape / stats.gmean(shape, axis=-1)[..., None]


@pytest.mark.parametrize("name", ["two blocks", "two of one family", "other shapes", "ratios"])
def test_draws_are_in_the_units_of_the_data(name):
    """A column's scale is its unit times that which is sampled, whatever states it."""
    model = mixture(name)
    data, program = model.data(FRAME), lower(model, mixing="log_sum_exp")
    made = stanli.Model(stan_code=render(program), data=data).sample(
        chains=1, warmup=20, samples=3, seed=1, refresh=0, max_depth=4
    )
    draws = {one: np.asarray(made.draws(one)) for one in made.variables}
    for number in {key[-1] for key in draws if key.startswith("mu_") and key[-1].isdigit()}:
        unit = np.asarray(data[f"y_scale_{number}"])
        found, expected = np.broadcast_arrays(
            scales(draws, number, ""), unit * scales(draws, number, "_scaled")
        )
        np.testing.assert_allclose(found, expected, rtol=1e-8)
        moved = data[f"y_centre_{number}"] + unit * draws[f"mu_{number}_scaled"]
        np.testing.assert_allclose(draws[f"mu_{number}"], moved, rtol=1e-8)
