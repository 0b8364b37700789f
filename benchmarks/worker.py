"""One system on one problem, in a process of its own: prints its figures as JSON."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys

from problems import PROBLEMS
from result import measure
from systems import fit

__all__ = ["main"]


def main() -> None:
    """Run and print; what the system itself prints goes to standard error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("system")
    parser.add_argument("problem", choices=PROBLEMS)
    parser.add_argument("rows", type=int)
    parser.add_argument("seed", type=int)
    arguments = parser.parse_args()
    problem = PROBLEMS[arguments.problem]
    with contextlib.redirect_stdout(sys.stderr):
        run = fit(arguments.system, problem, problem.simulate(arguments.rows), arguments.seed)
        figures = measure(run)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
