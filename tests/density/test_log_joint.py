from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from stanmix.density import blocks, log_joint


@pytest.mark.parametrize("block", [1, 30, 2**22])
def test_mean_weights_do_not_depend_on_blocks(block, monkeypatch):
    rng = np.random.default_rng(0)
    gamma, Z = rng.normal(size=(11, 3, 2)), rng.normal(size=(7, 2))
    expected = special.softmax(np.einsum("nq,skq->snk", Z, gamma), axis=2).mean(axis=1)
    monkeypatch.setattr(blocks, "BLOCK", block)
    np.testing.assert_allclose(log_joint.mean_weights(gamma, Z), expected, rtol=1e-12)
