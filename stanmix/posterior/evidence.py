"""The evidence of the data, from weighted draws."""

from __future__ import annotations

from dataclasses import dataclass

from stanmix.errors import InferenceError
from stanmix.posterior.posterior import Posterior
from stanmix.posterior.reweighting import doubts, explored, trusted

__all__ = ["LogEvidence", "log_evidence"]


@dataclass(frozen=True)
class LogEvidence:
    """The logarithm of an evidence (marginal likelihood).

    Attributes
    ----------
    value : float
    error : float
        Its Monte Carlo standard error.
    """

    value: float
    error: float


def log_evidence(fit: Posterior) -> LogEvidence:
    """Return the evidence of a fit's data; see `stanmix.Fit.log_evidence`."""
    known = explored(fit)
    if not known.get("proper", True):
        raise InferenceError(
            "Under a flat prior of a scale the posterior has no integral, and the data have no "
            "evidence: state a proper prior."
        )
    if known.get("log_evidence") is None:
        raise InferenceError(
            "Under a flat prior, which has no integral, the data have no evidence: state proper "
            "priors for all parameters."
        )
    if not trusted(known):
        raise InferenceError(
            f"The evidence is not known: weighted draws cannot be trusted here ({doubts(known)})."
        )
    return LogEvidence(known["log_evidence"], known["log_evidence_error"])
