"""What is wrong with a fit, in words and figures, judged after relabelling.

Labels of exchangeable components carry no meaning, so R-hat and ESS of raw draws say nothing
about convergence when labels switch. Here they are computed on aligned draws, and switching is a
finding of its own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from stanmix import convert, relabel

if TYPE_CHECKING:
    from stanmix.fit import Fit

__all__ = ["Diagnosis", "Finding", "diagnose"]

# Thresholds of Vehtari, Gelman, Simpson, Carpenter & Buerkner (2021, Bayesian Anal. 16, 667-718).
R_HAT = 1.01
ESS_PER_CHAIN = 100
# Betancourt (2016): below this the chain explores the energies too slowly.
E_BFMI = 0.3
# Vehtari, Simpson, Gelman, Yao & Gabry (2024): above this importance weights are useless.
K_HAT = 0.7

LEVELS = ("fine", "note", "problem")


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
    """

    findings: tuple[Finding, ...]
    figures: dict[str, float] = field(default_factory=dict)

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
        import html

        return f"<pre>{html.escape(str(self))}</pre>"


def diagnose(fit: Fit) -> Diagnosis:
    """Judge a fit.

    Parameters
    ----------
    fit : Fit
        By any method. Where labels may switch, a relabelled copy is judged beside it.

    Returns
    -------
    Diagnosis
        Prints as a list in plain words.
    """
    findings: list[Finding] = []
    figures: dict[str, float] = {}
    if fit.method == "nuts":
        _failed_chains(fit, findings, figures)
        _sampler(fit, findings, figures)
        _switching_and_convergence(fit, findings, figures)
    elif fit.method == "advi":
        _variational(fit, findings, figures)
    else:
        _mode(fit, findings, figures)
    _small_components(fit, findings, figures)
    return Diagnosis(tuple(findings), figures)


def _failed_chains(fit: Fit, findings: list[Finding], figures: dict[str, float]) -> None:
    failed = fit.failed_chains
    figures["failed_chains"] = len(failed)
    if failed:
        chain, words = next(iter(failed.items()))
        last = words.strip().splitlines()[-1] if words.strip() else "nothing"
        findings.append(
            Finding(
                "failed chains",
                "problem",
                f"chain(s) {', '.join(map(str, failed))} did not finish and are missing; chain "
                f"{chain} last said: {last}",
                "find out why before you trust the others: they may be the ones that got away.",
            )
        )


def _sampler(fit: Fit, findings: list[Finding], figures: dict[str, float]) -> None:
    stats = fit.idata.sample_stats
    total = stats["diverging"].size
    divergent = int(stats["diverging"].sum())
    figures["divergences"] = divergent
    if divergent:
        findings.append(
            Finding(
                "divergences",
                "problem",
                f"{divergent} of {total} transitions diverged ({divergent / total:.1%}): parts of "
                "the posterior were not explored.",
                "raise adapt_delta (0.95, 0.99), or give sigma a prior that keeps components "
                "from collapsing.",
            )
        )
    else:
        findings.append(Finding("divergences", "fine", f"none in {total} transitions."))
    limit = json.loads(fit.idata.attrs["options"])["max_treedepth"]
    saturated = int((stats["tree_depth"] >= limit).sum())
    figures["saturated"] = saturated
    if saturated:
        findings.append(
            Finding(
                "tree depth",
                "note",
                f"{saturated} of {total} transitions reached the greatest tree depth ({limit}): "
                "slow, not wrong.",
                "scale the covariates, use metric='dense_e', or raise max_treedepth.",
            )
        )
    with convert.quiet():
        energy = float(np.min(convert.arviz.bfmi(stats["energy"].to_numpy())))
    figures["e_bfmi"] = energy
    if energy < E_BFMI:
        findings.append(
            Finding(
                "energy",
                "problem",
                f"E-BFMI is {energy:.2f}, below {E_BFMI}: momentum draws do not match the "
                "spread of the posterior's energy.",
                "look for heavy tails: stronger priors on sigma help most.",
            )
        )


