"""The engine's value and gradient, against SciPy's densities and complex steps."""

import dataclasses
import itertools

import numpy as np
import pytest
from densities import FAMILIES
from mixtures import Mixture, engine, row_gradients, row_terms, scipy_value
from scipy import special

ENGINE = ("normal", "student_t", "poisson", "negative_binomial")  # for what all have in common
MASKS = [
    (family, varying)
    for family, stated in FAMILIES.items()
    for size in range(len(stated.parameters) + 1)
    for varying in itertools.combinations(stated.parameters, size)
]
SMALLEST = 1e-290  # that a complex step resolves: it takes them times 1e-30
# Of the logs of the others: the mean and the standard deviation over components.
OTHERS = {
    "sigma": (0.0, 0.7), "nu": (1.5, 0.7), "phi": (1.5, 0.7), "shape": (0.5, 0.7),
    "quantile": (0.3, 0.7), "kappa": (1.0, 0.7), "minimum": (-1.0, 0.7),
    "alpha": (0.5, 2.0), "tau": (0.3, 0.7),
}  # fmt: skip
RESPONSES = {
    "real": lambda rng, trials: rng.normal(0, 3, len(trials)),
    "interval": lambda rng, trials: rng.normal(0, 3, len(trials)),
    "positive": lambda rng, trials: np.exp(rng.normal(0, 1.2, len(trials))),
    "above": lambda rng, trials: 100 * np.exp(rng.exponential(1, len(trials))),
    "angle": lambda rng, trials: rng.uniform(-np.pi, np.pi, len(trials)),
    "fraction": lambda rng, trials: rng.beta(1.3, 1.7, len(trials)),
    "count": lambda rng, trials: rng.poisson(np.exp(rng.normal(1, 1, len(trials)))),
    "truth": lambda rng, trials: rng.integers(0, 2, len(trials)),
    "successes": lambda rng, trials: rng.binomial(trials, rng.beta(1, 1, len(trials))),
}


def simulate(
    seed, family="normal", *, N=100, K=3, P=None, Q=None, offset=False, weights=False, groups=None,
    varying=("mu",),
):  # fmt: skip
    """Return a mixture with data and parameters at random; None: without that part.

    The parameters of `varying` have P covariates.
    """
    rng = np.random.default_rng(seed)
    data = {"family": family, "values": {}, "X": {}}
    response = FAMILIES[family].response
    trials = rng.integers(0, 9, N) if response == "successes" else np.zeros(N)
    data["y"] = RESPONSES[response](rng, trials)
    if response == "successes":
        data["trials"] = trials
    if response == "interval":
        data["upper"] = data["y"] + np.exp(rng.normal(0, 1, N))
    for name in FAMILIES[family].parameters:
        mean, scale = OTHERS.get(name, (0.0, 2.0 if response in ("real", "interval") else 0.7))
        if P is None or name not in varying:
            data["values"][name] = rng.normal(mean, scale, K)
        else:
            data["X"][name] = rng.normal(size=(N, P))
            data["values"][name] = rng.normal(0, scale / np.sqrt(P), (K, P))
    if groups is not None:
        data["group"] = np.concatenate([np.arange(groups), rng.integers(0, groups, N - groups)]) + 1
    if Q is None:
        data["theta"] = rng.dirichlet(np.ones(K))
    else:
        data["Z"] = rng.normal(size=(N if groups is None else groups, Q))
        data["gamma"] = rng.normal(size=(K, Q))
    if offset:
        data["offset"] = rng.normal(0, 0.5, N)
    if weights:
        data["weights"] = rng.choice([0.0, 0.5, 1.0, 3.0], N)
    return Mixture(**data)


def normals(y, mu, theta):
    """Return a mixture of normals of scale 1."""
    mu = np.array(mu)
    return Mixture("normal", y, {"mu": mu, "sigma": 0 * mu}, np.array(theta))


def assert_agrees(library, instructions, mixture, rtol=1e-9):
    terms, gradients = row_terms(mixture), row_gradients(mixture)
    value, gradient = engine(library, mixture, instructions)
    assert value == pytest.approx(terms.sum(), rel=rtol, abs=rtol * np.abs(terms).sum())
    # A sum is known to the rounding of its terms.
    rounding = 1e-12 * np.abs(gradients).sum(axis=1)
    np.testing.assert_array_less(
        np.abs(gradient - gradients.sum(axis=1)),
        rtol * np.abs(gradients.sum(axis=1)) + rounding + SMALLEST,
    )


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("P", [None, 1, 6])
def test_value_is_that_of_scipy_stats(library, instructions, family, P):
    mixture = simulate(1, family, P=P)
    value, _ = engine(library, mixture, instructions)
    assert value == pytest.approx(scipy_value(mixture), rel=1e-12)
    assert row_terms(mixture).sum() == pytest.approx(scipy_value(mixture), rel=1e-12)


