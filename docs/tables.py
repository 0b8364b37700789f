"""Write the tables of the documentation that say what the registry of families holds.

Run from a checkout after a family has changed: ``python docs/tables.py``. A test holds the
documents to it.
"""

from __future__ import annotations

import re
from pathlib import Path

from stanmix.model.families import FAMILIES, Family, StanDensity
from stanmix.program import kernels

MODELS = Path(__file__).resolve().parent / "models.md"
_BETWEEN = re.compile(
    r"(?<=<!-- families: written by docs/tables.py -->\n).*(?=<!-- end of)", re.DOTALL
)

_NO_BRACES = str.maketrans("", "", "{}")


def families() -> str:
    """Return the table of the families."""
    columns = ("family", "response", "parameters", "link of a predictor", "fixed default priors")
    head = " | ".join((*columns, "Stan", "rows", "fused"))
    lines = [f"| {head} |", "|---|---|---|---|---|---|---|---|"]
    return "\n".join([*lines, *(_row(family) for family in FAMILIES.values())]) + "\n"


def _row(family: Family) -> str:
    kind = "several columns" if family.multivariate else family.response.words
    named = ", ".join(
        f"`{one.name}` ({f'{one.word}, stated by `fixed`' if one.stated else one.words})"
        for one in family.parameters
    )
    links = ", ".join(f"{one.name}: {one.link.name}" for one in family.parameters if not one.stated)
    defaults = ", ".join(
        f"`{one.name}`: {one.default!r}" for one in family.parameters if one.default
    )
    fused = "yes" if kernels.has(family.kernel) else "no"
    links = links if not family.variants else f"mu: {' or '.join(family.variants)}"
    links = "none" if family.multivariate else links
    taken = [*family.stan.arguments]
    taken += [family.stan.height] if family.stan.held != StanDensity.held else []
    stan = f"`{family.stan.name}({', '.join(taken)})`".translate(_NO_BRACES)
    cells = [f"`{family.name}`", kind, named, links, defaults, stan, _rows(family), fused]
    return f"| {' | '.join(cells)} |"


def _rows(family: Family) -> str:
    """Return what rows may carry beside what those of every family may."""
    found = ["trials"] if family.response.trials else []
    found += [] if family.multivariate or family.location.axis else ["offset"]
    found += ["censoring", "truncation"] if family.tails else []
    return ", ".join(found)


def written() -> str:
    """Return the document with its table as the registry has it."""
    return _BETWEEN.sub(lambda _: families(), MODELS.read_text(encoding="utf-8"))


if __name__ == "__main__":
    MODELS.write_text(written(), encoding="utf-8")
