"""The problems as PyMC models, which PyMC and nutpie sample."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
from problems import Problem
from pymc.distributions.transforms import ordered

__all__ = ["model"]


def model(problem: Problem, frame: pd.DataFrame) -> pm.Model:
    """Return the PyMC model of a problem."""
    K, y = problem.components, frame.get("y", frame).to_numpy()
    start = np.linspace(-1, 1, K)
    with pm.Model() as built:
        theta = problem.known.get("theta")
        if theta is None:
            theta = pm.Dirichlet("theta", np.ones(K))
        if problem.shape == "lines":
            beta = pm.Normal("beta", 0, 2, shape=K, transform=ordered, initval=start)
            sigma = pm.Uniform("sigma", 0, 1)
            mean = frame["x"].to_numpy()[:, None] * beta[None, :]
            pm.NormalMixture("y", theta, mean, sigma, observed=y)
        elif problem.shape in ("pair", "clusters"):
            mu = pm.Normal("mu", 0, 10, shape=K, transform=ordered, initval=start)
            sigma = problem.known.get("sigma")
            if sigma is None:
                sigma = pm.Uniform("sigma", 0, 10, shape=K)
            pm.NormalMixture("y", theta, mu, sigma, observed=y)
        elif problem.shape == "clouds":
            first = pm.Normal("first", 0, 10, shape=K, transform=ordered, initval=5 * start)
            others = pm.Normal("others", 0, 10, shape=(K, y.shape[1] - 1))
            mu = pm.Deterministic("mu", pt.concatenate([first[:, None], others], axis=1))
            pm.Mixture("y", theta, clouds(mu, *y.shape[1:], K), observed=y)
        elif problem.shape == "zero_inflated_regressions":
            x = frame.drop(columns="y").to_numpy()
            intercept = pm.Normal("intercept", 0, 2, shape=1)
            slope = pm.Normal("slope", 0, 2, shape=(1, x.shape[1]))
            mean = pm.math.exp(intercept + pm.math.dot(x, slope[0]))
            phi = pm.InverseGamma("phi", alpha=0.4, beta=0.3)
            pm.ZeroInflatedNegativeBinomial("y", psi=theta[1], mu=mean, alpha=phi, observed=y)
        else:
            x = frame.drop(columns=["y", "trials"], errors="ignore").to_numpy()
            intercept = pm.Normal("intercept", 0, 2, shape=K, transform=ordered, initval=start)
            slope = pm.Normal("slope", 0, 2, shape=(K, x.shape[1]))
            predictor = intercept[None, :] + pm.math.dot(x, slope.T)
            pm.Mixture("y", theta, response(problem, predictor), observed=y)
    return built


def clouds(mu: pt.TensorVariable, D: int, K: int) -> list[pt.TensorVariable]:
    """Return the distributions of components with covariances of their own, about means."""
    scale = pm.LogNormal.dist(0, 1, shape=D)
    covariances = [pm.LKJCholeskyCov(f"L_{k}", n=D, eta=1, sd_dist=scale) for k in range(K)]
    rows, columns = np.tril_indices(D, -1)
    pm.Deterministic("sigma", pt.stack([sd for _, _, sd in covariances]))
    pm.Deterministic("rho", pt.stack([together[rows, columns] for _, together, _ in covariances]))
    return [pm.MvNormal.dist(mu[k], chol=covariances[k][0]) for k in range(K)]


def response(problem: Problem, predictor: pt.TensorVariable) -> pt.TensorVariable:
    """Return the distributions of a regression's components at their predictors ``(N, K)``."""
    K, shape = problem.components, problem.shape
    if shape in ("student_t_regressions", "lognormal_regressions"):
        sigma = pm.LogNormal("sigma", 0, 1, shape=K)
        if shape == "lognormal_regressions":
            return pm.LogNormal.dist(mu=predictor, sigma=sigma)
        nu = pm.Gamma("nu", alpha=2, beta=0.1, shape=K)
        return pm.StudentT.dist(nu=nu, mu=predictor, sigma=sigma)
    if shape == "binomial_regressions":
        return pm.Binomial.dist(n=10, p=pm.math.sigmoid(predictor))
    if shape == "beta_regressions":
        phi = pm.LogNormal("phi", 2, 1, shape=K)
        return pm.Beta.dist(mu=pm.math.sigmoid(predictor), nu=phi)
    mean = pm.math.exp(predictor)
    if shape == "counts":
        return pm.Poisson.dist(mean)
    if shape == "gamma_regressions":
        own = pm.LogNormal("shape", 1, 1, shape=K)
        return pm.Gamma.dist(alpha=own, beta=own / mean)
    phi = pm.InverseGamma("phi", alpha=0.4, beta=0.3, shape=K)
    return pm.NegativeBinomial.dist(mu=mean, alpha=phi)
