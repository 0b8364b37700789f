"""Posterior means and sds of the battery, made without stanmix, and kept beside it.

``python benchmarks/answers.py`` makes those that are lacking or whose posterior is stated
otherwise by now, ``--again`` all of them. Each quadrature is done twice, in boxes of different
size that are cut otherwise, and the results must agree.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from allocations import drawn
from battery import POSTERIORS
from posteriors import Array, Posterior
from quadrature import integrate, witnesses

__all__ = ["Answer", "answer", "main", "read"]

KEPT = Path(__file__).resolve().parent / "answers.json"
DRAWS = 1_000_000  # by enumeration
# Of two quadratures: how little of a prior may lie beyond the box, cells to begin with in each
# direction, and what may be lacking by their own figure, in posterior sds.
TWO = ((1e-10, 7, 0.01), (1e-12, 6, 0.005))
AGREE = 5e-3  # posterior sds by which they may differ


@dataclass(frozen=True)
class Answer:
    """What is known of a posterior.

    Attributes
    ----------
    said : str
        Of `Posterior.said`, by which a change of it shows.
    made_by : str
    mean, sd : dict of str to float
        Of what is compared.
    """

    said: str
    made_by: str
    mean: dict[str, float]
    sd: dict[str, float]


def answer(of: Posterior) -> Answer:
    """Work out the answer of a posterior.

    Raises
    ------
    RuntimeError
        If two quadratures do not agree.
    """
    if of.exact == "allocations":
        found = of.compared(drawn(of, DRAWS, np.random.default_rng(0)))
        mean = {name: float(values.mean()) for name, values in found.items()}
        sd = {name: float(values.std()) for name, values in found.items()}
        return Answer(of.said, f"{DRAWS} independent draws, by enumeration", mean, sd)
    names = [*of.compared(of.values(np.zeros((1, len(of.coordinates)))))]

    def functionals(points: Array) -> Array:
        return np.stack([*of.compared(of.values(points)).values()], axis=1)

    two, at = [], None
    for beyond, cut, tolerance in TWO:
        low, high = of.box(beyond)
        if at is None:
            at = witnesses(of.log_density, low, high, np.random.default_rng(0))
        two.append(
            integrate(of.log_density, functionals, low, high, at, cut, tolerance, of.may_kink)
        )
    first, second = two
    apart = np.abs(first.mean - second.mean) / second.sd
    factor = np.abs(np.log(first.sd / second.sd))
    worst = float(max(apart.max(), factor.max()))
    if not worst < AGREE:
        raise RuntimeError(f"{of.name}: two quadratures differ by {worst:.2g} sds.")
    made_by = (
        f"quadrature, {second.evaluations} evaluations; one of {first.evaluations} in another box "
        f"differs by {worst:.1g} sds"
    )
    mean = dict(zip(names, second.mean.tolist(), strict=True))
    return Answer(of.said, made_by, mean, dict(zip(names, second.sd.tolist(), strict=True)))


def read() -> dict[str, Answer]:
    """Return the answers that are kept, by the names of their posteriors."""
    if not KEPT.exists():
        return {}
    return {name: Answer(**each) for name, each in json.loads(KEPT.read_text()).items()}


def make(names: Iterable[str], again: bool = False) -> dict[str, Answer]:
    """Return all answers, having made and kept those that are lacking."""
    known = read()
    for name in names:
        of = POSTERIORS[name]
        if not again and name in known and known[name].said == of.said:
            continue
        began = time.perf_counter()
        known[name] = answer(of)
        print(f"{name}: {known[name].made_by} ({time.perf_counter() - began:.0f} s)", flush=True)
        kept = {one: asdict(known[one]) for one in POSTERIORS if one in known}
        KEPT.write_text(json.dumps(kept, indent=1) + "\n")
    return known


def main() -> None:
    """Make what is lacking."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--posteriors", nargs="+", choices=POSTERIORS, default=list(POSTERIORS))
    parser.add_argument("--again", action="store_true", help="also those that are there")
    arguments = parser.parse_args()
    make(arguments.posteriors, arguments.again)


if __name__ == "__main__":
    main()
