"""Programs of all structures: each is a density of its own, and in two forms of text."""

from __future__ import annotations

import difflib
import functools
import itertools
import re

import numpy as np
import pytest
import structures
from independent import FAMILIES, log_posterior, random_points
from interpreted import interpreted

import stanmix
from stanmix.model.matrices import matrices
from stanmix.program import kernels
from stanmix.program.data import standata
from stanmix.program.lower import lower
from stanmix.program.plan import LONGEST_NAME
from stanmix.program.render import render

EVERY = list(structures.every_structure())
SELECTED = {structures.name(each): structures.mixture(each) for each in structures.selection()}
ROWS = structures.rows()


def kernels_of(model):
    """Kernels that a mixture can have: a fused likelihood knows usual links, and tails of some."""
    limits = model.truncation is None or kernels.has(f"truncated_{model.family}")
    fused = kernels.has(model.of_family.kernel) and not model.link and limits
    return ("stan", "fused") if fused else ("stan",)


def test_structures_are_of_every_family():
    assert {each["family"] for each in EVERY} == set(FAMILIES)


def test_any_three_options_of_a_kind_of_family_are_selected_together():
    selected = structures.selection()
    assert len(selected) == len(SELECTED) < len(EVERY) / 8
    every, found = (
        {three for each in those for three in structures.threes(each)}
        for those in (EVERY, selected)
    )
    assert found == every


def test_every_family_and_each_of_its_links_is_selected():
    def seen(those):
        return {(each["family"], each.get("link")) for each in those}

    assert seen(structures.selection()) == seen(EVERY)


def test_names_of_all_programs_differ_and_are_short_enough():
    """Which coefficient is ordered is no part of a program."""
    models = [structures.mixture(each) for each in EVERY]
    plans = {lower(model, kernel) for model in models for kernel in kernels_of(model)}
    names = {plan.name for plan in plans}
    assert len(names) == len(plans) > 8000
    assert max(map(len, names)) <= LONGEST_NAME


def statements_of_priors(model):
    """What a program with priors by name has and has not beside that with coded ones, by line.

    What it has comes with the declarations of what it names.
    """
    coded, named = (render(lower(model, priors=each)).splitlines() for each in ("coded", "named"))
    declared = {}
    for line in named:
        if found := re.match(r"  (?:\w+(?:<.*?>)?(?:\[.*?\])* )+(\w+)( = .*)?;", line):
            declared[found[1]] = line.split("//")[0]
    added = {
        (line, *sorted({declared[word] for word in re.findall(r"\w+", line) if word in declared}))
        for line in set(named) - set(coded)
    }
    return added | (set(coded) - set(named))


@functools.cache
def with_own_statements_of_priors():
    """Structures among which are all statements of priors by name: the rest is as with codes."""
    seen, found = set(), []
    for name, model in SELECTED.items():
        own = statements_of_priors(model)
        if not own <= seen:
            found.append(name)
            seen |= own
    return frozenset(found)


@pytest.mark.parametrize("name", SELECTED)
def test_the_density_is_that_of_scipy(name):
    model = SELECTED[name]
    design = matrices(model, ROWS)
    coded = standata(model, design, lower(model))
    # Where a probability far out rounds to one, there may be no density.
    several = ((u, log_posterior(model, coded, u)) for u in random_points(model, coded, 12, seed=7))
    finite = itertools.islice((found for found in several if np.isfinite(found[1])), 3)
    points, expected = (np.array(each) for each in zip(*finite, strict=True))
    assert len(points) == 3
    found = interpreted(model, coded, points)
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-9)
    if name not in with_own_statements_of_priors():
        return
    # Statements with a tilde leave out what is the same everywhere.
    named = standata(model, design, lower(model, priors="named"))
    of_named = interpreted(model, named, points, priors="named")
    apart = of_named[:, 0] - expected
    np.testing.assert_allclose(apart, apart[0], atol=1e-9 * np.abs(expected).max())
    np.testing.assert_allclose(of_named[:, 1:], found[:, 1:], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("priors", ["coded", "named"])
def test_ways_to_sum_over_components_are_a_line_apart(priors):
    for stated, model in SELECTED.items():
        one, other = (
            render(lower(model, priors=priors, mixing=mixing)).splitlines()
            for mixing in ("log_mix", "log_sum_exp")
        )
        changes = [line for line in difflib.ndiff(one, other) if line[0] in "+-"]
        if model.gating is not None or model.labels is not None:
            expected = []
        elif model.weights is not None and model.group is None:
            expected = [
                "-       total += weights[n] * log_mix(theta, log_density[n]);",
                "+       total += weights[n] * log_sum_exp(log(theta) + log_density[n]);",
            ]
        else:
            unit, units = "nN" if model.group is None else "gG"
            expected = [
                "-     return log_mix(theta, log_density);",
                "+     real total = 0;",
                f"+     for ({unit} in 1:{units}) {{",
                f"+       total += log_sum_exp(log(theta) + log_density[{unit}]);",
                "+     }",
                "+     return total;",
            ]
        assert changes == expected, stated


def test_a_fused_likelihood_is_the_same_whatever_a_portable_one_sums_by():
    for model in SELECTED.values():
        if "fused" not in kernels_of(model):
            continue
        one, other = (lower(model, "fused", mixing=way) for way in ("log_mix", "log_sum_exp"))
        assert render(one) == render(other) and one.name == other.name


@pytest.mark.parametrize(("family", "of"), [("exgaussian", "tau"), ("skew_normal", "alpha")])
def test_densities_are_kept_where_stans_own_are_lost(family, of):
    """Short tails, and far out on the thin side: there is a density, and it has a slope."""
    rng = np.random.default_rng(0)
    wide = {"tau": stanmix.LogNormal(0, 5), "alpha": stanmix.Normal(0, 50)}
    model = stanmix.Mixture("y", 2, family=family, priors={of: wide[of]})
    data = model.data({"y": rng.normal(0, 3, 60)})
    points = random_points(model, data, 60, seed=1)
    points[:, -2:] = rng.uniform(-5, 2, (60, 2)) if of == "tau" else rng.normal(0, 40, (60, 2))
    found = interpreted(model, data, points)
    # SciPy adds what cancels: of (sigma / tau)^2 / 2 there are so many digits left.
    expected = np.array([log_posterior(model, data, u) for u in points])
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-9)
    assert np.isfinite(found).all()
    step = 1e-5 * np.eye(points.shape[1])[-1]
    ends = [interpreted(model, data, points + side * step)[:, 0] for side in (1, -1)]
    slope = (ends[0] - ends[1]) / 2e-5
    np.testing.assert_allclose(found[:, -1], slope, rtol=1e-4, atol=1e-3)
