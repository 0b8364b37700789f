"""Columns of categories, ordered or not, independent of one another within a component."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import pandas as pd
import pytest
from independent_columns import log_posterior
from interpreted import interpreted
from kept_fits import check_kept
from parameters_block import declarations
from scipy import special, stats
from stan_transforms import free_shape
from synthetic import fit_of

import stanmix
from stanmix import cli, plots
from stanmix.errors import InputError
from stanmix.program.lower import lower
from stanmix.program.plan import LONGEST_NAME

pytestmark = pytest.mark.usefixtures("few_searched")
RUN = {"engine": "stanli", "progress": False}
N = 18


def rows() -> pd.DataFrame:
    """Columns of 3, 4, 2 and 5 categories, of labels and numbers, beside what rows may have."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "a": np.resize(["no", "perhaps", "yes", "yes"], N), "b": np.resize([1, 2, 2, 4, 3], N),
            "c": np.resize([True, False, False], N), "d": np.resize([5, 4, 3, 1, 2, 2], N),
            "x": rng.normal(300, 20, N), "n": rng.poisson(4, N).astype(float),
            "g": np.arange(N) // 2, "times": rng.integers(1, 4, N),
            "class": np.where(np.arange(N) < 4, np.resize(["u", "v"], N), None),
        }
    )  # fmt: skip
    return frame


def lacking(frame: pd.DataFrame) -> pd.DataFrame:
    """The same where rows lack some columns, and row 7 lacks all."""
    found = frame.astype({name: object for name in "abcd"})
    for name, lost in zip("abcdxn", ([1, 7], [2, 7, 8], [7, 9], [7], [3, 7], [7]), strict=True):
        found.loc[lost, name] = np.nan if name in "xn" else None
    return found


FRAME = rows()
KINDS = {
    "categories": (list("abc"), "categorical", {}),
    "ordered ones": (list("bd"), "ordinal", {}),
    "of three kinds": (list("abc"), {"a": "categorical", "b": "ordinal", "c": "bernoulli"}, {}),
    "beside numbers": (
        list("xanbd"),
        {"x": "normal", "a": "categorical", "n": "poisson", "b": "ordinal", "d": "ordinal"}, {},
    ),
    "rows of a group": (list("ab"), "categorical", {"group": "g", "weights": "times"}),
    "known classes": (list("bd"), {"b": "categorical", "d": "ordinal"}, {"labels": "class"}),
    "a probit": (
        list("xbd"), {"x": "normal", "b": "ordinal", "d": "ordinal"}, {"link": {"mu_3": "probit"}},
    ),
    "probits": (list("bd"), "ordinal", {"link": {"mu": "probit", "mu_2": "logit"}}),
    "frequencies": (list("bx"), {"b": "ordinal", "x": "cauchy"}, {"weights": "times"}),
    "in common": (list("bd"), "ordinal", {"shared": ("cutpoints_1", "cutpoints_2")}),
    "priors": (
        list("ab"), {"a": "categorical", "b": "ordinal"},
        {"priors": {"mu_1": stanmix.Dirichlet([1, 2, 3]), "mu_2": stanmix.StudentT(3, 0, 2)}},
    ),
    "an order": (list("db"), {"d": "categorical", "b": "ordinal"}, {"order": "mu_2"}),
    "priors by component": (
        list("ac"), "categorical",
        {"priors": {"mu_1": [stanmix.Dirichlet([1, 2, 3]), stanmix.Dirichlet([4, 2, 1])]}},
    ),
}  # fmt: skip


@pytest.mark.parametrize("incomplete", [False, True], ids=["whole", "incomplete"])
@pytest.mark.parametrize("name", KINDS)
def test_the_density_is_that_of_scipy(name, incomplete):
    columns, family, stated = KINDS[name]
    missing = "marginalise" if incomplete else "refuse"
    model = stanmix.Mixture(columns, 2, family=family, missing=missing, **stated)
    data, rng = model.data(lacking(FRAME) if incomplete else FRAME), np.random.default_rng(2)
    for _ in range(2):
        free = [0.5 * rng.normal(size=free_shape(d, data)) for d in declarations(model.program())]
        u = np.concatenate([one.ravel() for one in free])
        found = interpreted(model, data, u[None])[0, 0]
        assert found == pytest.approx(log_posterior(model, data, u), rel=1e-10)


