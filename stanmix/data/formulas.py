"""Formulas: read as data, so that nothing in them is ever run as code.

formulaic does the algebra of terms and the coding of factors. It is given neither the names of
columns nor expressions of them, but marks that stand for them: whatever a formula or a name holds,
formulaic finds nothing to evaluate. `stanmix.data.expressions` computes what the marks stand for.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import formulaic
from formulaic.parser.algos.tokenize import tokenize

from stanmix.data import expressions
from stanmix.data.column_types import MARK
from stanmix.data.expressions import Expression
from stanmix.errors import InputError

__all__ = ["Formula", "one_sided", "parse", "texts"]

_MARKED = re.compile(f"{MARK}(\\d+){MARK}")


@dataclass(frozen=True)
class Formula:
    """A formula: perhaps a response, and terms.

    Attributes
    ----------
    response : Expression or None
    terms : tuple of str
        As they are written; ``"1"`` for the intercept, and a name that is no word in backticks.
    columns : frozenset of str
        That the terms read.
    marked : formulaic.Formula
        The terms, with marks for `factors`, by number.
    factors : tuple of Expression
    """

    response: Expression | None
    terms: tuple[str, ...]
    columns: frozenset[str]
    marked: Any
    factors: tuple[Expression, ...]

    @property
    def response_columns(self) -> frozenset[str]:
        """Names of the columns that the response reads."""
        return frozenset() if self.response is None else self.response.columns

    @property
    def same(self) -> frozenset[frozenset[str]]:
        """The terms as sets of what they multiply: equal where formulas say the same."""
        return frozenset(
            frozenset(self.shown(factor.expr) for factor in term.factors) for term in self.marked
        )

    @property
    def used(self) -> dict[str, Expression]:
        """The expressions that the terms are made of, by their marks."""
        found = dict.fromkeys(
            factor.expr for term in self.marked for factor in term.factors if _is_marked(factor)
        )
        return {mark: self.factors[_number(mark)] for mark in found}

    def shown(self, text: str, quote: bool = False) -> str:
        """Return a text of formulaic's with what its marks stand for; names in backticks if so."""
        return _MARKED.sub(lambda match: _shown(self.factors[int(match[1])], quote), text)


def texts(stated: str | Sequence[str]) -> tuple[str, ...]:
    """Return one formula, or those of the components, as a tuple."""
    return (stated,) if isinstance(stated, str) else tuple(stated)


def parse(text: object, functions: Iterable[str] = ()) -> Formula:
    """Return a formula of one response and its covariates; ``"y"`` stands for ``"y ~ 1"``.

    Parameters
    ----------
    text : str
    functions : iterable of str
        Names of functions that it may call beside those that formulas know.

    Raises
    ------
    InputError
        If it cannot be parsed, has no response or no term, says what formulas do not take, or has
        a column on both sides.
    """
    if not isinstance(text, str) or not text.strip():
        raise InputError(f'A formula must be a string such as "y ~ x", got {text!r}.')
    return _two_sided(text, frozenset(functions))


def one_sided(text: str, functions: Iterable[str] = ()) -> Formula:
    """Return a formula without a response, such as ``"~ z"``.

    Raises
    ------
    InputError
        As `parse`.
    """
    return _one_sided(text, frozenset(functions))


@functools.lru_cache(maxsize=256)  # a statement asks for its formula again and again
def _two_sided(text: str, functions: frozenset[str]) -> Formula:
    parsed, factors = _parsed(text if "~" in text else f"{text} ~ 1", functions)
    if not hasattr(parsed, "lhs"):
        raise InputError(
            f'The formula {_short(text)} has no response: write it on the left, as in "y ~ x".'
        )
    response = None if isinstance(parsed.lhs, tuple) else list(parsed.lhs)
    if (
        response is None
        or isinstance(parsed.rhs, tuple)
        or len(response) != 1
        or len(response[0].factors) != 1
        or not _is_marked(response[0].factors[0])
    ):
        raise InputError(
            f"The formula {_short(text)} must have one response and one right-hand side."
        )
    left = factors[_number(response[0].factors[0].expr)]
    made = _made(parsed.rhs, factors, left)
    if not made.terms:
        raise InputError(
            f'The formula {_short(text)} has no term on the right: write "{left.text} ~ 1" for '
            "components with a mean and no covariates."
        )
    both = sorted(left.columns & made.columns)
    if both:
        raise InputError(
            f"The formula {_short(text)} has {both[0]!r} on both sides: what is to be explained "
            "cannot explain itself. Remove it from one side."
        )
    return made


