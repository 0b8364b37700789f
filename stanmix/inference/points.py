"""Points of the unconstrained scale as a file, which CmdStan's ``log_prob`` reads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

__all__ = ["FILE", "Points", "read", "write"]

Array = NDArray[np.float64]

FILE = "points.json"


@dataclass(frozen=True)
class Points:
    """Draws as points.

    Attributes
    ----------
    stan : ndarray of shape (S, D)
        On Stan's unconstrained scale.
    own : ndarray of shape (S, E)
        The same in the coordinates that they were drawn in; see
        `stanmix.inference.exploration.component_space`.
    log_p : ndarray of shape (S,), optional
        Stan's log density there, without Jacobian, as far as it is known; else not a number.
    """

    stan: Array
    own: Array
    log_p: Array | None = None


def write(folder: Path, points: Points) -> Path:
    """Write points to `FILE` in a folder, and return its path."""
    path = folder / FILE
    values = {
        "params_r": np.ascontiguousarray(points.stan),
        "points": np.ascontiguousarray(points.own),
    }
    path.write_bytes(orjson.dumps(values, option=orjson.OPT_SERIALIZE_NUMPY))
    return path


def read(path: Path) -> Points:
    """Read what `write` wrote.

    Raises
    ------
    ValueError
        If the file holds something else.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        stan, own = (np.array(values[name], dtype=float) for name in ("params_r", "points"))
    except KeyError as error:
        raise ValueError(f"{path} has no {error}") from error
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path} does not hold points: {error}") from error
    if stan.ndim != 2 or own.ndim != 2 or len(stan) != len(own):
        raise ValueError(
            f"{path} does not hold points: two tables with a row for each are expected, but they "
            f"have the shapes {stan.shape} and {own.shape}"
        )
    return Points(stan, own)
