from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import linalg, optimize, special, stats

import stanmix
from stanmix.inference.starts.em import EM
from stanmix.model.families import FAMILIES
from stanmix.program.data import known_values
from stanmix.program.lower import lower
from stanmix.program.units import units_of

RNG = np.random.default_rng(0)
N = 300
CLASS = (RNG.random(N) < 0.4).astype(int)
X, Z = RNG.normal(size=(2, N))
LOG_MEAN = np.where(CLASS == 0, 3 + 0.2 * X, 0.5 - 0.4 * X)
FRAME = {
    "x": X,
    "z": Z,
    "y": np.where(CLASS == 0, -3 + X, 3 - X) + RNG.standard_t(3, N),
    "y2": np.where(CLASS == 0, 1, 0) + RNG.normal(size=N) * (1 + CLASS),
    "n": stats.nbinom.rvs(3, 3 / (3 + np.exp(LOG_MEAN)), random_state=RNG),
    "shift": RNG.normal(0, 0.3, N),
    "often": RNG.integers(1, 4, N),
}
COUNTS = {"family": "negative_binomial"}
PAIR = {"formula": ["y", "y2"], "family": "mvnormal"}
MODELS = {
    "normal": {"formula": "y"},
    "normal, shared": {"formula": "y", "shared": "sigma", "weights": "often"},
    "normal, known": {"formula": "y", "fixed": {"sigma": [1.5, 2.0], "theta": [0.6, 0.4]}},
    "normal regressions": {"formula": "y ~ x", "gating": "~ z", "offset": "shift"},
    "normal, sigma by covariates": {"formula": "y ~ x", "formulas": {"sigma": "~ z"}},
    "normal, one sigma by covariates": {
        "formula": "y ~ x",
        "formulas": {"sigma": "~ z"},
        "shared": "sigma",
    },
    "poisson": {"formula": "n", "family": "poisson"},
    "poisson regressions": {"formula": "n ~ x", "family": "poisson", "offset": "shift"},
    "student": {"formula": "y", "family": "student_t", "shared": "nu"},
    "student regressions": {
        "formula": "y ~ x",
        "family": "student_t",
        "fixed": {"nu": 3.0},
        "formulas": {"sigma": "~ z"},
    },
    "student, all by covariates": {
        "formula": "y ~ x",
        "family": "student_t",
        "formulas": {"sigma": "~ z", "nu": "~ z"},
        "shared": ("nu", "sigma"),
    },
    "negative binomial": {"formula": "n", "offset": "shift", "weights": "often", **COUNTS},
    "negative binomial regressions": {
        "formula": "n ~ x",
        "formulas": {"phi": "~ z"},
        "shared": "phi",
        "gating": "~ z",
        **COUNTS,
    },
    **{
        f"columns {number}": {
            **PAIR,
            "covariance": covariance,
            "mean": mean,
            "shared": shared,
        }
        for number, (covariance, mean, shared) in enumerate(
            itertools.product(["spherical", "diagonal"], ["free", "common"], [(), "sigma"])
        )
    },
    "columns, known": {**PAIR, "covariance": "diagonal", "fixed": {"sigma": [[2, 1], [2, 2]]}},
}
DENSITIES = {
    "normal": lambda y, v: stats.norm.logpdf(y, v["mu"], v["sigma"]),
    "mvnormal": lambda y, v: stats.norm.logpdf(y, v["mu"], v["sigma"]).sum(axis=-1),
    "student_t": lambda y, v: stats.t.logpdf(y, v["nu"], v["mu"], v["sigma"]),
    "poisson": lambda y, v: stats.poisson.logpmf(y, v["mu"]),
    "negative_binomial": lambda y, v: stats.nbinom.logpmf(
        y, v["phi"], v["phi"] / (v["phi"] + v["mu"])
    ),
}


