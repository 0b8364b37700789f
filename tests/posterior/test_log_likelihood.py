from __future__ import annotations

import arviz as az
import numpy as np
import pytest
from rendered import render
from scipy import special, stats
from synthetic import at_draw, fit_of, made_up_fit, noisy

import stanmix
from stanmix import containers
from stanmix.density import blocks
from stanmix.density import log_joint as density
from stanmix.errors import InputError
from stanmix.posterior import log_likelihood

GROUPED = render.grouped_lines(groups=8).sample(frac=1, random_state=1).reset_index(drop=True)
NAMED = GROUPED.assign(group=[f"site {g}" for g in GROUPED["group"]])
LAMB = stanmix.datasets.load("fetal_lamb_counts")
EACH = LAMB.loc[LAMB.index.repeat(LAMB["freq"])].reset_index(drop=True)


def by_group(values: dict[str, np.ndarray], gated: bool) -> dict[str, float]:
    """Log density of each group: its rows multiplied within a class, then the classes summed."""
    found = {}
    for name, rows in NAMED.groupby("group"):
        terms = []
        for k in range(len(values["sigma"])):
            centre = values["beta"][k, 0] + values["beta"][k, 1] * rows["x"] + rows["shift"]
            logs = rows["times"] * stats.norm.logpdf(rows["y"], centre, values["sigma"][k])
            if gated:
                weight = special.log_softmax(values["gamma"] @ [1, rows["z"].iloc[0]])[k]
            else:
                weight = np.log(values["theta"][k])
            terms.append(weight + logs.sum())
        found[name] = special.logsumexp(terms)
    return found


@pytest.mark.parametrize("gating", [None, "~ z"])
def test_groups_have_one_value_each_as_scipy_has_it(gating):
    model = stanmix.Mixture(
        "y ~ x", 2, group="group", offset="shift", weights="times", gating=gating
    )
    fit = made_up_fit(model, NAMED)
    found = fit.log_likelihood(pointwise=True)
    assert found.dims == ("chain", "draw", "group")
    assert list(found["group"].to_numpy()) == list(dict.fromkeys(NAMED["group"]))
    for s in range(7):
        for name, value in by_group(at_draw(fit, s), gating is not None).items():
            assert float(found[0, s].sel(group=name)) == pytest.approx(value, rel=1e-10)
    np.testing.assert_allclose(found.sum("group"), fit.log_likelihood(), rtol=1e-12)


def test_leave_one_out_leaves_out_groups():
    """Draws so close together that the smoothing changes nothing: plain importance sampling."""
    rng = np.random.default_rng(0)
    theta = rng.beta(400, 400, size=(2, 500))
    draws = {
        "theta": np.stack([theta, 1 - theta], axis=-1),
        "mu": noisy(rng, [-1.0, 1.0], 0.02, 2, 500),
        "sigma": np.exp(noisy(rng, [0.5, 0.5], 0.01, 2, 500)),
    }
    fit = fit_of(stanmix.Mixture("y", 2, group="group"), NAMED, draws)
    values = fit.log_likelihood(pointwise=True).to_numpy().reshape(1000, 8)
    plain = -(special.logsumexp(-values, axis=0) - np.log(1000))
    estimate = fit.loo()
    np.testing.assert_allclose(estimate.loo_i, plain, atol=0.01)
    assert estimate.n_data_points == 8
    assert list(estimate.pareto_k["group"].to_numpy()) == list(dict.fromkeys(NAMED["group"]))
    whole = fit.with_log_likelihood()
    with containers.quiet():  # ArviZ warns of pandas
        assert az.loo(whole.idata).n_data_points == 8
        options = {"round_to": "none"} if hasattr(estimate, "elpd") else {}
        table = az.compare({"a": whole.idata, "b": whole.idata}, **options)
    column = "elpd_loo" if "elpd_loo" in table else "elpd"
    assert float(table[column].iloc[0]) == pytest.approx(plain.sum(), abs=0.05)
    said = stanmix.compare({"a": fit, "b": fit}).remarks
    assert "Left out at a time was a whole group of 'group'." in said


