"""The ``parameters`` block of a Stan program, read as text: what it declares, and of what size."""

from __future__ import annotations

import ast
import functools
import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_BLOCK = re.compile(r"(transformed\s+)?\bparameters\s*\{([^}]*)\}")
_DECLARATION = re.compile(
    r"(?:array\s*\[(?P<array>[^\]]*)\]\s*)?"
    r"(?P<kind>real|vector|simplex|ordered|positive_ordered|cholesky_factor_corr)\b\s*"
    r"(?:<(?P<bounds>.*)>\s*)?"
    r"(?:\[(?P<size>[^\[\]]*)\]\s*)?"
    r"(?P<name>[A-Za-z]\w*)",
    re.DOTALL,
)
_OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul}


@dataclass(frozen=True)
class Declaration:
    """A parameter as it is declared.

    Attributes
    ----------
    name : str
    kind : {"real", "vector", "simplex", "ordered", "positive_ordered", "cholesky_factor_corr"}
        Of each element of an array.
    sizes : tuple of str
        As they are written, but for spaces; those of an array first. Of a matrix that is written
        with one size, that twice.
    lower, upper : str or None
        Bounds as they are written.
    """

    name: str
    kind: str
    sizes: tuple[str, ...]
    lower: str | None = None
    upper: str | None = None

    def shape(self, data: Mapping[str, Any]) -> tuple[int, ...]:
        """Return the sizes as numbers."""
        return tuple(operator.index(value_of(size, data)) for size in self.sizes)

    def bounds(self, data: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
        """Return the bounds of each value; infinite where there are none."""
        shape = self.shape(data)
        lower = -np.inf if self.lower is None else value_of(self.lower, data)
        upper = np.inf if self.upper is None else value_of(self.upper, data)
        return np.broadcast_to(lower, shape), np.broadcast_to(upper, shape)


@functools.cache
@functools.cache
def declarations(program: str) -> tuple[Declaration, ...]:
    """Return the parameters of a Stan program, in their order.

    Raises
    ------
    ValueError
        If there is not one block of parameters, or it holds what this does not know.
    """
    found = _BLOCK.findall(_COMMENT.sub("", program))
    blocks = [block for transformed, block in found if not transformed]
    if len(blocks) != 1:
        raise ValueError(f"a program has one block of parameters, this has {len(blocks)}.")
    *texts, rest = blocks[0].split(";")
    if rest.strip():
        raise ValueError(f"no ';' ends {rest.strip()!r}.")
    return tuple(_declaration(text.strip()) for text in texts)


def _declaration(text: str) -> Declaration:
    found = _DECLARATION.fullmatch(text)
    if found is None:
        raise ValueError(f"cannot read the declaration {text!r}.")
    kind, size, bounds = found["kind"], found["size"], _bounds(found["bounds"] or "")
    if (kind == "real") != (size is None) or (bounds and kind not in ("real", "vector")):
        raise ValueError(f"{kind} has no such sizes or bounds: {text!r}.")
    arrays = [] if found["array"] is None else found["array"].split(",")
    of_each = 2 if kind == "cholesky_factor_corr" else 1
    sizes = [*arrays, *([] if size is None else [size] * of_each)]
    written = tuple(ast.unparse(_parsed(each)) for each in sizes)
    return Declaration(found["name"], kind, written, **bounds)


def _bounds(text: str) -> dict[str, str]:
    """Return what stands in angle brackets, by "lower" and "upper"."""
    # They are written as the arguments of a call are in Python.
    call = _parsed(f"bounds({text})")
    known = isinstance(call, ast.Call) and not call.args
    if not known or not {keyword.arg for keyword in call.keywords} <= {"lower", "upper"}:
        raise ValueError(f"cannot read the bounds <{text}>.")
    return {str(keyword.arg): ast.unparse(keyword.value) for keyword in call.keywords}


def value_of(expression: str, data: Mapping[str, Any]) -> Any:
    """Return the value of a size or a bound: numbers, names of the data, sums, products, arrays.

    Raises
    ------
    ValueError
        If it is none of these.
    """

    def value(node: ast.AST) -> Any:
        match node:
            case ast.Constant(value=int() | float() as number):
                return number
            case ast.Name(id=name) if name in data:
                return np.asarray(data[name])
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -value(operand)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return _OPERATORS[type(op)](value(left), value(right))
            case ast.Call(func=ast.Name(id="rep_array" | "rep_vector"), args=[one, *sizes]):
                repeated = tuple(operator.index(value(size)) for size in sizes)
                return np.broadcast_to(value(one), repeated + np.shape(value(one)))
        raise ValueError(f"cannot compute {ast.unparse(node)!r} of {expression!r} from the data.")

    return value(_parsed(expression))


@functools.cache
def _parsed(expression: str) -> ast.expr:
    try:
        return ast.parse(expression.strip(), mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"cannot read {expression!r}.") from error
