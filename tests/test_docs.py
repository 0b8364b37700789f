"""Tables of the documentation that code writes."""

from __future__ import annotations

import importlib.util
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"


def test_the_table_of_families_is_that_of_the_registry():
    spec = importlib.util.spec_from_file_location("tables", DOCS / "tables.py")
    tables = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tables)
    text = tables.MODELS.read_text(encoding="utf-8")
    assert tables.written() == text
    for name in ("student_t", "negative_binomial", "normal", "poisson", "mvnormal"):
        assert f"| `{name}` |" in text
