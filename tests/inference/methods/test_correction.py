"""Corrected draws against distributions whose moments are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from stanmix.inference.methods.correction import corrected
from stanmix.inference.options import LaplaceOptions
from stanmix.inference.runs.output import Output

S = 4000


def approximated(draws, posterior, approximation):
    log_p, log_g = posterior.logpdf(draws), approximation.logpdf(draws)
    values = np.stack([draws, -2 * draws], axis=1)
    return Output({"mu": values[None]}, {"log_p": log_p[None], "log_g": log_g[None]}, (1,))


def drawn(approximation, count=S):
    return approximation.rvs(count, random_state=np.random.default_rng(0))


def test_draws_of_a_wider_normal_become_those_of_the_posterior():
    posterior, approximation = stats.norm(0.4, 1.0), stats.norm(0.0, 1.5)
    before = approximated(drawn(approximation), posterior, approximation)
    after = corrected(before, LaplaceOptions(seed=1))
    found = after.importance
    assert found.applied and found.k_hat < 0.7
    mu = after.draws["mu"][0]
    error = 4 / np.sqrt(found.effective)  # and the resampling's, which is smaller
    assert abs(mu[:, 0].mean() - 0.4) < error
    assert abs(mu[:, 0].std() - 1.0) < error
    np.testing.assert_array_equal(mu[:, 1], -2 * mu[:, 0])
    # What is told is what was done, but for the noise of resampling.
    raw = before.draws["mu"][0, :, 0]
    assert found.means["mu"][0] == pytest.approx(mu[:, 0].mean() - raw.mean(), abs=0.02)
    assert found.means["mu"][1] == pytest.approx(-found.means["mu"][0])
    assert np.exp(found.sds["mu"]) == pytest.approx(mu[:, 0].std() / raw.std(), rel=0.02)
    # A draw keeps its own figures.
    np.testing.assert_allclose(after.stats["log_p"][0], posterior.logpdf(mu[:, 0]))
    np.testing.assert_allclose(after.stats["log_g"][0], approximation.logpdf(mu[:, 0]))


def test_the_same_seed_draws_the_same():
    output = approximated(drawn(stats.norm(0, 1.5)), stats.norm(), stats.norm(0, 1.5))
    one, same, other = (corrected(output, LaplaceOptions(seed=seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.draws["mu"], same.draws["mu"])
    assert (one.draws["mu"] != other.draws["mu"]).any()


def test_raw_draws_are_kept_where_they_are_asked_for():
    output = approximated(drawn(stats.norm(0, 1.5)), stats.norm(), stats.norm(0, 1.5))
    after = corrected(output, LaplaceOptions(seed=1, correct=False))
    assert after.draws["mu"] is output.draws["mu"]
    assert not after.importance.applied and after.importance.k_hat < 0.7


def test_weights_that_cannot_be_relied_on_correct_nothing():
    narrow = stats.norm(0, 0.3)
    output = approximated(drawn(narrow), stats.t(3), narrow)
    after = corrected(output, LaplaceOptions(seed=1))
    assert after.importance.k_hat > 0.7 and not after.importance.applied
    assert after.draws["mu"] is output.draws["mu"]


def test_a_draw_without_density_speaks_against_all():
    uniform = stats.uniform(-1, 3)
    output = approximated(drawn(uniform), stats.uniform(0, 1), uniform)
    after = corrected(output, LaplaceOptions(seed=1))
    assert after.importance.k_hat == np.inf and not after.importance.applied


def test_too_few_draws_are_left_as_they_are():
    output = approximated(drawn(stats.norm(0, 2), 24), stats.norm(), stats.norm(0, 2))
    assert corrected(output, LaplaceOptions(seed=1)) is output


def test_what_is_the_same_in_all_draws_does_not_move():
    output = approximated(drawn(stats.norm(0, 1.5)), stats.norm(), stats.norm(0, 1.5))
    output.draws["known"] = np.full((1, S), 3.0)
    found = corrected(output, LaplaceOptions(seed=1)).importance
    assert found.means["known"] == 0 and found.sds["known"] == 0
