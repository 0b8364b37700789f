from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from synthetic import fit_of, noisy

import stanmix
from stanmix.diagnostics.modes import find_modes, valley

MODEL = stanmix.Mixture("y", 2, order=None, fixed={"sigma": 1.0, "theta": [0.5, 0.5]})
RNG = np.random.default_rng(1)
THREE = np.concatenate([RNG.normal(centre, 1, 30) for centre in (-6, 0, 6)])


def bimodal(chain_modes, jumps=False):
    """Three clusters and two components: the one in the middle goes left or right."""
    left, right = np.array([-3.0, 6.0]), np.array([-6.0, 3.0])
    rng = np.random.default_rng(2)
    modes = np.array(chain_modes)[:, None] * np.ones((1, 300), dtype=int)
    if jumps:
        modes = np.tile((np.arange(300) // 20) % 2, (len(chain_modes), 1))
    centre = np.where(modes[..., None] == 1, right, left)
    mu = centre + 0.15 * rng.normal(size=centre.shape)
    swap = rng.random(modes.shape) < 0.3
    mu = np.where(swap[..., None], mu[..., ::-1], mu)
    lp = -100.0 - 5.0 * modes + rng.normal(size=modes.shape)
    return fit_of(MODEL, {"y": THREE}, {"mu": mu}, lp=lp)


def test_two_real_modes_are_told_from_switching():
    diagnosis = bimodal([0, 0, 1, 0]).diagnose()
    finding = diagnosis.about("modes")
    assert finding.level == "problem"
    assert "relabelling cannot help" in finding.advice
    assert "No chain went from one to another" in finding.text
    table = diagnosis.tables["modes"]
    assert list(table["weight"]) == [0.75, 0.25]
    assert list(table["chains"]) == ["1, 2, 4", "3"]
    np.testing.assert_allclose(table["lp_mean"], [-100, -105], atol=0.3)
    np.testing.assert_allclose(table[["mu[1]", "mu[2]"]], [[-3, 6], [-6, 3]], atol=0.1)
    assert diagnosis.figures["passages_between_modes"] == 0
    # The labels switched as well, and that is said apart.
    assert diagnosis.about("label switching").level == "problem"
    assert diagnosis.figures["r_hat_invariant"] > 1.1


def test_chains_that_pass_between_modes_know_their_weights():
    diagnosis = bimodal([0, 0], jumps=True).diagnose()
    finding = diagnosis.about("modes")
    assert finding.level == "note"
    assert diagnosis.figures["passages_between_modes"] == 2 * 14
    assert "passages" not in finding.text and "28 times" in finding.text


def test_switching_alone_makes_no_modes():
    rng = np.random.default_rng(3)
    mu = noisy(rng, [-3.0, 6.0], 0.15, 4, 300)
    mu = np.where((rng.random((4, 300)) < 0.5)[..., None], mu[..., ::-1], mu)
    fit = fit_of(MODEL, {"y": THREE}, {"mu": mu})
    diagnosis = fit.diagnose()
    assert diagnosis.figures["modes"] == 1
    with pytest.raises(KeyError):
        diagnosis.about("modes")


def test_three_modes_are_found_by_splitting_twice():
    rng = np.random.default_rng(4)
    centre = np.array([0.0, 10.0, 30.0])[rng.integers(0, 3, size=(4, 400))]
    quantities = xr.Dataset(
        {
            "flat": (("chain", "draw"), rng.normal(size=(4, 400))),
            "split": (("chain", "draw"), centre + rng.normal(size=(4, 400))),
        }
    )
    label, where = find_modes(quantities)
    assert where == "split" and label.max() == 2
    shares = np.bincount(label.ravel())
    assert (np.diff(shares) <= 0).all()
    assert all(len(np.unique(centre[label == m])) == 1 for m in range(3))


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng: rng.normal(size=2000),
        lambda rng: rng.exponential(size=2000),
        lambda rng: rng.standard_t(2, size=2000),
        lambda rng: rng.uniform(size=2000),
        lambda rng: rng.lognormal(size=2000),
    ],
)
def test_one_hump_is_one_mode(draw):
    """Fifty seeded samples of each shape, worth 100 to 2 000 draws."""
    for seed in range(50):
        values = draw(np.random.default_rng(seed))
        for effective in (100.0, 2000.0):
            assert valley(values, effective)[0] >= 0.25


def test_a_valley_lies_between_the_humps():
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(0, 1, 1500), rng.normal(8, 1, 500)])
    depth, cut = valley(values, 2000)
    assert depth < 0.05 and 2 < cut < 6
    assert valley(values, 10)[0] == 1  # ten draws say nothing
    assert valley(np.ones(100), 100)[0] == 1