@pytest.mark.parametrize("family", ["lognormal", "weibull", "poisson", "binomial"])
def test_what_is_kept_of_responses_is_theirs(library, instructions, family):
    """Asked for again, or for others in their place, of other weights, or of fewer rows."""
    one, other = (simulate(seed, family, weights=True) for seed in (1, 2))
    here = dataclasses.replace(one, y=one.y.copy())
    for asked in (here, here, other, dataclasses.replace(one, weights=other.weights), one.head(50)):
        value, _ = engine(library, asked, instructions)
        assert value == pytest.approx(row_terms(asked).sum(), rel=1e-12)
    here.y[::2] = here.y[::-2]
    if here.trials is not None:
        here.trials[:] = 9
    value, _ = engine(library, here, instructions)
    assert value == pytest.approx(row_terms(here).sum(), rel=1e-12)


@pytest.mark.parametrize("family", ENGINE)
@pytest.mark.parametrize(
    ("P", "Q", "offset", "weights", "groups"),
    list(itertools.product([None, 3], [None, 2], [False, True], [False, True], [None, 37])),
)
def test_every_structure(library, instructions, family, P, Q, offset, weights, groups):
    options = {"P": P, "Q": Q, "offset": offset, "weights": weights, "groups": groups}
    assert_agrees(library, instructions, simulate(2, family, N=203, **options))


@pytest.mark.parametrize("family", ["normal", "poisson"])
@pytest.mark.parametrize("K", [1, 2, 3])
@pytest.mark.parametrize("groups", [None, 37])
@pytest.mark.parametrize("more", [{}, {"Q": 2, "weights": True}])
def test_known_components(library, instructions, family, K, groups, more):
    mixture = simulate(21, family, N=203, K=K, P=2, groups=groups, **more)
    labels = np.random.default_rng(21).integers(0, K + 1, groups or 203)
    assert_agrees(library, instructions, dataclasses.replace(mixture, labels=labels))


def test_a_known_component_that_cannot_be_makes_the_data_impossible(library, instructions):
    mixture = dataclasses.replace(
        normals(np.array([0.0, 1e200]), [0.0, 1e200], [0.5, 0.5]), labels=np.array([0, 1])
    )
    assert engine(library, mixture, instructions)[0] == -np.inf
    possible = dataclasses.replace(mixture, labels=np.array([0, 2]))
    assert np.isfinite(engine(library, possible, instructions)[0])


@pytest.mark.parametrize(("family", "varying"), MASKS)
@pytest.mark.parametrize(
    "options", [{}, {"offset": True, "weights": True, "Q": 2}, {"weights": True, "groups": 37}]
)
def test_predictors_of_any_parameters(library, instructions, family, varying, options):
    mixture = simulate(18, family, N=203, P=2, varying=varying, **options)
    assert set(mixture.X) == set(varying)
    assert_agrees(library, instructions, mixture)


@pytest.mark.parametrize("family", ["normal", "poisson"])
@pytest.mark.parametrize("K", [1, 2, 3, 50, 300])
@pytest.mark.parametrize("Q", [None, 2])
def test_numbers_of_components(library, instructions, family, K, Q):
    assert_agrees(library, instructions, simulate(3, family, N=30, K=K, Q=Q, P=1))


@pytest.mark.parametrize("P", [1, 2, 3, 4, 5, 7, 8, 9])
def test_numbers_of_covariates(library, instructions, P):
    assert_agrees(library, instructions, simulate(4, N=150, P=P, Q=P))


@pytest.mark.parametrize("seed", range(100))
def test_random_points(library, seed):
    rng = np.random.default_rng(seed)
    some = {
        "N": int(rng.integers(5, 400)),
        "K": int(rng.integers(1, 8)),
        "P": rng.choice([None, 1, 4]),
        "Q": rng.choice([None, 2]),
        "offset": bool(rng.integers(2)),
        "weights": bool(rng.integers(2)),
        "groups": rng.choice([None, 5]),
    }
    mixture = simulate(seed, ENGINE[seed % 2], **some)
    assert_agrees(library, list(("baseline", "avx2", "avx512"))[library.best()], mixture)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("options", [{}, {"P": 2, "Q": 1, "offset": True, "weights": True}])
def test_every_number_of_rows_about_the_ends_of_blocks(library, instructions, family, options):
    most = 2 * library.rows_of_a_block() + 1
    mixture = simulate(5, family, N=most, K=2, **options)
    values = np.cumsum(row_terms(mixture))
    gradients = np.cumsum(row_gradients(mixture), axis=1)
    scale = np.cumsum(np.abs(row_gradients(mixture)), axis=1)
    for N in range(1, most + 1):
        value, gradient = engine(library, mixture.head(N), instructions)
        assert value == pytest.approx(values[N - 1], rel=1e-12), N
        difference = np.abs(gradient - gradients[:, N - 1])
        assert (difference <= 1e-12 * scale[:, N - 1] + SMALLEST).all(), N


