"""Programs of components of several families, beside SciPy's densities of each."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import structures
from fused_mixtures import SEVERAL
from interpreted import interpreted
from parameters_block import declarations
from several_families import families_of, log_posterior
from stan_transforms import free_shape

import stanmix
from stanmix.errors import InputError
from stanmix.program import kernels
from stanmix.program.lower import lower

ROWS = structures.rows()
# Responses whose families may stand beside others; categories have theirs alone.
COLUMNS = ("y", "positive", "above", "fraction", "angle", "n", "truth", "successes")
# Zeros of their own, and values at the ends that no density has.
INFLATED = ROWS.assign(
    **{column: np.where(np.arange(len(ROWS)) % 4 == 0, 0, ROWS[column]) for column in COLUMNS}
)
BY_RESPONSE = {
    column: [name for name, (own, _) in structures.UNIVARIATE.items() if own == column]
    for column in COLUMNS
}
FURTHER_ENDS = {"y": [(-4, None), (None, 4)], "positive": [(None, 400), (0.5, 400)],
                "fraction": [(0.01, None), (None, 0.99)]}  # fmt: skip
ZERO, NOISE = stanmix.PointMass(0), stanmix.Uniform(-500, 500)
CIRCLE = stanmix.Uniform(-np.pi, np.pi)


def statements():
    """Each family beside a point mass and beside the next one, and options together."""
    for column, names in BY_RESPONSE.items():
        trials = {"trials": "trials"} if column == "successes" else {}
        for name in names:
            fixed = {"fixed": structures.STATED[name]} if name in structures.STATED else {}
            yield {"formula": f"{column} ~ x", "family": [ZERO, name], **trials, **fixed}
        for one, other in itertools.pairwise(names):
            for formula in (column, f"{column} ~ x"):
                yield {"formula": formula, "family": [one, one, other], **trials}
    yield {"formula": "y ~ x", "family": ["normal", "normal", NOISE], "shared": "sigma"}
    yield {"formula": "y", "family": ["normal", "student_t", NOISE], "fixed": {"nu": 4.0},
           "weights": "times"}  # fmt: skip
    yield {"formula": "y ~ x", "family": [ZERO, "normal", "cauchy"], "gating": "~ z",
           "formulas": {"sigma": "~ z"}}  # fmt: skip
    yield {"formula": "n ~ x", "family": [ZERO, "poisson", "negative_binomial"],
           "formulas": {"phi": "~ z"}, "offset": "shift"}  # fmt: skip
    yield {"formula": "n", "family": [ZERO, stanmix.PointMass(6), "poisson", "poisson"],
           "weights": "times", "offset": "shift"}  # fmt: skip
    yield {"formula": "positive", "family": [ZERO, "gamma", "normal"]}
    for column, names in BY_RESPONSE.items():  # hurdles, and densities cut off
        trials = {"trials": "trials"} if column == "successes" else {}
        for name in names if column not in ("truth", "angle", "above") else ():
            low = {"n": 1, "successes": 1, "fraction": 0.01, "positive": 0.5, "y": -4}[column]
            whole = stanmix.Truncated(name, low, {"n": 40, "fraction": 0.99, "y": 4}.get(column))
            yield {"formula": f"{column} ~ x", "family": [ZERO, whole, whole], **trials}
            # Between other ends too, of families whose tails are always Stan's.
            for ends in () if kernels.has(f"truncated_{name}") else FURTHER_ENDS[column]:
                yield {"formula": column, "family": [ZERO, stanmix.Truncated(name, *ends)]}
    yield {"formula": "n", "family": [stanmix.Truncated("poisson", upper=90)] * 2}
    for formula in ("above", "above ~ x"):
        yield {"formula": formula, "family": ["lognormal", "pareto", "pareto"],
               "fixed": {"minimum": [5.0, 9.0]}}  # fmt: skip
    yield {"formula": "angle", "family": ["von_mises", "von_mises", CIRCLE, ZERO]}
    yield {"formula": "angle", "family": ["von_mises", CIRCLE], "weights": "times",
           "order": "kappa"}  # fmt: skip
    yield {"formula": "positive ~ x", "family": [ZERO, "gamma", "lognormal"], "offset": "shift",
           "formulas": {"shape": "~ z", "sigma": "~ z"}, "shared": ("shape",)}  # fmt: skip


def called(stated):
    names = [one if isinstance(one, str) else repr(one) for one in stated["family"]]
    options = [
        f"{key}={value}" for key, value in stated.items() if key not in ("family", "formula")
    ]
    return " ".join([stated["formula"], "+".join(names), *options])


EVERY = {called(stated): stated for stated in statements()}


def mixture(stated):
    return stanmix.Mixture(components=len(stated["family"]), **stated)


@pytest.mark.parametrize("name", EVERY)
def test_the_density_is_that_of_scipy(name):
    model = mixture(EVERY[name])
    masses = any(isinstance(one, stanmix.PointMass) for one in model.family)
    data, rng = model.data(INFLATED if masses else ROWS), np.random.default_rng(3)
    points = np.array(
        [
            np.concatenate(
                [0.5 * rng.normal(size=free_shape(each, data)).ravel() for each in parameters]
            )
            for parameters in [declarations(model.program())] * 3
        ]
    )
    expected = [log_posterior(model, data, u) for u in points]
    found = interpreted(model, data, points)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-9)


def test_a_probability_of_zero_is_no_error():
    """Stan's log_mix refuses it, and stands where each component has a density everywhere."""
    for stated in EVERY.values():
        model = mixture(stated)
        constant = not all(isinstance(one, str) for one in model.family)
        assert ("log_mix" in model.program()) is not (constant or model.gated)