def test_programs_hold_no_name_or_label_of_the_data():
    family = {"zebra": "categorical", "b": "ordinal", "c": "bernoulli"}
    model = stanmix.Mixture(list(family), 2, family=family)
    model.data(FRAME.rename(columns={"a": "zebra"}))
    for program in (model.program(), model.program(priors="named")):
        assert "zebra" not in program and "perhaps" not in program
        assert "simplex[C_1] mu_1" in program and "positive_ordered[C_2 - 2] cutpoints_2" in program


def test_programs_say_which_columns_have_other_links():
    names = set()
    for link in ({}, {"mu": "probit"}, {"mu_2": "probit"}, {"mu_1": "probit"}):
        model = stanmix.Mixture(["b", "d"], 2, family="ordinal", link=link)
        assert stanmix.Mixture.from_dict(model.to_dict()) == model
        names.add(lower(model).name)
    assert len(names) == 4
    assert "column 1 cumulative with a probit" in model.program()
    for link, message in (
        ({"mu": "cloglog"}, "can have 'logit' or 'probit', got 'cloglog'"),
        ({"mu_1": "probit"}, "link of 'mu_1' says nothing; 'mu' and 'mu_2' have other densities"),
    ):
        with pytest.raises(InputError, match=message):
            stanmix.Mixture(["x", "b"], 2, family={"x": "normal", "b": "ordinal"}, link=link)


def test_programs_of_many_families_have_names_that_files_can_have():
    many = ["categorical", "ordinal", "bernoulli", "negative_binomial", "lognormal", "student_t"]
    family = {f"y{d}": one for d, one in enumerate(many)}
    names = [
        lower(stanmix.Mixture(list(family), 2, family=family, missing=missing)).name
        for missing in ("refuse", "marginalise")
    ]
    assert all(len(name) <= LONGEST_NAME and name.isidentifier() for name in names)
    assert len({*names}) == 2


CARCINOMA = stanmix.datasets.load("carcinoma")


def test_published_maxima_are_reached():
    """Linzer & Lewis (2011, J. Stat. Softw. 42(10)): poLCA's seven pathologists."""
    model = stanmix.Mixture(list("ABCDEFG"), 3, family="categorical")  # of flat priors
    labels = CARCINOMA[list("ABCDEFG")].replace({1: "none", 2: "carcinoma"})
    fit = model.fit(labels, "map", seed=1, **RUN)
    assert float(fit.log_likelihood()[0, 0]) == pytest.approx(-293.705, abs=1e-3)


ITEMS = {"a": "categorical", "b": "ordinal", "c": "bernoulli", "d": "categorical"}
TRUE = {
    "a": np.array([[0.7, 0.2, 0.1], [0.1, 0.2, 0.7]]),
    "b": np.array([[0.5, 0.3, 0.1, 0.1], [0.1, 0.1, 0.3, 0.5]]),
    "c": np.array([[0.8, 0.2], [0.2, 0.8]]),
    "d": np.array([[0.9, 0.1], [0.2, 0.8]]),
}
LABELS = {"a": ["no", "perhaps", "yes"], "b": [1, 2, 3, 4], "c": [0, 1], "d": ["left", "right"]}


@functools.cache
def simulated() -> tuple[pd.DataFrame, np.ndarray]:
    """Answers of two classes, of which two in ten are missing, and all of row 5; and classes."""
    rng, size = np.random.default_rng(0), 250
    which = (rng.random(size) < 0.4).astype(int)
    found = {}
    for name, p in TRUE.items():
        level = (rng.random(size)[:, None] > np.cumsum(p[which], axis=1)).sum(axis=1)
        found[name] = pd.Series(LABELS[name])[level].reset_index(drop=True).astype(object)
    frame = pd.DataFrame(found)
    frame = frame.mask(rng.random(frame.shape) < 0.2)
    frame.loc[5] = None
    return frame, which


