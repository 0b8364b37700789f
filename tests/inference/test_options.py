from __future__ import annotations

import numpy as np
import pytest

import stanmix
from stanmix.errors import InputError
from stanmix.inference import options

FRAME = {"y": [1.0, 2.0, 5.0, 6.0]}


@pytest.mark.parametrize(
    ("method", "values", "word"),
    [
        ("nutz", {}, "method must be one of 'nuts'.*got 'nutz'"),
        ("nuts", {"chain": 4}, "did you mean 'chains'"),
        ("nuts", {"chains": 0}, "chains must be an integer of at least 1"),
        ("nuts", {"draws": 10.0}, "draws must be an integer"),
        ("nuts", {"adapt_delta": 1.0}, "between 0 and 1"),
        ("nuts", {"metric": "dense"}, "'dense_e'"),
        ("nuts", {"seed": -1}, "seed must be"),
        ("nuts", {"starts": "best"}, "starts must be one of"),
        ("nuts", {"starts": [{"mu": [1, 2]}]}, "4 are needed"),
        ("nuts", {"starts": 3}, "starts must be"),
        ("advi", {"algorithm": "full"}, "'fullrank'"),
        ("advi", {"tol_rel_obj": 0.0}, "positive"),
        ("advi", {"chains": 4}, "no option 'chains'"),
        ("advi", {"restarts": 0}, "restarts must be"),
        ("advi", {"starts": [{"mu": [1, 2]}]}, "4 are needed"),
        ("pathfinder", {"draws": 0}, "draws must be"),
        ("pathfinder", {"num_paths": 4}, "no option 'num_paths'"),
        ("nuts", {"progress": "no"}, "progress must be True or False, got 'no'"),
        ("nuts", {"draws": 2**31}, "draws must be an integer of at least 1 and at most 2147483647"),
        ("nuts", {"seed": True}, "seed must be an integer.*got True"),
        ("nuts", {"starts": "random", "output_dir": 3}, "output_dir must be a path"),
        ("nuts", {"output_dir": "/dev/null/below"}, "output_dir: .*Not a directory"),
        ("nuts", {"cmdstan": "a\0b"}, "cmdstan: .*cannot be a path"),
        ("advi", {"iterations": 50}, "iterations=50 lies below eval_elbo=100"),
        ("advi", {"eta": 0.0}, "eta must be"),
        ("advi", {"batch_size": 0}, "batch_size must be"),
        ("advi", {"batch_size": 5}, "batch_size=5, but the likelihood reads 4 rows"),
        ("advi", {"batch_size": 2, "kernel": "stan"}, "by fused likelihoods alone"),
        ("advi", {"batch_size": 2, "iterations": 900}, "lies below eval_elbo=1000"),
        ("nuts", {"batch_size": 2}, "method='nuts' has no option 'batch_size'"),
        ("laplace", {"iterations": 1.5}, "iterations must be"),
        ("map", {"runs": 0}, "runs must be"),
    ],
)
def test_unusable_options_are_refused_before_anything_compiles(method, values, word, monkeypatch):
    def build(*args, **kwargs):
        raise AssertionError("compiled")

    monkeypatch.setattr(stanmix.cmdstan, "build", build)
    monkeypatch.setattr(stanmix.cmdstan, "require", build)
    with pytest.raises(InputError, match=word):
        stanmix.Mixture("y", 2).fit(FRAME, method=method, **values)


def test_none_stands_for_the_default():
    assert options.read("nuts", {"chains": None, "seed": 1}) == options.NutsOptions(seed=1)


def test_a_seed_is_drawn_and_kept():
    assert options.read("nuts", {}).seed != options.read("nuts", {}).seed


def test_scalars_of_numpy_will_do():
    given = {"chains": np.int64(2), "adapt_delta": np.float32(0.5), "progress": np.False_}
    plain = {"chains": 2, "adapt_delta": 0.5, "progress": False}
    read = options.read("nuts", {**given, "seed": np.random.default_rng(0).integers(1, 99)})
    assert read == options.NutsOptions(**plain, seed=read.seed)
    assert read.to_json() == options.NutsOptions(**plain, seed=read.seed).to_json()
