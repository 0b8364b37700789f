from __future__ import annotations

import numpy as np
import pytest
from independent import total_log_likelihood
from rendered import render
from synthetic import at_draw, made_up_fit

import stanmix
from stanmix.density.log_joint import log_joint

GROUPED = render.grouped_lines(groups=8).sample(frac=1, random_state=1).reset_index(drop=True)
COUNTS = GROUPED.assign(n=np.round(np.abs(3 * GROUPED.y)))
LABELLED = GROUPED.assign(**{"class": GROUPED["group"].map({0: "a", 3: "c", 4: "b"})})
ALL = {"offset": "shift", "weights": "times", "group": "group", "gating": "~ z"}
CASES = {
    "all": (stanmix.Mixture("y ~ x", 3, **ALL), GROUPED),
    "group": (stanmix.Mixture("y", 2, group="group"), GROUPED),
    "rows": (stanmix.Mixture("y", 2, offset="shift", weights="times"), GROUPED),
    "gating": (stanmix.Mixture("y ~ x", 2, gating="~ x + z"), GROUPED),
    "labels": (stanmix.Mixture("y ~ x", 3, labels="class"), LABELLED),
    "labels, all": (stanmix.Mixture("y ~ x", 3, labels="class", **ALL), LABELLED),
    "poisson": (stanmix.Mixture("n", 2, family="poisson", offset="shift"), COUNTS),
    "poissons": (stanmix.Mixture("n ~ x", 2, family="poisson", **ALL), COUNTS),
    "scales": (stanmix.Mixture("y ~ x", 3, formulas={"sigma": "~ shift"}, **ALL), GROUPED),
    "scales of means": (stanmix.Mixture("y", 2, formulas={"sigma": "~ x"}), GROUPED),
    "student_t": (stanmix.Mixture("y", 2, family="student_t", shared=("nu",)), GROUPED),
    "students": (
        stanmix.Mixture(
            "y ~ x", 2, family="student_t", formulas={"sigma": "~ shift", "nu": "~ x"}, **ALL
        ),
        GROUPED,
    ),
    "negative_binomial": (
        stanmix.Mixture("n", 2, family="negative_binomial", offset="shift", weights="times"),
        COUNTS,
    ),
    "negative_binomials": (
        stanmix.Mixture("n ~ x", 2, family="negative_binomial", formulas={"phi": "~ z"}, **ALL),
        COUNTS,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_log_likelihood_is_that_of_scipy(name):
    model, frame = CASES[name]
    fit, data = made_up_fit(model, frame), model.data(frame)
    expected = [total_log_likelihood(model, data, at_draw(fit, s)) for s in range(7)]
    np.testing.assert_allclose(fit.log_likelihood().to_numpy()[0], expected, rtol=1e-10)


@pytest.mark.parametrize("name", CASES)
def test_responsibilities_follow_from_the_likelihood_by_differences(name):
    # By Bayes' rule P(z_u = k) = d log p(y) / d log(weight of k in u): with weights of a unit
    # moved by hand, no formula of stanmix is used twice.
    model, frame = CASES[name]
    fit, data = made_up_fit(model, frame), model.data(frame)
    found = fit.responsibilities().to_numpy()
    np.testing.assert_allclose(found.sum(axis=1), 1)
    row = 5
    rows = np.flatnonzero(data["group"] == data["group"][row]) if "group" in data else [row]
    alone = frame.iloc[rows]
    expected = np.zeros(model.components)
    for s in range(7):
        values = at_draw(fit, s)
        here = {**data, "N": len(rows)}
        for key in ("y", "X", "X_sigma", "X_nu", "X_phi", "offsets", "weights"):
            if key in data:
                here[key] = np.asarray(data[key])[rows]
        if "labels" in data:
            here["labels"] = data["labels"][[data["group"][row] - 1 if "group" in data else row]]
        if "group" in data:
            here.update(group=np.ones(len(rows), int), G=1)
        elif "weights" in data:
            here["weights"] = np.ones(1)
        if "gamma" in values:
            which = data["group"][row] - 1 if "group" in data else row
            here["Z"] = np.asarray(data["Z"])[[which]]
        together = total_log_likelihood(model, here, values)
        log_weights = np.zeros(model.components)
        if "gamma" in values:
            logits = here["Z"][0] @ values.pop("gamma").T
            values["theta"] = np.exp(logits) / np.exp(logits).sum()
        log_weights = np.log(values["theta"])
        for k in range(model.components):
            one = {**values, "theta": np.full(model.components, 1e-300)}
            one["theta"][k] = 1.0
            expected[k] += np.exp(
                log_weights[k] + total_log_likelihood(model, here, one) - together
            )
    assert len(alone) == len(rows)
    np.testing.assert_allclose(found[row], expected / 7, rtol=1e-8)


def test_the_rows_of_a_group_share_responsibilities_and_allocations():
    fit = made_up_fit(*CASES["all"])
    group = GROUPED["group"].to_numpy()
    p, z = fit.responsibilities().to_numpy(), fit.sample_allocations().to_numpy()
    for g in range(8):
        assert np.ptp(p[group == g], axis=0).max() == 0
        assert np.ptp(z[..., group == g], axis=-1).max() == 0


def test_a_block_of_rows_knows_its_groups():
    fit = made_up_fit(*CASES["all"])
    terms, _ = fit.rows()
    whole, part = log_joint(fit.draws(), terms), log_joint(fit.draws(), terms[3:9])
    np.testing.assert_allclose(part, whole[:, 3:9], rtol=1e-12)


def test_expected_responses_weigh_the_components_by_the_covariates():
    fit = made_up_fit(*CASES["gating"])
    new = GROUPED[["x", "z"]].iloc[[4, 2]]
    expected = np.zeros(2)
    for s in range(7):
        values = at_draw(fit, s)
        for i, (x, z) in enumerate(new.to_numpy()):
            weights = np.exp(values["gamma"] @ [1, x, z])
            expected[i] += weights @ (values["beta"] @ [1, x]) / weights.sum() / 7
    np.testing.assert_allclose(fit.predict(new), expected, rtol=1e-10)


def test_drawn_counts_have_the_expected_mean():
    model, frame = CASES["poisson"]
    fit = made_up_fit(model, frame)
    new = frame[["shift"]].iloc[np.zeros(40_000, dtype=int)].reset_index(drop=True)
    drawn = fit.predict(new, "draws").to_numpy()[0]
    assert (drawn == np.floor(drawn)).all() and drawn.min() >= 0
    expected = float(fit.predict(new.iloc[:1])[0])
    error = drawn.mean(axis=0).std() / np.sqrt(drawn.shape[1])
    assert abs(drawn.mean() - expected) < 5 * error


def test_a_fit_with_all_of_it_is_read_back(tmp_path):
    fit = made_up_fit(*CASES["all"])
    again = stanmix.load(fit.save(tmp_path / "fit.nc"))
    assert again.model == fit.model
    np.testing.assert_array_equal(again.responsibilities(), fit.responsibilities())
