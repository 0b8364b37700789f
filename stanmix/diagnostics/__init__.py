"""What is wrong with a fit, in words and figures, judged after relabelling.

Labels of exchangeable components carry no meaning, so R-hat and ESS of raw draws say nothing
about convergence when labels switch. Here they are computed on aligned draws and on quantities
that know no labels; switching, several modes and surplus components are findings of their own.
"""

from stanmix.diagnostics.judge import diagnose
from stanmix.diagnostics.report import Diagnosis, Finding

__all__ = ["Diagnosis", "Finding", "diagnose"]
