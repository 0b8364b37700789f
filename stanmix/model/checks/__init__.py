"""Whether a statement of a mixture makes sense, by itself and beside the data."""

from __future__ import annotations

from stanmix.model.checks.arguments import CHECKS, CONTEXT
from stanmix.model.checks.coefficients import check_common, checked_formula, checked_formulas
from stanmix.model.checks.columns import checked_covariance
from stanmix.model.checks.components import check_links, checked_family
from stanmix.model.checks.order import check_order
from stanmix.model.checks.parameters import check_shared, checked_fixed
from stanmix.model.checks.priors import check_covariates, check_priors
from stanmix.model.checks.response import check_formulas, check_response, check_roles
from stanmix.model.checks.rows import check_labels, check_limited, check_limits, check_offset

__all__ = [
    "CHECKS",
    "CONTEXT",
    "check_common",
    "check_covariates",
    "check_formulas",
    "check_labels",
    "check_limited",
    "check_limits",
    "check_links",
    "check_offset",
    "check_order",
    "check_priors",
    "check_response",
    "check_roles",
    "check_shared",
    "checked_covariance",
    "checked_family",
    "checked_fixed",
    "checked_formula",
    "checked_formulas",
]
