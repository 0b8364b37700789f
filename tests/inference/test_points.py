from __future__ import annotations

import json

import numpy as np
import pytest

from stanmix.inference import points
from stanmix.inference.points import Points


def test_points_there_and_back_to_the_last_bit(tmp_path):
    rng = np.random.default_rng(0)
    stan = rng.normal(size=(5, 3)) * 10.0 ** np.array([-300, 0, 300])
    own = np.asfortranarray(rng.normal(size=(5, 4)))[:, ::2]  # not one after another
    path = points.write(tmp_path, Points(stan, own, np.zeros(5)))
    assert path == tmp_path / "points.json"
    found = points.read(path)
    np.testing.assert_array_equal(found.stan, stan)
    np.testing.assert_array_equal(found.own, own)
    assert found.log_p is None


def test_each_point_is_a_row_under_the_name_that_cmdstan_reads(tmp_path):
    path = points.write(tmp_path, Points(np.array([[1.5, -2.0]]), np.array([[3.0]])))
    assert json.loads(path.read_text()) == {"params_r": [[1.5, -2.0]], "points": [[3.0]]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"params_r": [[1.0]]}', "no 'points'"),
        ('{"params_r": [[1.0', "not hold points"),
        ("[1, 2]", "not hold points"),
        ('{"params_r": [[1, 2], [3]], "points": [[1], [2]]}', "not hold points"),
        ('{"params_r": [[1]], "points": {"a": 1}}', "not hold points"),
        ('{"params_r": null, "points": [[1]]}', r"shapes \(\) and \(1, 1\)"),
        ('{"params_r": [[1], [2]], "points": [[1]]}', r"shapes \(2, 1\) and \(1, 1\)"),
    ],
)
def test_another_file_is_refused_by_its_name(tmp_path, text, said):
    path = tmp_path / points.FILE
    path.write_text(text)
    with pytest.raises(ValueError, match=rf"points\.json .*{said}"):
        points.read(path)
