"""Where the shipped Stan programs, templates and kernels are."""

from __future__ import annotations

from pathlib import Path

__all__ = ["models_folder"]


def models_folder() -> Path:
    """Return the folder ``stan_models``, in an installed package or beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    shipped = package / "stan_models"
    return shipped if shipped.is_dir() else package.parent / "stan_models"
