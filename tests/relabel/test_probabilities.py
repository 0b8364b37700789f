import numpy as np
import pytest
from switched_draws import make, random_permutations

from stanmix.errors import InputError
from stanmix.relabel import ComputedProbabilities, probabilities, stephens
from stanmix.relabel.probabilities import Probabilities, ProbabilitySource, relabelled_sum


def test_blocks_hold_every_draw_once(monkeypatch):
    p = make(61, chains=3, draws=7).p
    monkeypatch.setattr(probabilities, "_BUDGET", 2 * p[0, 0].size)
    reader = Probabilities(p)
    read = np.full((21, *p.shape[2:]), np.nan)
    places = []
    for place, block in reader.blocks():
        assert len(block) <= 2
        read[place] = block
        places.extend(range(21)[place])
    assert places == list(range(21))
    np.testing.assert_array_equal(read, p.reshape(read.shape))
    np.testing.assert_array_equal(reader.take(np.array([20, 0, 8])), read[[20, 0, 8]])


def test_probabilities_may_be_computed_or_on_disk(tmp_path):
    draws = make(62)
    p = draws.switched(random_permutations(62, 2, 12, 3)).p
    expected = stephens(p)
    asked = []

    def block(chain, start, stop):
        asked.append((chain, start, stop))
        return p[chain, start:stop]

    np.testing.assert_array_equal(stephens(ComputedProbabilities(p.shape, block)), expected)
    assert {chain for chain, _, _ in asked} == {0, 1}
    np.save(tmp_path / "p.npy", p)
    mapped = np.load(tmp_path / "p.npy", mmap_mode="r")
    np.testing.assert_array_equal(stephens(mapped), expected)
    np.testing.assert_array_equal(stephens(p.tolist()), expected)
    assert isinstance(mapped, ProbabilitySource)


def test_small_blocks_give_the_same(monkeypatch):
    p = make(63, separation=3.0).p
    expected = stephens(p)
    monkeypatch.setattr(probabilities, "_BUDGET", 1)
    np.testing.assert_array_equal(stephens(p), expected)


def test_relabelled_sum_equals_loops():
    p = make(64, chains=1, draws=5, components=4).p[0]
    perm = random_permutations(64, 1, 5, 4)[0]
    expected = sum(draw[:, order] for draw, order in zip(p, perm, strict=True))
    np.testing.assert_allclose(relabelled_sum(p, perm), expected, rtol=1e-14)


def test_a_fault_is_found_in_any_block_and_named(monkeypatch):
    p = make(65, chains=2, draws=6).p
    monkeypatch.setattr(probabilities, "_BUDGET", 1)
    p[1, 4, 2] = [0.5, 0.5, 0.5]
    with pytest.raises(InputError, match=r"p sums to 1.5 over the components at \(1, 4, 2\)"):
        list(Probabilities(p).blocks())


def test_a_source_must_keep_to_its_shape():
    source = ComputedProbabilities((1, 4, 3, 2), lambda chain, start, stop: np.full((1, 3, 2), 0.5))
    with pytest.raises(
        InputError, match=r"p\[0, 0:4\] has shape \(1, 3, 2\); expected \(4, 3, 2\)"
    ):
        list(Probabilities(source).blocks())