@functools.lru_cache(maxsize=256)
def _one_sided(text: str, functions: frozenset[str]) -> Formula:
    parsed, factors = _parsed(text, functions)
    if hasattr(parsed, "lhs") or hasattr(parsed, "rhs") or not list(parsed):
        raise InputError(
            f"The formula {_short(text)} must have no response, and at least one term."
        )
    return _made(parsed, factors, None)


def _made(terms: Any, factors: tuple[Expression, ...], response: Expression | None) -> Formula:
    for term in terms:
        marked = [_is_marked(factor) for factor in term.factors]
        if any(marked) and not all(marked):
            scaled = Formula(None, (), frozenset(), terms, factors).shown(str(term))
            raise InputError(
                f"The term {scaled} scales a covariate by a number, which its name would not "
                "say: write it as in I(2 * x)."
            )
    made = Formula(response, (), frozenset(), terms, factors)
    return Formula(
        response,
        tuple(made.shown(":".join(f.expr for f in term.factors), quote=True) for term in terms),
        frozenset().union(*(factor.columns for factor in made.used.values())),
        terms,
        factors,
    )


def _parsed(text: str, functions: frozenset[str]) -> tuple[Any, tuple[Expression, ...]]:
    """Return formulaic's terms over marks, and what these stand for."""
    try:
        marked, factors = _marked(text, functions)
        return formulaic.Formula(marked), factors
    except InputError as error:
        raise InputError(f"Cannot use the formula {_short(text)}: {error}") from error
    except Exception as error:  # formulaic's parser meets some texts with errors of any kind
        # What follows the first line points into the text with its marks.
        reason = str(error).partition("\n")[0].strip() or "it is nested too deeply."
        raise InputError(f"Cannot parse the formula {_short(text)}: {reason}") from error


def _marked(text: str, functions: frozenset[str]) -> tuple[str, tuple[Expression, ...]]:
    """Return a formula with marks for columns and expressions, and these, each once."""
    numbers: dict[tuple[str, frozenset[str], bool], int] = {}
    factors: list[Expression] = []
    words: list[str] = []
    for token in tokenize(text):
        kind = token.kind.value if token.kind else "operator"
        if token.token == "." and kind == "value":  # a column called so would stand in backticks
            raise InputError('"." for all other columns is not known; name the covariates.')
        if kind == "value" and words and words[-1].endswith(("**", "^")) and len(token.token) > 1:
            # formulaic writes all products out, of which there are exponentially many.
            raise InputError(f"a power of {token.token} is beyond 9, the highest that is known.")
        if kind not in ("name", "python"):
            # formulaic writes this one operator between percent signs, and drops them.
            words.append(f"%{token.token}%" if token.token.isalpha() else token.token)
            continue
        factor = (
            expressions.column(token.token)
            if kind == "name"
            else expressions.read(token.token, functions)
        )
        if not factor.columns:
            raise InputError(f"{factor.text} reads no column of the data.")
        key = (factor.text, factor.columns, factor.column is None)
        if key not in numbers:
            numbers[key] = len(factors)
            factors.append(factor)
        words.append(f"`{MARK}{numbers[key]}{MARK}`")
    return " ".join(words), tuple(factors)


def _is_marked(factor: Any) -> bool:
    return _MARKED.fullmatch(factor.expr) is not None


def _number(mark: str) -> int:
    return int(mark.strip(MARK))


def _shown(factor: Expression, quote: bool) -> str:
    name = factor.column
    if name is None or not quote or expressions.is_word(name):
        return factor.text
    return f"`{name}`"


def _short(text: str) -> str:
    return repr(text) if len(text) <= 200 else f"{text[:160]!r}... ({len(text)} characters)"
