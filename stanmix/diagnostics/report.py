"""Findings on a fit: words, figures and tables."""

from __future__ import annotations

import html
from dataclasses import dataclass, field

import pandas as pd

__all__ = ["Diagnosis", "Finding", "Report"]


@dataclass(frozen=True)
class Finding:
    """One thing found out about a fit.

    Attributes
    ----------
    topic : str
        What it is about, as a key: ``"divergences"``, ``"label switching"``, ...
    level : {"fine", "note", "problem"}
    text : str
        What was found.
    advice : str
        What to do; empty if nothing.
    """

    topic: str
    level: str
    text: str
    advice: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """All findings on a fit.

    Attributes
    ----------
    findings : tuple of Finding
    figures : dict of str to float
        The numbers behind them, such as ``r_hat``, ``r_hat_as_sampled``, ``divergences``.
    tables : dict of str to DataFrame
        What takes more than a number: ``"labellings"`` and ``"switches"`` where labels switch,
        ``"modes"`` where there are several, ``"components"``.
    """

    findings: tuple[Finding, ...]
    figures: dict[str, float] = field(default_factory=dict)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether nothing was found that puts the draws in doubt."""
        return all(finding.level != "problem" for finding in self.findings)

    def about(self, topic: str) -> Finding:
        """Return the finding on a topic.

        Raises
        ------
        KeyError
            If there is none.
        """
        for finding in self.findings:
            if finding.topic == topic:
                return finding
        raise KeyError(topic)

    def __str__(self) -> str:
        head = "No problem found." if self.ok else "There are problems with this fit."
        marks = {"fine": "  ok     ", "note": "  note   ", "problem": "  PROBLEM"}
        lines = [head]
        for finding in self.findings:
            lines.append(f"{marks[finding.level]}  {finding.topic}: {finding.text}")
            if finding.advice:
                lines.append(f"             -> {finding.advice}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


class Report:
    """A diagnosis in the making."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.figures: dict[str, float] = {}
        self.tables: dict[str, pd.DataFrame] = {}

    def add(self, topic: str, level: str, text: str, advice: str = "") -> None:
        """Add a finding; see `Finding`."""
        self.findings.append(Finding(topic, level, text, advice))

    def diagnosis(self) -> Diagnosis:
        """Return what was found."""
        return Diagnosis(tuple(self.findings), self.figures, self.tables)
