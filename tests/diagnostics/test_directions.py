from __future__ import annotations

import numpy as np
import pytest
from synthetic import fit_of

import stanmix
from stanmix.diagnostics.directions import directions
from stanmix.diagnostics.report import Report

CHAINS, DRAWS = 2, 200
Y = np.random.default_rng(1).vonmises(1.0, 2.0, 60)
MODEL = stanmix.Mixture("y", 2, family="von_mises")
CUT = float(MODEL.data({"y": Y})["y_centre"]) + np.pi


def within(angles):
    """Angles as draws are: within half a turn of the data's direction, on either side of it."""
    return np.angle(np.exp(1j * (angles - CUT + np.pi))) + CUT - np.pi


def findings(first, second):
    rng = np.random.default_rng(2)
    mu = np.stack([within(one(rng)) for one in (first, second)], axis=-1)
    draws = {"theta": np.full(mu.shape, 0.5), "mu": mu, "kappa": np.full(mu.shape, 3.0)}
    report = Report()
    directions(fit_of(MODEL, {"y": Y}, draws), report)
    return report.findings


def about(centre, sd):
    return lambda rng: rng.normal(centre, sd, (CHAINS, DRAWS))


def anywhere(rng):
    return rng.uniform(-np.pi, np.pi, (CHAINS, DRAWS))


def test_components_across_the_cut_are_named_with_their_sds():
    (found,) = findings(about(CUT, 0.2), about(CUT + 0.1, 0.4))
    assert (found.topic, found.level) == ("directions", "note")
    assert "of component 1 and 2 lie on both sides" in found.text
    place = np.angle(np.exp(1j * CUT))
    assert f"both sides of {place:.3g} rad" in found.text
    rng = np.random.default_rng(2)
    sds = [one(rng).std() for one in (about(CUT, 0.2), about(CUT + 0.1, 0.4))]
    assert f"their sd is {sds[0]:.2g}, {sds[1]:.2g})" in found.text


@pytest.mark.parametrize("other", [about(CUT - 2.0, 0.2), about(CUT + 1.0, 0.1), anywhere])
def test_only_draws_on_both_sides_of_it_are_named(other):
    """Draws all around the circle are as wide about any direction."""
    assert findings(other, other) == []
    (found,) = findings(other, about(CUT, 0.2))
    assert "of component 2 lie on both sides" in found.text