@functools.cache
def fitted() -> stanmix.Fit:
    model = stanmix.Mixture(list(ITEMS), 2, family=ITEMS, missing="marginalise")
    return model.fit(simulated()[0], chains=2, draws=150, warmup=150, seed=1, **RUN)


def probabilities(fit: stanmix.Fit) -> dict[str, np.ndarray]:
    """Of each category (S, K, C) of each item, by hand."""
    draws = fit.draws()
    ends = (
        np.concatenate([np.zeros((*draws["mu_2"].shape, 1)), draws["cutpoints_2"]], axis=-1)
        - draws["mu_2"][..., None]
    )
    up_to = special.expit(ends)
    up_to = np.concatenate([0 * up_to[..., :1], up_to, 1 + 0 * up_to[..., :1]], axis=-1)
    yes = draws["mu_bernoulli"]
    return {
        "a": draws["mu_1"], "b": np.diff(up_to), "c": np.concatenate([1 - yes, yes], axis=-1),
        "d": draws["mu_4"],
    }  # fmt: skip


def test_what_was_simulated_is_covered():
    fit, which = fitted(), simulated()[1]
    found = probabilities(fit)
    order = np.argsort(-found["d"].mean(axis=0)[:, 0])  # components have no order of their own
    for name, p in found.items():
        z = (p.mean(axis=0)[order] - TRUE[name]) / p.std(axis=0)[order]
        assert np.abs(z).max() < 3.2  # 22 numbers: one beyond in 33 such tests
    mine = fit.responsibilities().to_numpy()[:, order]
    assert (mine.argmax(axis=1) == which).mean() > 0.85


def test_the_likelihood_is_the_sum_over_classes():
    fit, frame = fitted(), simulated()[0]
    found, p, theta = fit.log_likelihood().to_numpy(), probabilities(fit), fit.draws()["theta"]
    for s in (0, 7, 299):
        total = 0.0
        for _, row in frame.iterrows():
            joint = 0.0
            for k in (0, 1):
                part = theta[s, k]
                for name, answer in row.dropna().items():
                    part *= p[name][s, k, LABELS[name].index(answer)]
                joint += part
            total += np.log(joint)
        assert found.ravel()[s] == pytest.approx(total, rel=1e-12)


def test_predictions_are_probabilities_of_categories():
    fit = fitted()
    found = fit.predict(by_component=True)
    names = [f"{name}[{label}]" for name in "ab" for label in LABELS[name]]
    assert found.dimension.to_numpy().tolist() == [*names, "c", "d[left]", "d[right]"]
    p = probabilities(fit)
    expected = np.concatenate([p["a"], p["b"], p["c"][..., 1:], p["d"]], axis=-1).mean(axis=0)
    np.testing.assert_allclose(found[3], expected, rtol=1e-12)
    drawn = fit.predict(kind="draws").to_numpy()
    theta, wide = fit.draws()["theta"], len(drawn.reshape(-1, 250, 4))
    for d, name in enumerate("abcd"):
        labels = LABELS.get(name, (0, 1) if name == "c" else ("left", "right"))
        share = np.einsum("sk,skc->c", theta, p[name]) / wide
        for c, one in enumerate(share):
            # Of row 5 alone each draw is of a class by its weight.
            mean = (drawn[:, :, 5, d] == labels[c]).mean()
            assert mean == pytest.approx(one, abs=4 * (one * (1 - one) / wide) ** 0.5)
    with pytest.raises(InputError, match="have no order"):
        fit.predict(kind="draws", quantiles=(0.5,))


def test_new_answers_have_densities():
    fit, p = fitted(), probabilities(fitted())
    new = pd.DataFrame({"a": ["yes", None], "b": [2, None], "c": [1, None], "d": ["left", None]})
    parts = p["a"][..., 2] * p["b"][..., 1] * p["c"][..., 1] * p["d"][..., 0]
    expected = (fit.draws()["theta"] * parts).sum(axis=1).mean()
    np.testing.assert_allclose(fit.predict(new, kind="density"), [expected, 1.0])
    with pytest.raises(InputError, match=r"'a' is 'never' in row 0 .* none of its categories"):
        fit.predict(new.assign(a=["never", "yes"]), kind="density")


