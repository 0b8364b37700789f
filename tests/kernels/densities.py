"""Log densities of one component, of SciPy's functions."""

import numpy as np
from scipy import special, stats

# Each takes the responses and the parameters on the scales of their links, which may be complex.


def normal(y, mu, log_sigma):
    z = (y - mu) * np.exp(-log_sigma)
    return -0.5 * z * z - log_sigma - 0.5 * np.log(2 * np.pi)


def poisson(y, log_mu):
    return y * log_mu - np.exp(log_mu) - special.gammaln(y + 1)


DENSITIES = {
    "normal": normal,
    "poisson": poisson,
}


def scipy_log_densities(family, y, mu, *others):
    """Return the same by scipy.stats alone."""
    others = [np.exp(other) for other in others]
    if family == "poisson":
        return stats.poisson.logpmf(y, np.exp(mu))
    return stats.norm.logpdf(y, mu, *others)