def _switching_and_convergence(
    fit: Fit, findings: list[Finding], figures: dict[str, float]
) -> None:
    may_switch = (
        fit.model.components > 1 and fit.model.program_order is None and fit.model.exchangeable
    )
    judged = fit
    if may_switch:
        judged = fit if "permutation" in fit.idata.sample_stats else fit.relabel("ecr")
        _switching(fit, judged, findings, figures)
    posterior = judged.idata.posterior
    r_hat, where = _largest_r_hat(posterior)
    r_hat_lp = _largest_r_hat(judged.idata.sample_stats[["lp"]])[0]
    bulk, tail = _smallest_ess(posterior)
    chains = posterior.sizes["chain"]
    wanted = ESS_PER_CHAIN * chains
    figures.update(r_hat=r_hat, r_hat_lp=r_hat_lp, ess_bulk=bulk, ess_tail=tail)
    relabelled = " after relabelling" if may_switch else ""
    if not r_hat < R_HAT:
        findings.append(
            Finding(
                "convergence",
                "problem",
                f"R-hat is {r_hat:.3f} for {where}{relabelled} (below {R_HAT} is wanted; of the "
                f"log density, which knows no labels, it is {r_hat_lp:.3f}): chains do not agree.",
                "run longer; if chains sit at different log densities (sample_stats.lp), the "
                "posterior has modes that no relabelling can merge: fewer components or "
                "stronger priors.",
            )
        )
    else:
        findings.append(
            Finding("convergence", "fine", f"largest R-hat{relabelled} {r_hat:.3f} ({where}).")
        )
    few = min(bulk, tail) < wanted
    findings.append(
        Finding(
            "effective draws",
            "note" if few else "fine",
            f"at least {bulk:.0f} in the bulk and {tail:.0f} in the tails"
            + (f"; {wanted} are wanted for reliable figures." if few else "."),
            "draw more." if few else "",
        )
    )
    if chains == 1:
        findings.append(
            Finding(
                "chains",
                "note",
                "one chain cannot show that another start would have led elsewhere.",
                "use chains=4.",
            )
        )


def _switching(fit: Fit, aligned: Fit, findings: list[Finding], figures: dict[str, float]) -> None:
    perm = aligned.idata.sample_stats["permutation"].to_numpy()
    within = int((perm[:, 1:] != perm[:, :-1]).any(axis=-1).sum())
    usual = [
        tuple(np.unique(chain, axis=0, return_counts=True)[0][_commonest(chain)]) for chain in perm
    ]
    between = len(set(usual)) - 1
    raw = _as_sampled(aligned)
    figures["r_hat_as_sampled"] = _largest_r_hat(raw)[0]
    figures["switches_within_chains"] = within
    figures["labellings_between_chains"] = between + 1
    if not within and not between:
        findings.append(Finding("label switching", "fine", "none: all draws agree on the labels."))
        return
    places = []
    if within:
        places.append(f"labels change {within} times within chains")
    if between:
        places.append(f"chains settle on {between + 1} different labellings")
    done = "permutation" in fit.idata.sample_stats
    findings.append(
        Finding(
            "label switching",
            "note" if done else "problem",
            f"{' and '.join(places)}; R-hat of the draws as sampled is "
            f"{figures['r_hat_as_sampled']:.2f}. "
            + (
                f"The draws have been {fit.labelling}."
                if done
                else "The posterior is the same under every numbering of the components, so "
                "means over these draws mix components up."
            ),
            "" if done else 'use fit.relabel("ecr"), or order= in the model.',
        )
    )


def _commonest(perm: Any) -> int:
    return int(np.argmax(np.unique(perm, axis=0, return_counts=True)[1]))


def _as_sampled(fit: Fit) -> xr.Dataset:
    """Return the draws under the labels that the sampler gave them."""
    perm = fit.idata.sample_stats["permutation"].to_numpy()
    back = np.argsort(perm, axis=-1)
    posterior = fit.idata.posterior
    raw: xr.Dataset = posterior.assign(
        {
            name: (posterior[name].dims, relabel.apply(back, posterior[name].to_numpy()))
            for name in fit.model.component_parameters
        }
    )
    return raw


