"""Whether offsets, limits and labels make sense, some of them beside the data."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stanmix.data.design import Design
from stanmix.data.limits import INTERVAL, LEFT, RIGHT
from stanmix.data.rows import LARGEST_COUNT
from stanmix.errors import InputError
from stanmix.model import families
from stanmix.model.specification import Specification

__all__ = ["check_labels", "check_limited", "check_limits", "check_offset"]

# Offsets of log means (nats): exposures that differ by a factor above 1e13, or lie so far from 1
# that a rate could not be written as a number, are exposures whose logarithm was not taken.
_WIDEST_OFFSET, _LARGEST_OFFSET = 30.0, 300.0


def check_offset(model: Specification, offset: NDArray[np.float64] | None) -> None:
    """Refuse an offset of a log mean whose exponential is no exposure that anyone has measured."""
    if offset is None or not model.of_family.location.log_link:
        return  # of other links an offset is in units of the predictor, whatever these are
    low, high = float(offset.min()), float(offset.max())
    if high - low > _WIDEST_OFFSET or max(-low, high) > _LARGEST_OFFSET:
        raise InputError(
            f"offset={model.offset!r}: its values run from {low:g} to {high:g}, and their "
            f"exponentials multiply the mean of family={model.family!r}. An offset is added to "
            "the logarithm of the mean: of an exposure (time, area, people at risk) give the "
            f"logarithm, as in frame.assign(log_exposure=np.log(frame[{model.offset!r}]))."
        )


def check_limited(model: Specification) -> None:
    """Refuse censored or truncated responses where a distribution cannot be cut off."""
    stated = {"censoring": model.censoring, "truncation": model.truncation}
    for name, value in stated.items():
        unable = [block.family.name for block in model.blocks if block.family.tails is None]
        if value is not None and unable:
            able = [one.name for one in families.FAMILIES.values() if one.tails is not None]
            raise InputError(
                f"{name}={value!r} is for families of one response that has ends "
                f"({', '.join(map(repr, able))}), not for family={unable[0]!r}; remove it, or "
                "choose one of these."
            )
    low, high = model.truncated_at
    if model.truncation is not None and low is None and high is None:
        raise InputError("truncation=(None, None) cuts nothing off; name an end, or remove it.")
    if isinstance(low, float) and isinstance(high, float) and low >= high:
        raise InputError(
            f"truncation={model.truncation!r}: the lower end must be less than the upper one."
        )


def check_limits(model: Specification, design: Design) -> None:
    """Refuse ends of intervals, and of what is recorded, at which there can be no responses."""
    limits, y = design.rows.limits, design.y
    if limits is None:
        return
    kind, counts = model.response, model.response.integer

    def refuse(wrong: NDArray[np.bool_], words: str, *values: NDArray[np.float64] | None) -> None:
        rows = np.flatnonzero(wrong)
        if len(rows):
            held = " and ".join(f"{v[rows[0]]:g}" for v in values if v is not None)
            raise InputError(
                f"{words}: row {design.row(rows[0])} (counted from 0) has {held}, and "
                f"{len(rows)} row(s) do so in all; correct them."
            )

    named = f"censoring={model.censoring!r}"
    kinds = np.zeros(len(y), dtype=np.intp) if limits.kinds is None else limits.kinds
    to = y if limits.to is None else np.where(kinds == INTERVAL, limits.to, y)
    refuse(to < y if counts else (kinds == INTERVAL) & (to <= y),
           f"{named}: an interval must end after the response, where it begins", y, to)  # fmt: skip
    refuse(~kind.holds(to), f"{named}: an interval ends where there are no {kind.words}", to)
    named = f"truncation={model.truncation!r}"
    for end in (limits.least, limits.most):
        if end is not None:
            inside = (end >= kind.ends[0]) & (
                end <= min(kind.ends[1], LARGEST_COUNT if counts else np.inf)
            )
            refuse(~inside, f"{named}: there are no {kind.words} beyond an end", end)
            if counts:
                refuse(end != np.floor(end), f"{named}: an end of counts is a whole number", end)
    least = np.full(len(y), -np.inf) if limits.least is None else limits.least
    most = np.full(len(y), np.inf) if limits.most is None else limits.most
    refuse(least >= most, f"{named}: the lower end must be less than the upper one", least, most)
    # Nothing that is recorded lies beyond, and what lies at an end of a density is no part of it.
    low = y <= least if not counts else y < least
    high = y >= most if not counts else y > most
    refuse((y < least) | (to > most) | (y > most), f"{named}: a response lies beyond", y)
    for of_kind, there, what, which in (
        (LEFT, low, "below", "lower"), (RIGHT, high, "above", "upper"),
    ):  # fmt: skip
        refuse(
            (kinds == of_kind) & there,
            f"{named}: a row is censored, and known to lie {what} the {which} end, where nothing "
            "is recorded, so that it cannot be among the data; leave such rows out or move the end",
            y,
        )


def check_labels(model: Specification, design: Design) -> None:
    """Refuse labels of other components than there are, or of so few that others stay nameless."""
    rows = design.rows
    if rows.labels is None:
        return
    K, counted = model.components, rows.labels.numbers
    names = len(rows.labels.names) or int(counted.max())
    if names > K:
        held = ", ".join(map(repr, rows.labels.names)) or f"{names}, the number of a component"
        raise InputError(
            f"labels={model.labels!r} holds {held}, but components={K}; state components={names} "
            "or correct the labels."
        )
    _check_atoms(model, design)
    if rows.weights is not None:
        counted = counted[rows.weights > 0]
    there = {*counted.tolist()}
    for alike in model.alike_by_statement:
        without = [k for k in alike if k + 1 not in there]
        if len(without) > 1:
            raise InputError(
                f"labels={model.labels!r}: {len(without)} of {K} components have the label of no "
                "row that counts, and nothing tells them from one another; label a row of each but "
                f"one, or state components={K - len(without) + 1}."
            )


def _check_atoms(model: Specification, design: Design) -> None:
    """Refuse the label of a component that cannot have made the row: beside or at a point mass."""
    assert design.rows.labels is not None
    numbers, atoms = design.rows.labels.numbers, iter(model.atoms)
    mass = {k + 1: next(atoms) for block in model.blocks for k in block.components
            if block.family.name == "point_mass"}  # fmt: skip
    for place in map(int, np.flatnonzero(numbers) if mass else ()):
        label, y = int(numbers[place]), float(design.y[place])
        beside = label not in mass and y in mass.values() and not model.response.integer
        if mass.get(label, y) != y or beside:
            raise InputError(
                f"labels={model.labels!r}: row {design.row(place)} (counted from 0) is {y:g} and "
                f"has the label {design.rows.labels.text(label)}, of a component that makes "
                f"{'other values alone' if beside else f'nothing but {mass[label]:g}'}; correct it."
            )