@pytest.mark.parametrize("groups", [1, 2, 127, 128, 129, 255, 256, 257])
def test_numbers_of_groups(library, instructions, groups):
    assert_agrees(library, instructions, simulate(6, N=300, groups=groups, Q=2, weights=True))


@pytest.mark.parametrize("family", ENGINE)
@pytest.mark.parametrize("beyond", [-1, 0, 1, 17])
@pytest.mark.parametrize("options", [{}, {"P": 1, "Q": 1, "offset": True, "weights": True}])
def test_pieces_of_many_rows(library, instructions, family, beyond, options):
    mixture = simulate(14, family, N=2 * library.rows_of_a_piece() + beyond, K=2, **options)
    assert_agrees(library, instructions, mixture)
    alone = engine(library, mixture, instructions)
    together = engine(library, mixture, instructions, threads=True)
    assert together[0] == alone[0]
    np.testing.assert_array_equal(together[1], alone[1])


def test_groups_across_pieces(library, instructions):
    N = library.rows_of_a_piece() + 5
    assert_agrees(library, instructions, simulate(15, N=N, K=2, groups=100))


def test_an_impossible_row_in_any_piece(library, instructions):
    mixture = simulate(16, N=2 * library.rows_of_a_piece() + 1, K=2)
    for row in (0, library.rows_of_a_piece(), len(mixture.y) - 1):
        mixture.y[row] = 1e200
        value, gradient = engine(library, mixture, instructions, threads=True)
        assert value == -np.inf
        np.testing.assert_array_equal(gradient, 0 * gradient)
        mixture.y[row] = 0


def test_sets_of_instructions_agree(library):
    mixture = simulate(7, N=1001, K=4, P=5, Q=2)
    names = ("baseline", "avx2", "avx512")[: library.best() + 1]
    first, *others = (engine(library, mixture, name) for name in names)
    assert others or library.best() == 0
    for value, gradient in others:
        assert value == pytest.approx(first[0], rel=1e-13)
        np.testing.assert_allclose(gradient, first[1], rtol=1e-11)


@pytest.mark.parametrize("sigma", [1e-6, 1e6])
@pytest.mark.parametrize("K", [1, 2, 5])
def test_extreme_scales(library, instructions, sigma, K):
    mixture = simulate(8, K=K, N=140)
    assert_agrees(library, instructions, mixture.moved("sigma", np.full(K, np.log(sigma))))


def test_shares_of_0_and_1(library, instructions):
    y = np.concatenate([np.linspace(-1001, -999, 80), np.linspace(999, 1001, 90)])
    mixture = normals(y, [-1000.0, 1000.0], [0.5, 0.5])
    assert_agrees(library, instructions, mixture)
    _, gradient = engine(library, mixture, instructions)
    np.testing.assert_array_equal(gradient[-2:], [160, 180])  # rows over weights


def test_one_row(library, instructions):
    for family, K in itertools.product(FAMILIES, [1, 2, 3]):
        assert_agrees(library, instructions, simulate(9, family, N=1, K=K, P=1))


def test_density_zero_in_a_component_gives_it_no_share(library, instructions):
    # (y - mu)^2 overflows: the log density is -inf, the residual finite.
    y = np.full(20, 1e200)
    mixture = normals(y, [0.0, 1e200, 0.0], [0.25, 0.5, 0.25])
    value, gradient = engine(library, mixture, instructions)
    assert value == pytest.approx(20 * (np.log(0.5) - 0.5 * np.log(2 * np.pi)), rel=1e-13)
    np.testing.assert_array_equal(gradient, [0, 0, 0, 0, -20, 0, 0, 40, 0])


@pytest.mark.parametrize("K", [1, 2, 3])
@pytest.mark.parametrize("row", [0, 130, 270, 299])
@pytest.mark.parametrize("Q", [None, 1])
@pytest.mark.parametrize("weights", [False, True])
@pytest.mark.parametrize("groups", [None, 7])
def test_impossible_rows_make_the_data_impossible(
    library, instructions, K, row, Q, weights, groups
):
    mixture = simulate(10, N=300, K=K, Q=Q, weights=weights, groups=groups)
    mixture.y[row] = 1e200
    if weights:
        mixture.weights[row] = 2
    value, gradient = engine(library, mixture, instructions)
    assert value == -np.inf
    np.testing.assert_array_equal(gradient, 0 * gradient)