def _variational(fit: Fit, findings: list[Finding], figures: dict[str, float]) -> None:
    if fit.idata.attrs["converged"]:
        findings.append(Finding("ELBO", "fine", "its relative change fell below tol_rel_obj."))
    else:
        findings.append(
            Finding(
                "ELBO",
                "problem",
                "it was still changing when the iterations ran out.",
                "raise iterations, or look at sample_stats.elbo.",
            )
        )
    stats = fit.idata.sample_stats
    log_ratio = (stats["log_p"] - stats["log_g"]).to_numpy().ravel()
    with convert.quiet():
        k_hat = float(convert.arviz.psislw(log_ratio - log_ratio.max())[1])
    figures["k_hat"] = k_hat
    good = k_hat < K_HAT
    findings.append(
        Finding(
            "approximation",
            "fine" if good else "problem",
            f"Pareto k-hat of the importance ratios is {k_hat:.2f}"
            + (f", below {K_HAT}." if good else f" (below {K_HAT} is wanted): the approximation "
               "misses the posterior, and its means and sds cannot be trusted."),
            "" if good else 'use method="nuts".',
        )
    )  # fmt: skip


def _mode(fit: Fit, findings: list[Finding], figures: dict[str, float]) -> None:
    figures["log_density"] = fit.idata.sample_stats["lp"].item()
    if fit.idata.attrs["converged"]:
        findings.append(Finding("optimisation", "fine", "ended at a mode of the posterior."))
    else:
        findings.append(
            Finding("optimisation", "problem", "did not converge.", "raise iterations.")
        )
    findings.append(
        Finding("uncertainty", "note", "a mode has none.", 'use method="nuts" for intervals.')
    )


def _small_components(fit: Fit, findings: list[Finding], figures: dict[str, float]) -> None:
    """Name components that hold too few observations to be there."""
    if fit.model.components == 1 or "theta" in fit.model.fixed:
        return
    N = len(fit.design.y)
    weights = fit.draws()["theta"].mean(axis=0)
    least = fit.design.X.shape[1] + 1
    small = np.flatnonzero(weights * N < least)
    figures["smallest_component"] = float(weights.min() * N)
    if len(small):
        named = ", ".join(str(k + 1) for k in small)
        findings.append(
            Finding(
                "surplus components",
                "note",
                f"component(s) {named} hold fewer than {least} of {N} observations on average.",
                "fewer components may do.",
            )
        )


def _split(values: Any) -> Any:
    """Return (chain, draw, ...) with a single chain cut in two, as R-hat needs."""
    array = np.asarray(values, dtype=np.float64)
    if array.shape[0] > 1:
        return array
    half = array.shape[1] // 2
    return np.concatenate([array[:, :half], array[:, half : 2 * half]])


def _largest_r_hat(draws: xr.Dataset) -> tuple[float, str]:
    """Return the largest rank-normalised split R-hat and the quantity it belongs to.

    NaN (a quantity that never moved in some chain) counts as infinite.
    """
    worst, where = 0.0, ""
    for name, variable in draws.data_vars.items():
        values = _split(variable.transpose("chain", "draw", ...))
        for index in np.ndindex(*values.shape[2:]):
            one = values[(slice(None), slice(None), *index)]
            if np.ptp(one) == 0:  # constant in all chains, as theta with one component
                continue
            with convert.quiet():
                r_hat = float(convert.arviz.rhat(one))
            r_hat = np.inf if np.isnan(r_hat) else r_hat
            if r_hat > worst:
                labels = [
                    str(variable[dim].to_numpy()[i])
                    for dim, i in zip(variable.dims[2:], index, strict=True)
                ]
                worst, where = r_hat, f"{name}[{', '.join(labels)}]" if labels else str(name)
    return worst, where


def _smallest_ess(draws: xr.Dataset) -> tuple[float, float]:
    with convert.quiet():
        bulk = convert.arviz.ess(draws, method="bulk")
        tail = convert.arviz.ess(draws, method="tail")
    return (
        min(float(np.nanmin(variable)) for variable in bulk.data_vars.values()),
        min(float(np.nanmin(variable)) for variable in tail.data_vars.values()),
    )
