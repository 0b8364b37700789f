"""Data that a mixture must refuse, formulas that say nothing it knows, and files of anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from bad_values import Thing, text

import stanmix

N = 24

MODELS = {
    "means": stanmix.Mixture("y ~ 1", 2),
    "lines": stanmix.Mixture("y ~ x", 2),
    "counts": stanmix.Mixture("n ~ x", 2, family="poisson", offset="o"),
    "sizes": stanmix.Mixture("p ~ x", 2, family="gamma"),
    "shares": stanmix.Mixture("f ~ x", 2, family="beta"),
    "truths": stanmix.Mixture("b ~ x", 2, family="bernoulli"),
    "trials": stanmix.Mixture("s ~ x", 2, family="beta_binomial", trials="t", offset="o"),
    "gated": stanmix.Mixture("y ~ 1", 2, gating="~ x", group="g", weights="w"),
    "vectors": stanmix.Mixture(["y", "x"], 2, family="mvnormal", covariance="diagonal"),
}


def frame(rng: np.random.Generator) -> pd.DataFrame:
    """Rows that all of the models take."""
    x = np.repeat(rng.normal(size=N // 2), 2)
    t = rng.integers(2, 9, N)
    return pd.DataFrame(
        {
            "y": rng.normal(size=N) + 5 * (np.arange(N) % 2),
            "x": x,
            "p": rng.gamma(2, size=N),
            "f": rng.beta(2, 2, N),
            "b": np.arange(N) % 2,
            "s": rng.binomial(t, 0.5),
            "t": t,
            "n": rng.poisson(4, N) + 1,
            "o": np.log(rng.uniform(1, 9, N)),
            "g": np.repeat(np.arange(N // 2), 2),
            "w": rng.integers(1, 4, N),
        }
    )


def _columns(rng: np.random.Generator) -> dict[str, list[Any]]:
    """Columns of numbers that are bad, by what is wrong with them; any numbers but for a few."""
    row = int(rng.integers(N))

    def holed(value: Any, kind: Any = object) -> Any:
        values = pd.Series(rng.normal(size=N)).astype(kind)
        values[row] = value
        return values

    plain = rng.normal(size=N)
    return {
        "missing": [holed(np.nan, float), holed(None), holed(pd.NA), np.full(N, np.nan)],
        "infinite": [holed(np.inf, float), holed(-np.inf, float)],
        "masked": [np.ma.array(plain, mask=np.arange(N) == row)],
        "imaginary": [plain + 1j, holed(1j)],
        "no number": [holed("?"), holed("1,5"), holed(Thing()), holed([1.0]), holed(b"1")],
        "dates": [pd.date_range("2020", periods=N), pd.to_timedelta(range(N), "D")],
        "tables": [rng.normal(size=(N, 2)), [[1.0]] * N],
    }


def cases(rng: np.random.Generator) -> Iterator[tuple[str, Callable[[], Any], str]]:
    """Yield what is wrong, the call that must refuse it, and a pattern of what it must name."""
    for name, model in MODELS.items():
        good = frame(rng)
        model.data(good)
        for column in sorted(model.columns):
            for what, values in _columns(rng).items():
                # Groups may be called by anything, and covariates be of any classes.
                labels = column == "g" and what in ("no number", "imaginary", "dates", "infinite")
                classes = column == "x" and name != "vectors" and what in ("no number", "dates")
                for each in () if labels or classes else values:
                    bad = {**good, column: each}
                    label = f"{name}, {column}: {what} {type(each).__name__}"
                    word = rf"{column}\b|do not fit together"
                    yield label, lambda b=bad, m=model: m.data(b), word
            without = good.drop(columns=column)
            twice = pd.concat([good, good[[column]]], axis=1)
            for label, bad in (("missing", without), ("twice", twice)):
                yield f"{name}, {column} {label}", lambda b=bad, m=model: m.data(b), rf"'{column}'"
        for rows in (0, 1):
            few = good.iloc[:rows]
            yield f"{name}, {rows} rows", lambda b=few, m=model: m.data(b), "row|observation|value"
    plain = frame(rng)
    wrong = [
        ("counts", "n", -1, "n"), ("counts", "n", 0.5, "n"), ("counts", "n", 2**40, "n"),
        ("counts", "o", 1000.0, "offset='o'"), ("gated", "w", -1, "w"), ("gated", "w", 0, "w"),
        ("sizes", "p", 0, "zero inflation"), ("sizes", "p", -1, "p"), ("shares", "f", 1, "'f'"),
        ("truths", "b", 2, "b"), ("truths", "b", 0.5, "b"), ("truths", "b", 1, "constant"),
        ("trials", "t", 0, "trials='t'"), ("trials", "t", 2.5, "trials='t'"),
        ("trials", "t", 2**40, "trials='t'"), ("trials", "s", 99, "s"), ("trials", "s", 0, "s"),
        ("trials", "s", 0.5, "s"), ("trials", "s", -1, "s"),
        ("lines", "x", 0.0, "x"), ("lines", "x", 1.0, "x"), ("gated", "x", 1.0, "x"),
        ("means", "y", 1e300, "y"), ("means", "y", 1e-320, "y"),
    ]  # fmt: skip
    for name, column, value, word in wrong:
        bad = plain.assign(**{column: value})
        if name in ("sizes", "shares") or (name == "trials" and column == "s" and value):
            bad[column] = np.where(np.arange(N) == 3, value, plain[column])
        label = f"{name}, {column} is {value}"
        if value in (1e300, 1e-320):
            bad[column] = plain[column] * value
        yield label, lambda b=bad, m=MODELS[name]: m.data(b), word


def formulas(rng: np.random.Generator, canary: Path) -> list[str]:
    """Texts that are no formula, of which some would make a file if anything ran them."""
    touch = f"__import__('pathlib').Path({str(canary)!r}).touch()"
    code = [
        touch, f"I({touch})", f"log({touch})", f"x + {{{touch}}}", f"C(x, {touch})",
        f"[{touch} for _ in 'a']", f"(lambda: {touch})()", f"x if {touch} else x",
        "exec('1')", "eval('x')", "open('x')", "getattr(x, 'y')", "x.__class__", "x.to_csv('x')",
        "x[0]", "f'{x}'", "np.load('x')", "os.system('x')", "poly(x, degree=10**9)",
        "bs(x, df=-3)", "bs(x, df='a')", "C(x, 'no contrasts')", "log(x, x, x, x)", "nothing(x)",
        "I(x^2)", "(y := x)", "*x", "**x", "x ~ x", "center()", "x +", "+", ")(", "`x", "1 2", "'",
        "(" * 300 + "x", "x" + ")" * 300, "x" + " + x" * 5000 + " +", "x\0", "\0", "\ud800", "x; y",
    ]  # fmt: skip
    return [*code, *(text(rng, 30) for _ in range(30))]


def contents(rng: np.random.Generator) -> dict[str, bytes]:
    """What a file may hold that is none of stanmix's."""
    return {
        "nothing": b"",
        "noise": rng.bytes(500),
        "text": b"y,x\n1,2\n",
        "JSON": b'{"model": {"formula": "y ~ 1"}}',
        "a list": b"[1, 2, 3]",
        "deep": b"[" * 100_000,
        "a NetCDF's beginning": b"\x89HDF\r\n\x1a\n" + rng.bytes(200),
        "a classic NetCDF's beginning": b"CDF\x01" + rng.bytes(200),
        "a pickle": b"cos\nsystem\n(S'touch canary'\ntR.",
    }