def test_one_of_equal_rows_is_left_out_at_a_time():
    table = made_up_fit(
        stanmix.Mixture("movements", 2, family="poisson", weights="freq"), LAMB, draws=200
    )
    rows = made_up_fit(stanmix.Mixture("movements", 2, family="poisson"), EACH, draws=200)
    one, other = table.loo(), rows.loo()
    with pytest.warns(UserWarning, match="Pareto"):  # draws of no posterior
        whole = az.loo(table.with_log_likelihood().idata)
    assert one.n_data_points == other.n_data_points == whole.n_data_points == 240
    for name in ("elpd_loo", "se", "p_loo"):
        assert one[name] == pytest.approx(other[name], rel=1e-9)
    whole = table.log_likelihood(pointwise=True)
    assert whole.sizes["obs_id"] == 8
    np.testing.assert_allclose(whole.sum("obs_id"), rows.log_likelihood(), rtol=1e-12)
    said = stanmix.compare({"a": table, "b": table}).remarks
    assert "Left out at a time was one of 'freq' equal rows." in said


@pytest.mark.parametrize("model", [
    stanmix.Mixture("y ~ x", 2, group="group", weights="times"),
    stanmix.Mixture("y ~ x", 2, weights="times", offset="shift"),
    stanmix.Mixture("y", 2),
], ids=["groups", "equal rows", "rows"])  # fmt: skip
def test_blocks_are_parts_of_the_whole(model, monkeypatch):
    fit = made_up_fit(model, NAMED)
    whole = fit.with_log_likelihood().idata.log_likelihood["y"]
    monkeypatch.setattr(blocks, "BLOCK", 7 * 3)
    parts = list(log_likelihood.unit_blocks(fit))
    assert len(parts) > 2
    np.testing.assert_allclose(np.hstack(parts), whole.to_numpy()[0], rtol=1e-12)
    dim, names = log_likelihood.unit_names(fit)
    assert dim == whole.dims[-1]
    np.testing.assert_array_equal(names, whole[dim])


def test_groups_of_many_rows_are_judged_in_blocks_too(monkeypatch):
    """A block holds the rows of its groups, whichever of them stands for a group."""
    fit = made_up_fit(stanmix.Mixture("y ~ x", 2, group="group"), NAMED, draws=50)
    read = []
    log_joint = density.log_joint

    def watched(parameters, terms):
        read.append(len(parameters["theta"]) * terms.rows_read)
        return log_joint(parameters, terms)

    whole = fit.log_likelihood(pointwise=True)
    monkeypatch.setattr(blocks, "BLOCK", 4 * len(NAMED))
    monkeypatch.setattr(density, "log_joint", watched)
    np.testing.assert_allclose(fit.log_likelihood(pointwise=True), whole, rtol=1e-12)
    assert max(read) <= 2 * len(NAMED)


def test_impossible_rows_that_do_not_count_do_no_harm():
    frame = {"n": [0.0, 1.0, 2.0, 700.0], "w": [2.0, 1.0, 1.0, 0.0]}
    model = stanmix.Mixture("n", 2, family="poisson", weights="w", fixed={"theta": [0.5, 0.5]})
    fit = fit_of(model, frame, {"mu": np.full((1, 3, 2), 1e-12)})
    assert np.isfinite(fit.log_likelihood()).all()
    assert fit.with_log_likelihood().idata.log_likelihood["y"].sizes["obs_id"] == 4


def test_what_cannot_be_left_out_or_compared_is_refused():
    halves = made_up_fit(stanmix.Mixture("y", 2, weights="w"), GROUPED.assign(w=0.5))
    with pytest.raises(InputError, match=r"whole numbers, but row 0 has weight 0\.5"):
        halves.loo()
    rows = made_up_fit(stanmix.Mixture("y", 2), NAMED)
    groups = made_up_fit(stanmix.Mixture("y", 2, group="group"), NAMED)
    times = made_up_fit(stanmix.Mixture("y", 2, weights="times"), NAMED)
    with pytest.raises(InputError, match="a whole group of 'group' at a time and 'rows' a row"):
        stanmix.compare({"rows": rows, "groups": groups})
    with pytest.raises(InputError, match="one of 'times' equal rows at a time and 'rows' a row"):
        stanmix.compare({"rows": rows, "times": times})
    with pytest.raises(InputError, match="would hold 1 x 7 x 8 numbers"):
        groups.with_log_likelihood(memory=1e-7)
    with pytest.raises(InputError, match="would hold 1 x 7 x 8 numbers"):
        groups.log_likelihood(pointwise=True, memory=1e-7)
    assert groups.log_likelihood(memory=1e-9).shape == (1, 7)
    with pytest.raises(InputError, match="of one observation would hold 1 x 7 x 1 numbers"):
        groups.loo(memory=1e-9)
