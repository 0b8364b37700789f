from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import stats

from stanmix.density import blocks, prediction
from stanmix.density.row_terms import RowTerms
from stanmix.model.specification import Specification

MEANS, LINES = Specification("y", 3).block, Specification("y ~ x", 3).block
RNG = np.random.default_rng(0)
S, N, K, P = 7, 11, 3, 2
Y, X = RNG.normal(size=N), RNG.normal(size=(N, P))
DRAWS = {
    "theta": RNG.dirichlet([1, 2, 3], size=S),
    "beta": RNG.normal(size=(S, K, P)),
    "mu": RNG.normal(size=(S, K)),
    "sigma": RNG.gamma(2, size=(S, K)),
}


@pytest.fixture(params=[2**22, 40], ids=["one block", "many blocks"], autouse=True)
def block(request, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", request.param)


def terms_of(covariates, y=None):
    """What predictions at rows take, with covariates or without."""
    if covariates is None:
        return RowTerms((MEANS,), Y if y is None else y)
    return RowTerms((LINES,), np.resize(Y, len(covariates)), {"mu": covariates})


def centres(covariates, s, k):
    return np.full(N, DRAWS["mu"][s, k]) if covariates is None else X @ DRAWS["beta"][s, k]


def by_hand(covariates):
    """Weights, locations and densities, (S, N, K), one by one."""
    weight, centre, density = np.empty((3, S, N, K))
    for s in range(S):
        for k in range(K):
            weight[s, :, k] = DRAWS["theta"][s, k]
            centre[s, :, k] = centres(covariates, s, k)
            density[s, :, k] = stats.norm.pdf(Y, centre[s, :, k], DRAWS["sigma"][s, k])
    return weight, centre, density


@pytest.mark.parametrize("covariates", [None, X], ids=["means", "regressions"])
def test_means_and_densities_are_those_of_scipy(covariates):
    weight, centre, density = by_hand(covariates)
    tails = (0.1, 0.9)
    for by_component in (False, True):
        means = centre if by_component else (weight * centre).sum(axis=-1)
        dense = weight * density if by_component else (weight * density).sum(axis=-1)
        options = {"by_component": by_component}
        close = {"rtol": 1e-10, "atol": 1e-14}
        found = prediction.mean(DRAWS, terms_of(covariates), **options)
        np.testing.assert_allclose(found, means.mean(axis=0), **close)
        found = prediction.mean(DRAWS, terms_of(covariates), **options, quantiles=tails)
        np.testing.assert_allclose(found, np.quantile(means, tails, axis=0), **close)
        found = prediction.density(DRAWS, terms_of(covariates), **options)
        np.testing.assert_allclose(found, dense.mean(axis=0), **close)
        found = prediction.density(DRAWS, terms_of(covariates), **options, quantiles=tails)
        np.testing.assert_allclose(found, np.quantile(dense, tails, axis=0), **close)


# Families with other parameters than a mean and a scale, and these by row; what SciPy has of each.
ROWS = {"x": X[:, 0], "z": X[:, 1]}
ONES = np.ones(N)
OTHERS = {
    "student_t": (
        Specification("y ~ x", K, "student_t", formulas={"sigma": "~ z"}),
        lambda v: stats.t(v["nu"], v["mu"], v["sigma"]),
    ),
    "negative_binomial": (
        Specification("y ~ x", K, "negative_binomial", formulas={"phi": "~ z"}),
        lambda v: stats.nbinom(v["phi"], v["phi"] / (v["phi"] + v["mu"])),
    ),
    "normal": (
        Specification("y", K, formulas={"sigma": "~ x + z"}),
        lambda v: stats.norm(v["mu"], v["sigma"]),
    ),
}


def made_up(name):
    """Terms, draws, and a function that gives SciPy's distribution at draw, row and component."""
    spec, frozen = OTHERS[name]
    counts = name == "negative_binomial"
    rng = np.random.default_rng(1)
    by_formula = {
        "~ x": np.column_stack([ONES, ROWS["x"]]),
        "~ z": np.column_stack([ONES, ROWS["z"]]),
        "~ x + z": np.column_stack([ONES, ROWS["x"], ROWS["z"]]),
    }
    matrices = {of: by_formula[text] for of, text in spec.formulas.items()}
    if spec.regression:
        matrices["mu"] = by_formula["~ x"]
    draws = {"theta": DRAWS["theta"]}
    for one in spec.block.predictors.values():
        if one.linear:
            size = (S, K, matrices[one.parameter.name].shape[1])
            draws[one.name] = 0.5 * rng.normal(size=size)
        elif one.parameter.name == "nu":
            draws["nu"] = 2 + rng.gamma(2, size=(S, K))
        else:
            draws[one.name] = rng.normal(size=(S, K))
    y = rng.poisson(2, N).astype(float) if counts else Y

    def at(s, n, k):
        values = {}
        for of in ("mu", "sigma", "nu", "phi"):
            coefficients = "beta" if of == "mu" else f"beta_{of}"
            if coefficients in draws:
                linear = matrices[of][n] @ draws[coefficients][s, k]
                log = counts or of != "mu"
                values[of] = np.exp(linear) if log else linear
            elif of in draws:
                values[of] = draws[of][s, k]
        return frozen(values)

    return RowTerms(spec.blocks, y, matrices), draws, at


@pytest.mark.parametrize("name", OTHERS)
def test_other_parameters_by_row_give_the_means_and_densities_of_scipy(name):
    terms, draws, at = made_up(name)
    mean, density = np.empty((2, S, N, K))
    for s, n, k in np.ndindex(S, N, K):
        one = at(s, n, k)
        mean[s, n, k] = one.mean()
        mass = one.pmf if name == "negative_binomial" else one.pdf
        density[s, n, k] = draws["theta"][s, k] * mass(terms.y[n])
    close = {"rtol": 1e-9, "atol": 1e-14}
    found = prediction.mean(draws, terms, by_component=True)
    np.testing.assert_allclose(found, mean.mean(axis=0), **close)
    mixed = (draws["theta"][:, None] * mean).sum(axis=-1)
    np.testing.assert_allclose(prediction.mean(draws, terms), mixed.mean(axis=0), **close)
    found = prediction.density(draws, terms, by_component=True)
    np.testing.assert_allclose(found, density.mean(axis=0), **close)
    found = prediction.density(draws, terms, quantiles=(0.2,))[0]
    np.testing.assert_allclose(found, np.quantile(density.sum(axis=-1), 0.2, axis=0), **close)


@pytest.mark.parametrize("name", OTHERS)
def test_responses_of_other_families_have_the_distribution_of_scipy(name):
    """Kolmogorov-Smirnov, of counts a chi-square; 40 000 draws, seeded."""
    terms, draws, at = made_up(name)
    one = {of: np.repeat(values[:1], 40_000, axis=0) for of, values in draws.items()}
    drawn = prediction.responses(one, terms[[0, 5]], seed=1)
    apart = prediction.responses(one, terms[[0, 5]], seed=1, by_component=True)
    for column, n in enumerate((0, 5)):
        parts = [at(0, n, k) for k in range(K)]

        def distribution(y, parts=parts):
            return draws["theta"][0] @ [part.cdf(y) for part in parts]

        samples = [(drawn[:, column], distribution), (apart[:, column, 1], parts[1].cdf)]
        for sample, cdf in samples:
            if name != "negative_binomial":
                assert stats.kstest(sample, cdf).pvalue > 1e-3
                continue
            levels = np.array([cdf(y) for y in range(8)])
            expected = 40_000 * np.diff(levels, prepend=0, append=1)
            kept = expected > 10
            counted = np.bincount(np.minimum(sample, 8).astype(int), minlength=9)
            total = expected[kept].sum() / counted[kept].sum()
            assert stats.chisquare(counted[kept] * total, expected[kept]).pvalue > 1e-3


def test_a_mean_that_a_draw_does_not_have_is_none():
    terms, draws, _ = made_up("student_t")
    expected = prediction.mean(draws, terms, by_component=True)
    heavy = {**draws, "nu": draws["nu"].copy()}
    heavy["nu"][2, 1] = 1.0
    found = prediction.mean(heavy, terms, by_component=True)
    np.testing.assert_array_equal(found[:, [0, 2]], expected[:, [0, 2]])
    assert np.isfinite(expected).all() and np.isnan(found[:, 1]).all()
    assert np.isnan(prediction.mean(heavy, terms)).all()
    assert np.isfinite(prediction.responses(heavy, terms, 1, quantiles=(0.5,))).all()
    known = dataclasses.replace(terms, labels=np.resize([1, 2, 3], N))
    of_rows = prediction.mean(heavy, known)
    np.testing.assert_array_equal(of_rows, found[np.arange(N), np.resize([0, 1, 2], N)])


def test_what_is_the_same_in_all_rows_is_held_once():
    terms, draws, _ = made_up("student_t")
    shapes = {of: values.shape for of, values in terms.values(draws).items()}
    assert shapes == {"mu": (S, N, K), "sigma": (S, N, K), "nu": (S, 1, K)}
    assert not terms.alike
    plain = terms_of(None)
    assert plain.alike
    assert {values.shape for values in plain.values(DRAWS).values()} == {(S, 1, K)}


def test_an_offset_is_added_to_the_predictor_of_the_location_alone():
    offset = RNG.normal(size=N)
    shifted = RowTerms((MEANS,), Y, offset=offset).values(DRAWS)
    np.testing.assert_allclose(shifted["mu"], DRAWS["mu"][:, None] + offset[:, None])
    np.testing.assert_array_equal(shifted["sigma"], DRAWS["sigma"][:, None])
    counts = Specification("y", K, "negative_binomial").block
    draws = {"mu": np.exp(DRAWS["mu"]), "phi": DRAWS["sigma"]}
    shifted = RowTerms((counts,), np.ones(N), offset=offset).values(draws)
    np.testing.assert_allclose(shifted["mu"], draws["mu"][:, None] * np.exp(offset)[:, None])
    np.testing.assert_array_equal(shifted["phi"], draws["phi"][:, None])


def test_responses_have_the_distribution_of_the_mixture():
    """Kolmogorov-Smirnov against the exact distribution; 40 000 draws, seeded."""
    one = {name: np.repeat(values[:1], 40_000, axis=0) for name, values in DRAWS.items()}
    drawn = prediction.responses(one, terms_of(X), seed=1)
    assert drawn.shape == (40_000, N)
    for n in (0, 5):

        def distribution(y, n=n):
            each = [
                stats.norm.cdf(y, X[n] @ DRAWS["beta"][0, k], DRAWS["sigma"][0, k])
                for k in range(K)
            ]
            return DRAWS["theta"][0] @ each

        assert stats.kstest(drawn[:, n], distribution).pvalue > 1e-3
    apart = prediction.responses(one, terms_of(X), seed=1, by_component=True)
    expected = stats.norm(X[2] @ DRAWS["beta"][0, 1], DRAWS["sigma"][0, 1])
    assert stats.kstest(apart[:, 2, 1], expected.cdf).pvalue > 1e-3


def test_responses_depend_on_the_seed_alone(monkeypatch):
    many = np.tile(X, (20, 1))
    whole = prediction.responses(DRAWS, terms_of(many), seed=1)
    np.testing.assert_array_equal(
        whole[:, :64], prediction.responses(DRAWS, terms_of(many[:64]), seed=1)
    )
    assert (whole != prediction.responses(DRAWS, terms_of(many), seed=2)).all()
    tails = prediction.responses(DRAWS, terms_of(many), seed=1, quantiles=(0.25, 0.5))
    np.testing.assert_array_equal(tails, np.quantile(whole, (0.25, 0.5), axis=0))


def test_a_component_without_weight_makes_no_response():
    draws = {name: values.copy() for name, values in DRAWS.items()}
    draws["theta"][:] = [0, 1, 0]
    draws["mu"][:, 1], draws["sigma"][:, 1] = 1000.0, 1e-3
    drawn = prediction.responses(draws, terms_of(None, np.zeros(500)), seed=1)
    assert (abs(drawn - 1000) < 1).all()