def test_names_of_programs_differ():
    plans = {lower(mixture(stated)) for stated in EVERY.values()}
    assert len({plan.name for plan in plans}) == len(plans) > 60


def test_how_many_components_a_family_has_is_data():
    one, two = (
        stanmix.Mixture("y", 2 + n, family=["normal"] * n + ["student_t", "student_t"])
        for n in (1, 2)
    )
    assert one.program() == two.program()
    assert [m.data(ROWS)["K_normal"] for m in (one, two)] == [1, 2]


def test_noise_without_ends_is_on_the_range_of_the_data():
    model = stanmix.Mixture("y", 3, family=["normal", "normal", "uniform"])
    data, ends = model.data(ROWS), (ROWS["y"].min(), ROWS["y"].max())
    np.testing.assert_array_equal([data["low"], data["high"]], [[ends[0]], [ends[1]]])
    assert stanmix.Mixture.from_dict(model.to_dict()) == model
    stated = stanmix.Mixture("y", 3, family=["normal", "normal", stanmix.Uniform(*ends)])
    assert model.program() == stated.program()
    for key, values in stated.data(ROWS).items():
        np.testing.assert_array_equal(data[key], values)
    with pytest.raises(InputError, match="nothing is to be estimated"):
        stanmix.Mixture("y", 1, family=["uniform"])


def test_every_stated_family_is_counted():
    """The oracle reads the statement, not the plan of the program."""
    model = stanmix.Mixture("y", 4, family=["normal", "normal", "student_t", NOISE])
    assert families_of(model) == [("normal", [0, 1]), ("student_t", [2]), ("Uniform", [3])]


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        ({"family": ["normal"]}, "family names 1 components .normal., but components=2"),
        ({"family": ["normal", "gauss"]}, "Unknown family 'gauss'"),
        ({"family": ["normal", 3]}, "each component must be the name of a family"),
        ({"family": [ZERO, NOISE]}, "nothing is to be estimated but weights"),
        ({"family": ["normal", "poisson"]}, "have other responses"),
        ({"family": ["poisson", "binomial"]}, "have other responses"),
        ({"family": ["normal", "mvnormal"]}, "has several columns"),
        ({"family": ["normal", "von_mises"]}, "'von_mises' has angles.*'normal' has none"),
        ({"family": ["von_mises", NOISE]}, r"does not lie between -pi and pi.*-math.pi"),
        ({"family": ["lognormal", "pareto"]}, "'pareto' has a minimum that is known"),
        ({"family": ["poisson", NOISE]}, "has a density, but 'poisson' counts"),
        ({"family": ["poisson", stanmix.PointMass(0.5)]}, "is no count"),
        ({"family": ["normal", "student_t"], "order": "theta"}, "can be ordered by"),
        ({"family": ["normal", "student_t"], "shared": "phi"}, "'phi' is no parameter"),
        ({"family": ["normal", "student_t"], "priors": {"nu_normal": stanmix.Normal(0, 1)}},
         "no parameter 'nu_normal'"),
        ({"family": ["gamma", "normal"], "link": {"shape": "probit"}}, "can have 'log'"),
    ],
)  # fmt: skip
def test_what_makes_no_mixture_is_refused_at_once(stated, words):
    with pytest.raises(InputError, match=words):
        stanmix.Mixture("y", 2, **stated)


def test_components_of_one_family_stand_together():
    with pytest.raises(InputError, match=r"state \['normal', 'normal', 'student_t'\]"):
        stanmix.Mixture("y", 3, family=["normal", "student_t", "normal"])
    cut, both = stanmix.Truncated("poisson", 1), stanmix.Truncated("poisson", 1, 9)
    with pytest.raises(InputError, match="some are truncated at one end and others at both"):
        stanmix.Mixture("n", 2, family=[cut, both])
    with pytest.raises(InputError, match="components of one family stand together"):
        stanmix.Mixture("n", 3, family=[cut, "poisson", cut])
    with pytest.raises(InputError, match="two point masses at 0 cannot be told apart"):
        stanmix.Mixture("y", 3, family=[ZERO, ZERO, "gamma"])


def test_one_family_named_for_each_component_is_one_family():
    one, each = (stanmix.Mixture("y", 2, family=named) for named in ("gamma", ["gamma"] * 2))
    assert one == each


def test_families_of_which_one_has_no_fused_likelihood_have_none(monkeypatch):
    monkeypatch.setattr("stanmix.program.kernels.families", lambda: ("normal", "poisson"))
    model = stanmix.Mixture("y", 2, family=["normal", "laplace"])
    assert lower(model, "auto").kernel == "stan"
    with pytest.raises(InputError, match="'laplace' has no fused likelihood"):
        model.program("fused")


@pytest.mark.parametrize("name", SEVERAL)
def test_a_fused_likelihood_knows_components_without_parameters(name, log_density, fused_programs):
    """Beside families with some; behind, before and between, and where these have no density."""
    model = mixture(SEVERAL[name])
    data, rng = model.data(INFLATED), np.random.default_rng(5)
    parameters = declarations(model.program())
    points = np.array(
        [
            np.concatenate(
                [0.5 * rng.normal(size=free_shape(each, data)).ravel() for each in parameters]
            )
            for _ in range(20)
        ]
    )
    fused = log_density(model, data, points, kernel="fused", among=fused_programs)
    portable = interpreted(model, data, points)
    np.testing.assert_allclose(fused[:, 0], portable[:, 0], rtol=1e-9)
    # Of the gradient the last digits are what cancels between the components.
    scale = np.abs(portable[:, 1:]).max(axis=1, keepdims=True)
    np.testing.assert_allclose(fused[:, 1:] / scale, portable[:, 1:] / scale, rtol=1e-9, atol=1e-11)