def test_impossible_rows_of_weight_0_do_not_count(library, instructions):
    mixture = simulate(11, N=50, weights=True)
    mixture.weights[7] = 0
    before = engine(library, mixture, instructions)
    mixture.y[7] = 1e200
    after = engine(library, mixture, instructions)
    assert after[0] == before[0]
    np.testing.assert_array_equal(after[1], before[1])


def test_poisson_means_that_overflow_or_vanish(library, instructions):
    y = np.array([0, 3, 0, 100])
    for log_mu in ([1000.0, 1.0], [-1000.0, 1.0]):
        mixture = Mixture("poisson", y, {"mu": np.array(log_mu)}, np.array([0.3, 0.7]))
        value, gradient = engine(library, mixture, instructions)
        zero_mean = np.array([1, 0, 1, 0]) * (log_mu[0] < 0)
        other = 0.7 * np.exp(y - np.e - special.gammaln(y + 1))
        assert value == pytest.approx(np.log(0.3 * zero_mean + other).sum(), rel=1e-12)
        share = other / (0.3 * zero_mean + other)
        expected = [0, (share * (y - np.e)).sum(), ((1 - share) / 0.3).sum(), share.sum() / 0.7]
        np.testing.assert_allclose(gradient, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("family", "limit"), [("student_t", "normal"), ("negative_binomial", "poisson")]
)
@pytest.mark.parametrize("by_row", [False, True])
def test_limits_at_which_the_last_parameter_has_no_effect(
    library, instructions, family, limit, by_row
):
    name = FAMILIES[family].parameters[-1]
    mixture = simulate(19, family, P=1, varying=(name,) if by_row else ())
    X = {name: np.ones((100, 1))} if by_row else {}
    for log in (600.0, 1000.0):
        far = dataclasses.replace(mixture, X=X).moved(name, np.full_like(mixture.values[name], log))
        expected = row_terms(Mixture(limit, mixture.y, mixture.values, mixture.theta)).sum()
        value, gradient = engine(library, far, instructions)
        assert value == pytest.approx(expected, rel=1e-12)
        start = sum(far.values[other].size for other in FAMILIES[family].parameters[:-1])
        np.testing.assert_allclose(gradient[start:-3], 0, atol=1e-200)
        assert np.isfinite(gradient).all()


@pytest.mark.parametrize(
    ("family", "varying"), [part for part in MASKS if part[0] in ("normal", "student_t")]
)
def test_residuals_that_overflow(library, instructions, family, varying):
    mixture = simulate(20, family, P=1, varying=varying)
    mixture.y[70] = 1e200
    value, gradient = engine(library, mixture, instructions)
    assert value == -np.inf
    np.testing.assert_array_equal(gradient, 0 * gradient)
    # In the first component, at e^460 times the scale, it has a density.
    mixture.values["sigma"][0] = 460.0
    if "sigma" in mixture.X:
        mixture.X["sigma"][70] = 1
    value, gradient = engine(library, mixture, instructions)
    with np.errstate(all="ignore"):
        assert value == pytest.approx(row_terms(mixture).sum(), rel=1e-12)
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("groups", [None, 11])
def test_a_weight_of_0_has_its_derivative(library, instructions, groups):
    mixture = simulate(12, N=150, K=3, groups=groups)
    mixture.theta[:] = [0.4, 0.0, 0.6]
    value, gradient = engine(library, mixture, instructions)
    assert value == pytest.approx(row_terms(mixture).sum(), rel=1e-12)
    values = {name: part[[0, 2]] for name, part in mixture.values.items()}
    kept = Mixture("normal", mixture.y, values, np.array([0.4, 0.6]), group=mixture.group)
    expected = row_gradients(kept).sum(axis=1)
    np.testing.assert_allclose(gradient[[0, 2, 3, 5, 6, 8]], expected, rtol=1e-9)
    np.testing.assert_array_equal(gradient[[1, 4]], 0)
    # The derivative of log(sum_j theta_j f_j) in theta_k is f_k over that sum.
    mixture.theta[:] = [0.4, 1e-9, 0.6]
    nearby = row_gradients(mixture).sum(axis=1)
    assert gradient[7] == pytest.approx(nearby[7], rel=1e-4)


def test_data_that_are_no_numbers_are_not_passed_over(library, instructions):
    places = itertools.product(["normal", "student_t"], [1, 2, 3], [0, 64, 128, 149])
    for family, K, row in places:
        mixture = simulate(13, family, N=150, K=K)
        mixture.y[row] = np.nan
        assert np.isnan(engine(library, mixture, instructions)[0])


@pytest.mark.parametrize("groups", [None, 5])
def test_not_even_with_weight_0(library, instructions, groups):
    mixture = simulate(17, N=50, weights=True, groups=groups)
    mixture.y[3], mixture.weights[3] = np.nan, 0
    assert np.isnan(engine(library, mixture, instructions)[0])
