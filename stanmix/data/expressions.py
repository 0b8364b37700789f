"""Expressions within formulas, such as ``log(x + 1)``: what they may say, and their value.

They are written in Python's syntax and never run as Python. What is not on the lists below (an
attribute, a subscript, a comprehension, a function that is not known) is refused when the
expression is read, and what is on them is computed here, by walking its tree.
"""

from __future__ import annotations

import ast
import keyword
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stanmix.data.transforms import CODINGS, FUNCTIONS
from stanmix.errors import InputError

__all__ = ["Expression", "column", "is_word", "read"]

Functions = Mapping[str, Callable[..., Any]]

_ARITHMETIC: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_LOGICAL: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
}
_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
# Text in quotes, which is left alone; names in backticks; words beyond ASCII, which Python would
# take for others that look alike.
_QUOTED = re.compile(
    r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|`([^`]+)`|(\b\w*[^\W\x00-\x7f]\w*\b)"""
)
_STATEFUL = "__is_stateful_transform__"  # formulaic's mark of transforms that remember the data


@dataclass(frozen=True)
class Expression:
    """What a term of a formula is made of: a column, or an expression of columns.

    Attributes
    ----------
    text : str
        In one spelling; names that are no words in backticks. A column alone is its bare name.
    columns : frozenset of str
        That it reads.
    """

    text: str
    columns: frozenset[str]
    _tree: ast.expr
    _names: Mapping[str, str]  # of columns, by the words that stand for them

    @property
    def column(self) -> str | None:
        """The name of the column, if the expression is one and nothing else."""
        return _column(self._tree, self._names)

    def value(self, columns: Mapping[str, Any], functions: Functions, state: dict[str, Any]) -> Any:
        """Return the value of the expression.

        Parameters
        ----------
        columns : mapping of str to Series
            Of float64, int64, bool or categories.
        functions : mapping of str to callable
            That may be called beside those of `stanmix.data.transforms`.
        state : dict
            What transforms remember of the data that they saw first; filled by the first call.

        Raises
        ------
        InputError
            If it has no value; the message names the part that has none.
        """
        return _Evaluation(columns, {**FUNCTIONS, **functions}, state, self._names)(self._tree)


def column(name: str) -> Expression:
    """Return the expression that is a column."""
    stand_in = "column"
    return Expression(name, frozenset((name,)), ast.Name(stand_in, ast.Load()), {stand_in: name})


def is_word(name: str) -> bool:
    """Return whether a formula can name a column so without backticks."""
    return all(part.isidentifier() and not keyword.iskeyword(part) for part in name.split("."))


def read(text: str, functions: Iterable[str] = ()) -> Expression:
    """Return the expression that a text says.

    Parameters
    ----------
    text : str
    functions : iterable of str
        Names of functions that it may call beside those of `stanmix.data.transforms`.

    Raises
    ------
    InputError
        If it says anything that is not known.
    """
    names: dict[str, str] = {}
    prefix = "quoted"
    while prefix in text:
        prefix += "_"

    def stand_in(match: re.Match[str]) -> str:
        literal, quoted, word = match.groups()
        if literal is not None:
            return str(literal)
        name = quoted or word
        found = next((k for k, v in names.items() if v == name), f"{prefix}{len(names)}")
        names[found] = name
        return f" {found} " if quoted else found

    try:
        tree = ast.parse(_QUOTED.sub(stand_in, text).strip(), mode="eval").body
        check = _Check(functions, names)
        check(tree)
        shown = _spelled(tree, names)
    except InputError:
        raise
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else "it is nested too deeply"
        raise InputError(f"the expression {_short(text)} cannot be read: {reason}.") from error
    alone = _column(tree, names)
    return Expression(alone or shown, frozenset(check.columns), tree, names)


class _Check:
    """Refuses what an expression may not say, and notes the columns that it reads."""

    def __init__(self, functions: Iterable[str], names: Mapping[str, str]) -> None:
        self.known, self.names = {*FUNCTIONS, *functions}, names
        self.columns: set[str] = set()

    def __call__(self, node: ast.expr) -> None:
        name = _column(node, self.names)
        if name is not None:
            self.columns.add(name)
        elif isinstance(node, ast.BinOp):
            self._operator(node)
        elif isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Not):
            self(node.operand)
        elif isinstance(node, ast.Compare) and {type(op) for op in node.ops} <= {*_COMPARISONS}:
            for part in (node.left, *node.comparators):
                self(part)
        elif isinstance(node, ast.Call):
            self._call(node)
        elif not _is_literal(node):
            raise InputError(self._refusal(node))

    def _operator(self, node: ast.BinOp) -> None:
        if isinstance(node.op, ast.BitXor):
            raise InputError(
                f"{self._shown(node)}: ^ is no power within an expression; write ** for a power, "
                "as in I(x**2)."
            )
        if type(node.op) not in {*_ARITHMETIC, *_LOGICAL}:
            raise InputError(self._refusal(node))
        self(node.left)
        self(node.right)

    def _call(self, node: ast.Call) -> None:
        name = _dotted(node.func)
        if name is None or name not in self.known:
            words = ", ".join(sorted(word for word in FUNCTIONS if "." not in word))
            raise InputError(
                f"{self._shown(node)} calls {self._shown(node.func)}, which is no function that "
                f"formulas know: {words}, codings as contr.sum, and those of NumPy that work on "
                "single numbers, as np.sqrt. Functions of your own are passed by name, as in "
                'context={"f": f}, when a mixture is stated and when a fit of it is loaded or read.'
            )
        for place, argument in enumerate(node.args):
            if not _is_coding(name, place, argument):
                self(argument)
        for word in node.keywords:
            if word.arg is None or word.arg.startswith("_"):
                raise InputError(f"{self._shown(node)}: name each argument, without ** or _.")
            if not _is_coding(name, word.arg, word.value):
                self(word.value)

    def _refusal(self, node: ast.expr) -> str:
        return (
            f"{self._shown(node)} cannot stand in a formula, which takes columns, numbers, text, "
            "lists of these, arithmetic, comparisons, & and |, and calls of functions that it "
            "knows. Compute such a column before, or write names that are no words in backticks."
        )

    def _shown(self, node: ast.expr) -> str:
        return _short(_spelled(node, self.names))


class _Evaluation:
    """The value of an expression that has been checked, from the inside out."""

    def __init__(
        self,
        columns: Mapping[str, Any],
        functions: Functions,
        state: dict[str, Any],
        names: Mapping[str, str],
    ) -> None:
        self.columns, self.functions, self.state, self.names = columns, functions, state, names

    def __call__(self, node: ast.expr) -> Any:
        name = _column(node, self.names)
        if name is not None:
            return self.columns[name]
        if _is_literal(node):
            return ast.literal_eval(node)
        try:
            with np.errstate(all="ignore"):  # what is left undefined is refused by its rows
                return self._value(node)
        except InputError:
            raise
        # Of a function that was given wrong arguments, or of one that the user wrote.
        except Exception as error:
            shown = _short(_spelled(node, self.names))
            raise InputError(f"{shown} has no value: {error}.") from error

    def _value(self, node: ast.expr) -> Any:
        if isinstance(node, ast.BinOp):
            left, right = self(node.left), self(node.right)
            if type(node.op) in _LOGICAL:
                return _LOGICAL[type(node.op)](_truth(left), _truth(right))
            whole = isinstance(node.op, ast.Mod | ast.FloorDiv)
            return _ARITHMETIC[type(node.op)](_number(left, whole), _number(right, whole))
        if isinstance(node, ast.UnaryOp):
            value = self(node.operand)
            if isinstance(node.op, ast.Invert):
                return ~_truth(value)
            return _number(value) if isinstance(node.op, ast.UAdd) else -_number(value)
        if isinstance(node, ast.Compare):
            return self._comparison(node)
        assert isinstance(node, ast.Call)  # _Check has refused the rest
        return self._call(node)

    def _comparison(self, node: ast.Compare) -> Any:
        values = [self(part) for part in (node.left, *node.comparators)]
        held: Any = None
        for op, left, right in zip(node.ops, values[:-1], values[1:], strict=True):
            one = _COMPARISONS[type(op)](left, right)
            held = one if held is None else held & one
        return held

    def _call(self, node: ast.Call) -> Any:
        name = str(_dotted(node.func))

        def argument(place: int | str, part: ast.expr) -> Any:
            return CODINGS[str(_dotted(part))]() if _is_coding(name, place, part) else self(part)

        arguments = [argument(place, part) for place, part in enumerate(node.args)]
        named = {str(word.arg): argument(str(word.arg), word.value) for word in node.keywords}
        function = self.functions[name]
        if getattr(function, _STATEFUL, False):
            named["_state"] = self.state.setdefault(_spelled(node, self.names), {})
        return function(*arguments, **named)


def _column(node: ast.expr, names: Mapping[str, str]) -> str | None:
    """Return the name of the column that a node is; None for anything else."""
    if isinstance(node, ast.Call) and _dotted(node.func) == "Q" and len(node.args) == 1:
        name = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
        return name if isinstance(name, str) and not node.keywords else None
    word = _dotted(node)
    return None if word is None else names.get(word, word)


def _dotted(node: ast.expr) -> str | None:
    """Return the word, with dots or without, that a node is; None for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None


def _is_literal(node: ast.expr) -> bool:
    """Return whether a node is a number, text, a truth value, None, or made of such."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        return isinstance(node.operand, ast.Constant) and _is_real(node.operand.value)
    if isinstance(node, ast.Constant):
        return node.value is None or isinstance(node.value, str) or _is_real(node.value)
    if isinstance(node, ast.List | ast.Tuple):
        return all(map(_is_literal, node.elts))
    if isinstance(node, ast.Dict):
        entries = zip(node.keys, node.values, strict=True)
        # The key of what ** unpacks is None.
        return all(key and _is_literal(key) and _is_literal(value) for key, value in entries)
    return False


def _is_real(value: Any) -> bool:
    return isinstance(value, int | float)


def _is_coding(function: str, place: int | str, argument: ast.expr) -> bool:
    """Return whether an argument is the name of a coding, as in ``C(x, contr.sum)``."""
    return function == "C" and place in (1, "contrasts") and _dotted(argument) in CODINGS


def _number(value: Any, whole: bool = False) -> Any:
    """Return a number or a column of numbers as float64, or where `whole` as it is.

    Sums, products and powers of whole numbers could overflow, silently.
    """
    if isinstance(value, pd.Series):
        if isinstance(value.dtype, pd.CategoricalDtype):
            raise TypeError("it computes with labels, where numbers are expected")
        kept = whole and not pd.api.types.is_bool_dtype(value.dtype)
        return value if kept else value.astype(np.float64)
    if isinstance(value, np.ndarray):
        return value.astype(np.float64)
    if not isinstance(value, int | float | np.number):
        raise TypeError(f"it computes with {_short(repr(value))}, where numbers are expected")
    return value if whole else np.float64(value)


def _truth(value: Any) -> Any:
    if isinstance(value, bool | np.bool_) or (
        isinstance(value, pd.Series) and pd.api.types.is_bool_dtype(value.dtype)
    ):
        return value
    raise TypeError("&, | and ~ take comparisons, each in parentheses: (x > 1) & (z < 2)")


def _spelled(node: ast.expr, names: Mapping[str, str]) -> str:
    """Return an expression in one spelling, names that are no words in backticks."""
    text = ast.unparse(node).replace("\n", " ")
    for word in sorted(names, key=len, reverse=True):
        name = names[word]
        text = re.sub(rf"\b{word}\b", lambda _, name=name: _as_written(name), text)  # type: ignore[misc]
    return text


def _as_written(name: str) -> str:
    return name if is_word(name) else f"`{name}`"


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:60]}..."
