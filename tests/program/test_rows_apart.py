"""Limited responses beside a fused likelihood: the same density as all of it in Stan."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest
from fused_mixtures import BOTH, CENSORED, ROWS, TRUNCATED, mixture
from independent import log_posterior
from interpreted import interpreted
from parameters_block import declarations
from stan_transforms import free_shape

import stanmix
from stanmix.program.lower import lower
from stanmix.program.render import render

EVERY = {**CENSORED, **BOTH}


def free_points(model, data):
    sizes = [free_shape(one, data) for one in declarations(model.program())]
    return 0.5 * np.random.default_rng(5).normal(size=(10, sum(int(np.prod(s)) for s in sizes)))


def assert_same(fused, portable):
    assert np.isfinite(portable).all()
    np.testing.assert_allclose(fused[:, 0], portable[:, 0], rtol=1e-9)
    # Of the gradient the last digits are what cancels between rows and components.
    scale = np.abs(portable[:, 1:]).max(axis=1, keepdims=True)
    np.testing.assert_allclose(fused[:, 1:] / scale, portable[:, 1:] / scale, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", EVERY)
def test_censored_rows_have_the_density_of_the_portable_program(name, log_density, fused_programs):
    """Also where all rows are known exactly, and where none is."""
    model = mixture(EVERY[name])
    data = model.data(ROWS)
    points = free_points(model, data)
    kinds = np.asarray(data["censoring"])
    assert {0, 1, 2} <= {*kinds}
    for of_rows in (kinds, 0 * kinds, np.where(kinds == 0, 2, kinds)):
        these = {**data, "censoring": of_rows}
        fused = log_density(model, these, points, kernel="fused", among=fused_programs)
        assert_same(fused, interpreted(model, these, points))


@pytest.mark.parametrize("name", TRUNCATED)
def test_truncated_mixtures_have_the_density_of_the_portable_program(
    name, log_density, fused_programs
):
    model = mixture(TRUNCATED[name])
    assert lower(model, "auto").kernel == "fused"
    data = model.data(ROWS)
    points = free_points(model, data)
    fused = log_density(model, data, points, kernel="fused", among=fused_programs)
    assert_same(fused, interpreted(model, data, points))


def test_a_weight_counts_truncated_densities_of_rows_in_groups():
    model = mixture(TRUNCATED["below"])
    data = model.data(ROWS)
    points = free_points(model, data)
    expected = [log_posterior(model, data, u) for u in points]
    np.testing.assert_allclose(interpreted(model, data, points)[:, 0], expected, rtol=1e-9)


def test_components_far_beyond_an_end_keep_their_share(log_density, fused_programs):
    """Where of one so little is recorded that the probability is no double."""
    model = mixture(TRUNCATED["below"])
    data = model.data(ROWS)
    points = free_points(model, data)
    points[:, 2] -= 60.0  # the first mean, in units of the data's scale
    portable = interpreted(model, data, points)
    assert_same(log_density(model, data, points, kernel="fused", among=fused_programs), portable)


# By whether all families have tails in their kernels.
@pytest.mark.parametrize(
    ("name", "exact", "limited"),
    [
        (
            "of positive numbers",
            "weibull_mixture_lpdf(y_exact | {}X_exact, beta_scaled,",
            "interval_weibull_mixture_lpdf(y_limited | {}y_to_limited, X_limited,",
        ),
        (
            "without units",
            "poisson_mixture_lpmf(y_exact | {}mu,",
            "limited_mixture_lpmf(y_limited | censoring_limited, mu,",
        ),
    ],
)
def test_rows_that_are_known_exactly_have_a_likelihood_of_their_own(name, exact, limited):
    model = mixture(CENSORED[name])
    assert lower(model, "auto") == lower(model, "fused")
    source = render(lower(model, "fused"))
    assert exact.format("") in source
    assert limited.format("") in source
    of_some = render(lower(model, "fused", minibatch=True))
    assert exact.format("batch_size_exact, ") in of_some
    assert limited.format("batch_size_limited, ") in of_some


@pytest.mark.parametrize(
    ("stated", "call"),
    [
        ({}, "censored_normal_mixture_lpdf(y_by_kind | y_to_by_kind, mu_scaled,"),
        ({"truncation": (0, "end")}, "censored_truncated_normal_mixture_lpdf(y_by_kind |"),
        ({"gating": "~ z"}, "Z_scaled, gamma_scaled, rep_vector(0, 0), rep_vector(0, 0), "
         "group_by_kind"),
        ({"family": "poisson"}, "censored_poisson_mixture_lpmf(y_by_kind | y_to_by_kind, mu,"),
        ({"family": "binomial", "trials": "t", "truncation": (None, "end")},
         "censored_truncated_binomial_mixture_lpmf(y_by_kind | trials_by_kind, y_to_by_kind, mu,"),
    ],
)  # fmt: skip
def test_rows_of_a_group_have_one_likelihood(stated, call):
    """Those known exactly before those that are censored, but for what groups have."""
    source = render(lower(stanmix.Mixture("y", 2, censoring="c", group="g", **stated), "auto"))
    assert call in " ".join(source.split())
    assert "_exact" not in source and "_limited" not in source


@pytest.mark.parametrize("name", EVERY)
def test_programs_of_censored_rows_pass_the_pedantic_compiler(name, cmdstan, tmp_path):
    """But for what it says of every program: it does not see priors that the data choose."""
    source = tmp_path / "program.stan"
    source.write_text(render(lower(mixture(EVERY[name]), "fused")))
    stanc = [cmdstan / "bin" / "stanc", "--allow-undefined", "--warn-pedantic"]
    ended = subprocess.run(
        [*stanc, f"--o={tmp_path / 'program.hpp'}", source], capture_output=True, text=True
    )
    assert ended.returncode == 0
    warnings = " ".join(ended.stderr.split()).split("Warning: ")[1:]
    assert [said for said in warnings if " has no priors. " not in said] == []