def test_profiles_are_tables_of_categories():
    fit, p = fitted(), probabilities(fitted())
    table = fit.classes().profiles
    assert table.index.names == ["response", "class", "category"]
    assert table.loc[("a", 1, "yes"), "mean"] == pytest.approx(p["a"][:, 0, 2].mean())
    assert table.loc[("c", 2, ""), "mean"] == pytest.approx(p["c"][:, 1, 1].mean())
    assert table.loc[("b", 2)].index.tolist() == ["1", "2", "3", "4"]


def test_residuals_are_of_what_has_an_order():
    fit, frame = fitted(), simulated()[0]
    found = fit.quantile_residuals()
    assert np.isnan(found.sel(dimension=["a", "d"])).all()
    np.testing.assert_array_equal(np.isnan(found.sel(dimension="b")), frame["b"].isna())
    both = stanmix.Mixture(["a", "d"], 2, family="categorical")
    fit = both.fit(simulated()[0].dropna(), "map", seed=1, **RUN)
    with pytest.raises(InputError, match="categories without an order"):
        fit.quantile_residuals()


def test_patterns_are_of_labels_and_pairs_of_tables():
    fit, frame = fitted(), simulated()[0]
    table = fit.response_patterns(draws=20)
    counts = frame.dropna().value_counts()
    for pattern, count in counts.head(5).items():
        assert table.loc[pattern, "observed"] == count
    pairs = fit.bivariate_residuals(draws=50)
    assert len(pairs) == 6 and pairs["residual"].notna().all() and pairs["p"].between(0, 1).all()
    assert np.isnan(pairs.xs("a", level="first")["correlation"]).all()


def test_a_category_and_a_number_have_residuals_together():
    rng = np.random.default_rng(1)
    sort = rng.integers(0, 3, 200)
    labels = np.array(["u", "v", "w"])[sort]
    frame = pd.DataFrame({"sort": labels, "x": rng.normal(4 * (sort == 1))})
    model = stanmix.Mixture(list(frame), 1, family={"sort": "categorical", "x": "normal"})
    at = {"theta": [1.0], "mu_1": [[1 / 3, 1 / 3, 1 / 3]]}
    at |= {"mu_normal": [[frame["x"].mean()]], "sigma": [[frame["x"].std()]]}
    draws = {name: np.tile(value, (1, 50, *[1] * np.ndim(value))) for name, value in at.items()}
    table = stanmix.from_draws(model, frame, draws).bivariate_residuals(draws=50)
    (apart,) = table["residual"]
    # Three squared correlations, in units of what three have of 200 rows without any.
    r = [np.corrcoef(labels == one, frame["x"])[0, 1] for one in "uvw"]
    assert apart == pytest.approx(np.square(r).sum() / (3 / 200), rel=0.5)


def test_a_fit_is_read_back_as_it_was(tmp_path):
    check_kept(fitted(), simulated()[0], tmp_path / "fit")
    assert np.isfinite(fitted().loo().elpd_loo)


def test_profiles_are_drawn():
    ax = plots.classes(fitted())
    labels = [one.get_text() for one in ax.get_xticklabels()]
    assert labels[:4] == ["a[no]", "a[perhaps]", "a[yes]", "b[1]"]
    assert len(ax.containers) == 2


def test_traces_are_drawn_and_covariances_are_of_numbers_alone():
    assert len(plots.trace(fitted()).ravel()) > 0
    found, yes = fitted().covariances(), fitted().posterior["mu_bernoulli"]
    assert found.dimension.to_numpy().tolist() == ["c"]
    np.testing.assert_allclose(found[..., 0], yes * (1 - yes))
    model = stanmix.Mixture(["a", "d"], 1, family="categorical")
    half = np.full((1, 1, 1, 2), 0.5)
    draws = {"theta": np.ones((1, 1, 1)), "mu_1": half, "mu_2": half}
    made = fit_of(model, {"a": ["u", "v", "u"], "d": ["v", "u", "u"]}, draws)
    with pytest.raises(InputError, match="columns of categories, which have no covariances"):
        made.covariances()


