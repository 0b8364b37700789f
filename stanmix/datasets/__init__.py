"""Small published data sets, as DataFrames, with what their authors found.

The values are facts from the papers cited here; the maximum-likelihood figures are those that the
tests hold stanmix to.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources

import pandas as pd

from stanmix.arguments import OneOf, checked

__all__ = ["Dataset", "describe", "load", "names"]


@dataclass(frozen=True)
class Dataset:
    """A data set's description.

    Attributes
    ----------
    title : str
        What the rows are, and the units of the columns.
    source : str
        Where the values come from.
    published : str
        A published fit, if any.
    """

    title: str
    source: str
    published: str = ""


_DATASETS = {
    "galaxies": Dataset(
        "Velocities (km/s) of 82 galaxies in the Corona Borealis region. The column "
        "velocity_km_s_MASS_typo repeats a well-known misprint (26690 for 26960).",
        "Postman, Huchra & Geller (1986), Astron. J. 92, 1238; Roeder (1990), JASA 85, 617.",
        "Three normals with unequal variances, in 1000 km/s: log-likelihood -203.482.",
    ),
    "acidity": Dataset(
        "Logarithm of the acidity index of 155 lakes in Wisconsin.",
        "Crawford (1994), JASA 89, 1345; Richardson & Green (1997), JRSS B 59, 731.",
        "Two normals with equal variance: log-likelihood -185.9493.",
    ),
    "faithful": Dataset(
        "Durations of 272 eruptions of Old Faithful and waiting times to the next (minutes).",
        "Azzalini & Bowman (1990), Appl. Stat. 39, 357; Haerdle (1991).",
        "Waiting, two normals with equal variance: log-likelihood -1034.0018, weights .36085 and "
        ".63915, means 54.61364 and 80.09031, sd 5.86909.",
    ),
    "fetal_lamb_counts": Dataset(
        "Movements of a fetal lamb in 240 intervals of 5 seconds, as a table of frequencies.",
        "Leroux & Puterman (1992), Biometrics 48, 545.",
    ),
    "co2": Dataset(
        "Carbon dioxide (tonnes a head) and gross national product (1000 US dollars a head) of "
        "28 countries, 1996.",
        "Hurn, Justel & Robert (2003), J. Comput. Graph. Stat. 12, 55.",
        "Two regressions of CO2 on GNP: log-likelihood -66.9398, weights .754921 and .245079, "
        "lines (8.678987, -.023344) and (1.415150, .676596), sds 2.049315 and .809389.",
    ),
    "seizure": Dataset(
        "Seizures a day of one patient over 140 days, with hours of observation.",
        "Wang, Puterman, Cockburn & Le (1996), Biometrics 52, 381.",
    ),
    "betablocker": Dataset(
        "Deaths and patients in 22 centres of a trial of beta blockers, by arm.",
        "Yusuf et al. (1985), Prog. Cardiovasc. Dis. 27, 335; McLachlan & Peel (2000).",
    ),
    "patent": Dataset(
        "Patents, log research spending and its share of sales of 70 companies.",
        "Wang, Cockburn & Puterman (1998), J. Bus. Econ. Stat. 16, 27.",
    ),
    "coal_disasters": Dataset(
        "Days between explosions in British coal mines that killed ten men or more, 1851 to 1962, "
        "with the time (decimal years) at which each of these intervals ended.",
        "Jarrett (1979), Biometrika 66, 191.",
    ),
    "phones": Dataset(
        "International calls from Belgium in the years 1950 to 1973, in millions; from 1964 to "
        "1969, and in parts of 1963 and 1970, minutes were counted instead.",
        "Rousseeuw & Leroy (1987), Robust Regression and Outlier Detection, table 2.2.",
        "Least median of squares: 1.15 millions more each year.",
    ),
    "carcinoma": Dataset(
        "Seven pathologists (A to G) on 118 slides of the uterine cervix: 2 for carcinoma, 1 for "
        "none.",
        "Landis & Koch (1977), Biometrics 33, 363; Agresti (2002), Categorical Data Analysis, "
        "table 13.1.",
        "Latent classes with ratings independent within a class: log-likelihoods -317.2568 of two, "
        "-293.705 of three and -289.2858 of four (Linzer & Lewis, 2011, J. Stat. Softw. 42(10)).",
    ),
    "sleepstudy": Dataset(
        "Mean response times (ms) of 18 people on ten days; after day 2 they had three hours a "
        "night in bed.",
        "Belenky et al. (2003), J. Sleep Res. 12, 1.",
        "Least squares on the day, all people together: 251.405 and 10.467 ms a day.",
    ),
}


def names() -> list[str]:
    """Return the names of the data sets."""
    return list(_DATASETS)


@checked(name=OneOf(*_DATASETS))
def describe(name: str) -> Dataset:
    """Return title, source and published fit of a data set.

    Raises
    ------
    InputError
        If there is no such data set.
    """
    return _DATASETS[name]


@checked(name=OneOf(*_DATASETS))
def load(name: str) -> pd.DataFrame:
    """Return a data set.

    Parameters
    ----------
    name : str
        One of `names`.

    Raises
    ------
    InputError
        If there is no such data set.
    """
    with resources.files(__package__).joinpath(f"{name}.csv").open("r") as file:
        return pd.read_csv(file)
