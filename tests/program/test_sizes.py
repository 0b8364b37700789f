from __future__ import annotations

import itertools

import numpy as np
import pytest

from stanmix.program.sizes import size_of


@pytest.mark.parametrize("D", [1, 2, 3, 7])
def test_sizes_are_what_stan_computes(D):
    data = {"D": D, "P_sigma": np.int64(4), "D_2": D + 1}
    assert size_of("D", data) == D
    assert size_of("D - 1", data) == D - 1
    assert size_of("P_sigma - 2", data) == 2
    assert size_of("choose(D, 2)", data) == len([*itertools.combinations(range(D), 2)])
    assert size_of("choose(D_2, 2)", data) == len([*itertools.combinations(range(D + 1), 2)])


def test_a_size_is_an_integer_of_python_and_one_that_the_data_lack_is_no_size():
    assert type(size_of("P - 1", {"P": np.int64(3)})) is int
    for axis in ("Q", "Q - 1", "choose(Q, 2)"):
        with pytest.raises(KeyError, match="Q"):
            size_of(axis, {"P": 3})