def test_starts_are_of_the_shape_of_draws():
    start = {
        "theta": [0.6, 0.4], "mu_1": [[0.7, 0.2, 0.1], [0.1, 0.2, 0.7]], "mu_2": [0.0, 2.0],
        "cutpoints_2": [[1.0, 2.0], [1.0, 3.0]], "mu_bernoulli": [[0.2], [0.8]],
        "mu_4": [[0.9, 0.1], [0.2, 0.8]],
    }  # fmt: skip
    fit = fitted().model.fit(simulated()[0], "map", starts=[start], runs=1, seed=1, **RUN)
    assert float(fit.posterior["mu_4"][0, 0, :, 0].max()) > 0.6
    with pytest.raises(InputError, match=r"mu_4 must be positive and of the sum 1"):
        wrong = {**start, "mu_4": [[0.9, 0.3], [0.2, 0.8]]}
        fitted().model.fit(simulated()[0], "map", starts=[wrong], runs=1, seed=1, **RUN)


def test_weighted_draws_are_had_too():
    fit = fitted().model.fit(simulated()[0], "importance", draws=200, seed=1, **RUN)
    mean = fit.posterior["theta"].mean(["chain", "draw"]).to_numpy()
    expected = fitted().posterior["theta"].mean(["chain", "draw"]).to_numpy()
    np.testing.assert_allclose(np.sort(mean), np.sort(expected), atol=0.03)  # of an sd of 0.04


def test_a_folder_is_run_again(tmp_path, capsys):
    simulated()[0].to_csv(tmp_path / "rows.csv", index=False)
    stated = ["--columns", *"abc", "--family", "a=categorical", "b=ordinal", "c=bernoulli"]
    told = ["--components", "2", "--missing", "marginalise", "--method", "map"]
    out = str(tmp_path / "out")
    beside = ["--engine", "stanli", "--seed", "2", "--out", out, "--quiet"]
    assert cli.main(["fit", str(tmp_path / "rows.csv"), *stated, *told, *beside]) == 0
    assert stanmix.load(f"{out}/fit.nc").design.categories_of(0) == ("no", "perhaps", "yes")
    assert cli.main(["rerun", out]) == 0
    assert "the same" in capsys.readouterr().out


AS_PEOPLE_HAVE_THEM = {
    "labels": lambda a: a,
    "pandas' categories": lambda a: a.astype("category"),
    "pandas' text": lambda a: a.astype("string"),
    "whole numbers": lambda a: a.map({"no": 0, "perhaps": 1, "yes": 2}).astype("Int64"),
    "numbers that are whole": lambda a: a.map({"no": 0.0, "perhaps": 1.0, "yes": 2.0}),
}


@pytest.mark.parametrize("kind", AS_PEOPLE_HAVE_THEM)
def test_categories_are_read_as_people_have_them(kind):
    a = pd.Series(["no", "yes", "perhaps", None, "yes", "no"])
    truths = pd.array([True, False, None, True, True, False], dtype="boolean")
    frame = pd.DataFrame({"a": AS_PEOPLE_HAVE_THEM[kind](a), "b": truths})
    model = stanmix.Mixture(["a", "b"], 2, family="categorical", missing="marginalise")
    data = model.data(frame)
    there = np.asarray(data["observed_1"]) == 1
    assert (data["C_1"], data["C_2"]) == (3, 2)
    assert np.asarray(data["y_1"])[there].tolist() == [1, 3, 2, 3, 1] and not there[3]
    assert np.asarray(data["y_2"])[[0, 1, 3, 4, 5]].tolist() == [2, 1, 2, 2, 1]
    kept = model.matrices(model.matrices(frame).columns)
    np.testing.assert_array_equal(kept.y, model.matrices(frame).y)


def test_the_order_of_categories_is_that_which_is_stated():
    stated = pd.Categorical(["low", "high", "mid", "low"], ["low", "mid", "high"], ordered=True)
    frame = pd.DataFrame({"a": stated, "b": [1, 2, 3, 1]})
    data = stanmix.Mixture(["a", "b"], 2, family="ordinal").data(frame)
    assert data["y_1"].tolist() == [1, 3, 2, 1]


