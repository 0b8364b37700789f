"""NumPyro's NUTS, compiled by JAX as it runs."""

from __future__ import annotations

import time

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pandas as pd
from numpyro.distributions import constraints
from numpyro.infer import MCMC, NUTS
from numpyro.infer.util import initialize_model
from problems import Problem
from result import Run, median_seconds

from systems.shapes import canonical

__all__ = ["fit_numpyro"]


SHAPES = ("lines", "pair", "clusters", "counts")


def model(problem: Problem, frame: pd.DataFrame) -> object:
    """Return the NumPyro model of a problem, a function without arguments."""
    if problem.shape not in SHAPES:
        raise NotImplementedError(f"there is no NumPyro model of {problem.shape}")
    K = problem.components
    y = jnp.asarray(frame["y"].to_numpy())
    x = jnp.asarray(frame.drop(columns="y").to_numpy())

    def increasing(name: str, sd: float) -> jnp.ndarray:
        values = numpyro.sample(name, dist.ImproperUniform(constraints.ordered_vector, (), (K,)))
        numpyro.factor(f"{name}_prior", dist.Normal(0, sd).log_prob(values).sum())
        return values

    def program() -> None:
        theta = problem.known.get("theta")
        if theta is None:
            theta = numpyro.sample("theta", dist.Dirichlet(jnp.ones(K)))
        weights = dist.Categorical(probs=jnp.asarray(theta))
        if problem.shape == "lines":
            mean = x * increasing("beta", 2)
            sigma = numpyro.sample("sigma", dist.Uniform(0, 1))
            response = dist.Normal(mean, sigma)
        elif problem.shape == "counts":
            intercept = increasing("intercept", 2)
            slope = numpyro.sample("slope", dist.Normal(0, 2).expand([K, x.shape[1]]).to_event(2))
            response = dist.Poisson(jnp.exp(intercept + x @ slope.T))
        else:
            mu = increasing("mu", 10)
            sigma = problem.known.get("sigma")
            if sigma is None:
                sigma = numpyro.sample("sigma", dist.Uniform(0, 10).expand([K]).to_event(1))
            response = dist.Normal(jnp.broadcast_to(mu, (len(y), K)), sigma)
        numpyro.sample("y", dist.MixtureSameFamily(weights, response), obs=y)

    return program


def fit_numpyro(problem: Problem, frame: pd.DataFrame, seed: int, warmup: int, draws: int) -> Run:
    """Sample one chain; compiling is part of it and cannot be told apart."""
    numpyro.enable_x64()
    key = jax.random.PRNGKey(seed)
    program = model(problem, frame)
    started = time.perf_counter()
    sampler = MCMC(
        NUTS(program), num_warmup=warmup, num_samples=draws, num_chains=1, progress_bar=False
    )
    sampler.run(key, extra_fields=("num_steps",))
    variables = {name: np.asarray(values) for name, values in sampler.get_samples().items()}
    seconds = time.perf_counter() - started
    steps = np.asarray(sampler.get_extra_fields()["num_steps"])
    return Run(
        0.0,
        seconds,
        canonical(problem, variables),
        float(steps.mean()),
        gradient_seconds(program, key),
        "compiling is within sampling",
    )


def gradient_seconds(program: object, key: jax.Array) -> float:
    """Time the gradient of the potential by itself."""
    start = initialize_model(key, program)
    gradient = jax.jit(jax.value_and_grad(start.potential_fn))
    return median_seconds(lambda: jax.block_until_ready(gradient(start.param_info.z)))