class Likelihood:
    """The mixture's log-likelihood of the scaled data, of one vector of free parameters."""

    def __init__(self, model, frame):
        design = model.matrices(frame)
        program, units = lower(model), units_of(model, design)
        self.model, self.data = model, units.scaled(design)
        self.known = units.scaled_parameters(program, known_values(model, program, design))
        self.em = EM(program, self.data, self.known)
        self.names = [name for name in model.parameters if name not in ("theta", "gamma")]

    def positive(self, name):
        return name in ("sigma", "nu", "phi") or (name == "mu" and self.model.of_family.counts)

    def free(self, state):
        parts = [np.log(state.theta[:1] / state.theta[1:])]
        if self.model.gated:
            parts = [linalg.helmert(2) @ state.gamma]
        elif "theta" in self.known:
            parts = []
        for name in self.names:
            values = state.parameters[name]
            if name.removeprefix("beta_") in self.model.shared:
                values = values[:1]
            parts.append(np.log(values) if self.positive(name) else values)
        self.shapes = [np.shape(part) for part in parts]
        return np.concatenate([np.ravel(part) for part in parts])

    def __call__(self, free):
        cuts = np.cumsum([int(np.prod(shape)) for shape in self.shapes])[:-1]
        parts = [p.reshape(s) for p, s in zip(np.split(free, cuts), self.shapes, strict=True)]
        data, y = self.data, self.data.y[:, None]
        log_theta = np.log(self.known["theta"]) if "theta" in self.known else None
        if log_theta is None:
            weights, parts = parts[0], parts[1:]
            if self.model.gated:
                logits = data.rows.Z @ (linalg.helmert(2).T @ weights).T
                log_theta = special.log_softmax(logits, axis=1)
            else:
                log_theta = special.log_softmax([weights[0], 0.0])
        values = {name: value for name, value in self.known.items() if name != "theta"}
        several = y.ndim == 3
        for name, part in zip(self.names, parts, strict=True):
            if name == "beta":
                linear = data.X @ part.T
            elif name.startswith("beta_"):
                linear = data.rows.predictors[name[5:]].matrix @ part.T
            else:
                linear = part[:, None] if several and part.ndim == 1 else part
            of = {"beta": "mu"}.get(name, name.removeprefix("beta_"))
            if of == "mu" and data.rows.offset is not None:
                linear = linear + data.rows.offset[:, None]
            log = of != "mu" or self.model.of_family.counts
            values[of] = np.exp(linear) if log else linear
        log_f = log_theta + DENSITIES[self.model.family](y, values)
        counts = 1 if data.rows.weights is None else data.rows.weights
        return float((counts * special.logsumexp(log_f, axis=1)).sum())


def likelihood_of(name, components=2):
    statement = MODELS[name]
    return Likelihood(stanmix.Mixture(components=components, order=None, **statement), FRAME)


HALVES = np.eye(2)[CLASS]