@pytest.mark.parametrize(
    ("a", "family", "message"),
    [
        (["u"] * 4, "categorical", r"'a' has 1 category"),
        ([None] * 4, "categorical", "'a' is missing in every row"),
        ([0.5, 1, 2, 1], "categorical", "'a' is one of some categories, but is 0.5 in row 0"),
        (pd.Categorical(list("uvuv"), list("uvw")), "categorical", "no row of 'w'"),
        (list("uvwu"), "ordinal", "labels that have no order"),
        ([1, 2, 1, 2], "ordinal", 'two categories, 1 and 2.*family="bernoulli"'),
        ([1, 2, 4, 2], "ordinal", "no row has 3"),
    ],
)
def test_columns_that_cannot_be_used_are_refused(a, family, message):
    model = stanmix.Mixture(
        ["a", "b"], 2, family={"a": family, "b": "bernoulli"}, missing="marginalise"
    )
    with pytest.raises(InputError, match=message):
        model.data(pd.DataFrame({"a": a, "b": [0, 1, 1, 0]}))


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({"order": "a"}, "can be ordered by 'mu_2', 'theta'"),
        ({"order": "mean"}, "a mean in each column"),
        ({"fixed": {"mu_1": 0.5}}, "cannot be fixed"),
        ({"fixed": {"cutpoints_2": 0.5}}, "cannot be fixed"),
        ({"shared": ("mu_2",)}, "cannot be shared"),
        ({"priors": {"mu_1": stanmix.Normal(0, 1)}}, "mu_1"),
        ({"priors": {"mu_3": stanmix.Normal(0, 1)}}, "no parameter 'mu_3'"),
        ({"formulas": {"cutpoints_2": "~ z"}}, "do not depend on covariates"),
        ({"gating": "~ b"}, "explain itself"),
    ],
)
def test_what_columns_of_categories_cannot_have_is_refused(stated, message):
    family = {"a": "categorical", "b": "ordinal"}
    with pytest.raises(InputError, match=message):
        stanmix.Mixture(["a", "b"], 2, family=family, **stated).data(FRAME)


def test_three_items_have_the_probabilities_of_all_patterns():
    """Of every pattern of answers by brute force, which sum to one."""
    rng = np.random.default_rng(3)
    sizes = (3, 2, 4)
    at = {"theta": rng.dirichlet([1, 1])}
    at |= {f"mu_{d}": rng.dirichlet(np.ones(C), 2) for d, C in enumerate(sizes, start=1)}
    patterns = pd.DataFrame(
        list(itertools.product(*(range(C) for C in sizes))), columns=list("abc")
    )
    model = stanmix.Mixture(list("abc"), 2, family="categorical")
    draws = {name: np.asarray(value)[None, None] for name, value in at.items()}
    fit = stanmix.from_draws(model, patterns, draws)
    found = fit.predict(kind="density").to_numpy()
    expected = [
        sum(
            at["theta"][k] * np.prod([at[f"mu_{d + 1}"][k, c] for d, c in enumerate(pattern)])
            for k in (0, 1)
        )
        for pattern in patterns.to_numpy()
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert found.sum() == pytest.approx(1.0)


def test_ordered_probits_are_columns_too():
    model = stanmix.Mixture(["b", "d"], 2, family="ordinal", link={"mu": "probit"})
    at = {"theta": [0.3, 0.7], "mu_1": [0.2, 1.0], "mu_2": [0.5, -0.3]}
    at |= {"cutpoints_1": [[0.5, 1.1], [0.4, 2.0]], "cutpoints_2": [[0.3, 0.9, 1.5]] * 2}
    draws = {name: np.asarray(value)[None, None] for name, value in at.items()}
    found = stanmix.from_draws(model, FRAME, draws).predict(kind="density").to_numpy()
    expected = 0.0
    for k, weight in enumerate(at["theta"]):
        part = weight
        for d, name in enumerate("bd", start=1):
            ends = np.array([-np.inf, 0.0, *at[f"cutpoints_{d}"][k], np.inf]) - at[f"mu_{d}"][k]
            part = part * np.diff(stats.norm.cdf(ends))[FRAME[name] - 1]
        expected = expected + part
    np.testing.assert_allclose(found, expected, rtol=1e-10)
