from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import stanmix
from stanmix.streams import Stream, generator


@pytest.mark.parametrize("stream", Stream)
def test_a_stream_is_that_of_its_number(stream):
    expected = np.random.default_rng([7, int(stream)]).random(5)
    np.testing.assert_array_equal(generator(7, stream).random(5), expected)
    part = generator(7, stream, 3).random(5)
    np.testing.assert_array_equal(part, np.random.default_rng([7, int(stream), 3]).random(5))
    assert not np.isin(part, expected).any()


def test_streams_differ():
    first = [generator(1, stream).random() for stream in Stream]
    assert len(set(first)) == len(Stream)


def test_every_stream_is_used_and_has_its_name():
    files = Path(stanmix.__file__).parent.rglob("*.py")
    together = "\n".join(
        path.read_text(encoding="utf-8") for path in files if path.name != "streams.py"
    )
    assert {match[1] for match in re.finditer(r"Stream\.([A-Z_]+)", together)} == {
        stream.name for stream in Stream
    }
    assert "default_rng([" not in together