@pytest.mark.parametrize("name", MODELS)
def test_it_ends_where_a_general_optimiser_ends(name):
    likelihood = likelihood_of(name)
    state = likelihood.em.run(HALVES, steps=5000)
    free = likelihood.free(state)
    assert state.log_likelihood == pytest.approx(likelihood(free), abs=1e-8)
    slope = optimize.approx_fprime(free, likelihood, 1e-6)
    np.testing.assert_allclose(slope, 0, atol=0.02)
    direct = optimize.minimize(lambda u: -likelihood(u), free, method="BFGS", tol=1e-5)
    assert state.log_likelihood == pytest.approx(-direct.fun, abs=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_the_log_likelihood_never_falls(name):
    em = likelihood_of(name).em
    state = em.run(0.3 + 0.4 * HALVES, steps=1)
    values = [state.log_likelihood]
    for _ in range(25):
        state = em.run(em.responsibilities(state), steps=1, at=state)
        values.append(state.log_likelihood)
    assert (np.diff(values) > -1e-9).all()
    assert values[-1] > values[0] + 0.1


def test_columns_of_several_families_are_fitted_each_by_its_own():
    """Some by what their families know, some by Newton steps; a tenth of the cells is missing."""
    rng = np.random.default_rng(21)
    frame = pd.DataFrame({
        "y": FRAME["y"], "n": rng.poisson(np.where(CLASS == 0, 2.0, 6.0)),
        "b": rng.binomial(1, np.where(CLASS == 0, 0.2, 0.7)).astype(float),
        "w": rng.lognormal(np.where(CLASS == 0, 0.0, 1.0), 0.5),
        "g": rng.gamma(3.0, np.where(CLASS == 0, 1.0, 3.0)),
    })  # fmt: skip
    frame = frame.mask(rng.random(frame.shape) < 0.1)
    family = dict(zip(frame, ["normal", "poisson", "bernoulli", "lognormal", "gamma"], strict=True))
    model = stanmix.Mixture(list(family), 2, family=family, missing="marginalise", order=None)
    state = EM(lower(model), model.matrices(frame)).run(HALVES, steps=5000)
    y = frame.to_numpy()[:, :, None]
    kept = np.flatnonzero(~np.isnan(y[:, :, 0]).all(axis=1))
    seen = np.isfinite(y[kept, :, 0]).T[:, :, None]

    def log_likelihood(free):
        v = free[2:].reshape(8, 2)
        columns = [
            stats.norm.logpdf(y[kept, 0], v[0], np.exp(v[1])),
            stats.poisson.logpmf(np.nan_to_num(y[kept, 1]), np.exp(v[2])),
            stats.bernoulli.logpmf(np.nan_to_num(y[kept, 2]), special.expit(v[3])),
            stats.norm.logpdf(np.log(y[kept, 3]), v[4], np.exp(v[5])) - np.log(y[kept, 3]),
            stats.gamma.logpdf(y[kept, 4], np.exp(v[7]), scale=np.exp(v[6] - v[7])),
        ]
        cells = np.where(seen, columns, 0.0).sum(axis=0)
        return special.logsumexp(special.log_softmax(free[:2]) + cells, axis=1).sum()

    found = state.parameters
    free = np.concatenate([
        np.log(state.theta), found["mu_normal"], np.log(found["sigma_normal"]),
        np.log(found["mu_poisson"]), special.logit(found["mu_bernoulli"]), found["mu_lognormal"],
        np.log(found["sigma_lognormal"]), np.log(found["mu_gamma"]), np.log(found["shape"]),
    ], axis=None)  # fmt: skip
    assert state.log_likelihood == pytest.approx(log_likelihood(free), abs=1e-8)
    slope = optimize.approx_fprime(free, log_likelihood, 1e-6)
    np.testing.assert_allclose(slope, 0, atol=0.02)


def of_family(program, family):
    """The same program of another family with the same parameters."""
    part = dataclasses.replace(program.parts[0], family=family)
    return dataclasses.replace(program, parts=(part,))


def em_of(frame, made_up=None, **statement):
    """EM on data as they are: centre 0, scale 1."""
    model = stanmix.Mixture(order=None, **statement)
    program, design = lower(model), model.matrices(frame)
    if made_up is not None:
        program = of_family(program, made_up)
    return EM(program, design, known_values(model, program, design))


@pytest.mark.parametrize("name", ["normal", "normal regressions", "columns 2", "columns 5"])
def test_a_family_that_knows_no_fits_of_its_own_gets_newton_steps(name):
    """Under another name, they end where the closed forms of the same density end."""
    likelihood = likelihood_of(name)
    known = likelihood.em.run(HALVES, steps=5000)
    family = dataclasses.replace(likelihood.model.of_family, name="made up")
    program = of_family(lower(likelihood.model), family)
    found = EM(program, likelihood.data, likelihood.known).run(HALVES, steps=5000)
    assert found.log_likelihood == pytest.approx(known.log_likelihood, abs=1e-5)
    for key, values in known.parameters.items():
        np.testing.assert_allclose(found.parameters[key], values, atol=2e-3)


def test_a_family_that_nobody_knows_is_fitted_by_its_density():
    def log_density(y, values):
        return stats.logistic.logpdf(y, values["mu"], values["sigma"])

    family = dataclasses.replace(FAMILIES["normal"], name="logistic", log_density=log_density)
    state = em_of(FRAME, family, formula="y ~ x", components=1).run(np.ones((N, 1)))

    def negative(u):
        return -log_density(FRAME["y"], {"mu": u[0] + u[1] * X, "sigma": np.exp(u[2])}).sum()

    direct = optimize.minimize(negative, [0.0, 0.0, 1.0], method="BFGS", tol=1e-6)
    assert state.log_likelihood == pytest.approx(-direct.fun, abs=1e-5)
    np.testing.assert_allclose(state.parameters["beta"][0], direct.x[:2], atol=1e-3)
    np.testing.assert_allclose(state.parameters["sigma"], np.exp(direct.x[2]), rtol=1e-3)


def recovered(model, frame, classes):
    """The parameters where EM ends, in the units of the data."""
    design = model.matrices(frame)
    units, program = units_of(model, design), lower(model)
    state = EM(program, units.scaled(design)).run(np.eye(2)[classes], steps=2000)
    return units.parameters(program, state.parameters)


def test_degrees_of_freedom_and_a_log_linear_scale_are_recovered():
    """Tolerances are four standard errors: 0.3 of nu, 0.03 of a coefficient."""
    rng = np.random.default_rng(1)
    classes = rng.integers(0, 2, 8000)
    x, z = rng.normal(size=(2, 8000))
    sigma = np.exp(np.where(classes == 0, 0.5 + 0.3 * z, 1.0 - 0.5 * z))
    y = 100 + np.where(classes == 0, -20 + x, 20 - x) + sigma * rng.standard_t(4, 8000)
    model = stanmix.Mixture("y ~ x", 2, family="student_t", formulas={"sigma": "~ z"})
    found = recovered(model, {"y": y, "x": x, "z": z}, classes)
    np.testing.assert_allclose(found["nu"], 4, atol=1.2)
    np.testing.assert_allclose(found["beta"], [[80, 1], [120, -1]], atol=0.15)
    np.testing.assert_allclose(found["beta_sigma"], [[0.5, 0.3], [1, -0.5]], atol=0.12)


def test_the_precision_of_counts_is_recovered():
    """Tolerances are four standard errors or more: 0.06 of phi, 0.02 of a coefficient."""
    rng = np.random.default_rng(2)
    classes = rng.integers(0, 2, 8000)
    x, shift = rng.normal(size=8000), rng.normal(0, 0.5, 8000)
    mu = np.exp(np.where(classes == 0, 1 + 0.3 * x, 6 - 0.2 * x) + shift)
    n = stats.nbinom.rvs(2, 2 / (2 + mu), random_state=rng)
    model = stanmix.Mixture("n ~ x", 2, family="negative_binomial", offset="shift")
    found = recovered(model, {"n": n, "x": x, "shift": shift}, classes)
    np.testing.assert_allclose(found["phi"], 2, atol=0.3)
    np.testing.assert_allclose(found["beta"], [[1, 0.3], [6, -0.2]], atol=0.08)


def test_one_component_is_least_squares():
    frame = {"y": FRAME["y"], "x": X * 1e4}
    state = em_of(frame, formula="y ~ x", components=1).run(np.ones((N, 1)))
    design = np.column_stack([np.ones(N), frame["x"]])
    beta, squares, *_ = np.linalg.lstsq(design, frame["y"], rcond=None)
    np.testing.assert_allclose(state.parameters["beta"][0], beta, rtol=1e-6)
    np.testing.assert_allclose(state.parameters["sigma"][0], np.sqrt(squares[0] / N), rtol=1e-6)


def test_what_is_known_stays_and_what_is_common_is_one():
    known = likelihood_of("columns, known").em.run(HALVES)
    theta = likelihood_of("normal, known").em.run(HALVES).theta
    np.testing.assert_array_equal(theta, [0.6, 0.4])
    sigma = likelihood_of("columns, known").known["sigma"]
    np.testing.assert_array_equal(known.parameters["sigma"], sigma)
    shared = likelihood_of("student, all by covariates").em.run(HALVES, steps=20).parameters
    for name in ("beta_sigma", "beta_nu"):
        np.testing.assert_array_equal(shared[name][0], shared[name][1])


@pytest.mark.parametrize("family", ["normal", "student_t"])
def test_weights_count_rows(family):
    weights = RNG.integers(1, 4, N).astype(float)
    statement = {"formula": "y", "components": 2, "family": family}
    weighted = em_of(FRAME, **statement).run(HALVES, weights, steps=2000)
    index = np.repeat(np.arange(N), weights.astype(int))
    frame = {"y": FRAME["y"][index]}
    repeated = em_of(frame, **statement).run(HALVES[index], steps=2000)
    assert weighted.log_likelihood == pytest.approx(repeated.log_likelihood, abs=1e-3)


def test_rows_of_a_group_belong_together():
    group = np.arange(N) // 3
    em = em_of({**FRAME, "g": group}, formula="y", components=2, family="student_t", group="g")
    state = em.run(em.spread(em.by_unit(HALVES)), steps=300)
    log_f = stats.t.logpdf(
        FRAME["y"][:, None], *(state.parameters[name] for name in ("nu", "mu", "sigma"))
    )
    by_group = np.log(state.theta) + log_f.reshape(-1, 3, 2).sum(axis=1)
    expected = special.logsumexp(by_group, axis=1).sum()
    assert state.log_likelihood == pytest.approx(expected, abs=1e-8)


def test_shapes_and_scales_stay_where_starts_can_be():
    """Of normal data nu has no maximum; on a few equal values a scale has none."""
    y = np.append(RNG.normal(size=200), np.full(3, 9.0))
    halves = np.eye(2)[(y > 8).astype(int)]
    em = em_of({"y": y}, formula="y", components=2, family="student_t")
    found = em.run(halves, steps=300).parameters
    assert ((found["nu"] > 0.4) & (found["nu"] < 100)).all()
    assert (found["sigma"] > 5e-4).all()
    linear = em_of(
        {"y": y, "z": np.arange(203.0)},
        formula="y",
        components=2,
        family="student_t",
        formulas={"nu": "~ z", "sigma": "~ z"},
    ).run(halves, steps=100)
    Z = np.column_stack([np.ones(203), np.arange(203.0)])
    for name, low, high in (("sigma", 5e-4, 1e3), ("nu", 1e-3, 1e4)):
        at_rows = np.exp(Z @ linear.parameters[f"beta_{name}"].T)
        assert ((at_rows > low) & (at_rows < high)).all()


def test_a_component_can_be_left_without_rows():
    """The other's parameters are those of a mixture of one."""
    first = np.array([True, False])
    for name in ("columns, known", "normal", "normal, known"):
        em, alone = likelihood_of(name).em, likelihood_of(name, 2).em.without(first)
        state = alone.run(np.full((N, 2), 0.5), steps=3)
        np.testing.assert_array_equal(alone.responsibilities(state), np.eye(2)[[1] * N])
        one = em.run(np.eye(2)[[1] * N], steps=1)
        for found, expected in zip(state.parameters.values(), one.parameters.values(), strict=True):
            np.testing.assert_allclose(found[1], expected[1], rtol=1e-6)
        assert not em.impossible and not alone.impossible
    np.testing.assert_array_equal(alone.known_theta, [0, 1])
    assert em.without(np.array([True, True])).impossible
