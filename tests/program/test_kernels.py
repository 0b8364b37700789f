import re

import pytest

from stanmix.errors import InputError
from stanmix.model import families as model_families
from stanmix.program import kernels

WITHOUT = {"categorical", "mvstudent_t", "ordinal"}
BY_CHOLESKY = {"multi_normal_cholesky", "multi_student_t_cholesky"}  # of vectors
FAMILIES = sorted(set(model_families.FAMILIES) - WITHOUT | BY_CHOLESKY)


def test_families_with_a_fused_likelihood():
    assert list(kernels.families()) == FAMILIES


@pytest.mark.parametrize("family", FAMILIES)
def test_header_is_one_text_with_each_part_once(family):
    text = kernels.header(family)
    assert re.findall(r'#include "', text) == []
    density = "normal" if family == "mvnormal" else family  # that of one coordinate
    for name in ("engine.hpp", "mixing.hpp", "simd.hpp", f"families/{density}.hpp"):
        part = (kernels.path(family).parent / name).read_text()
        assert text.count(part.splitlines()[0]) == 1
    assert f"{family}_mixture_lp" in text
    assert set(re.findall(r"#include <stan/(.*)>", text)) == {"math/rev/core.hpp"}


def test_a_family_without_one_is_refused():
    message = r"'ordinal' has no fused likelihood.*normal, pareto, poisson"
    with pytest.raises(InputError, match=message):
        kernels.header("ordinal")


def test_truncated_families_have_one_where_what_lies_between_ends_is_known():
    assert kernels.has("truncated_poisson") and kernels.has("truncated_weibull")
    assert kernels.has("truncated_gamma") and not kernels.has("truncated_bernoulli")
    assert not kernels.has("ordinal") and not kernels.has("truncated_multi_normal_cholesky")
    made = kernels.header("truncated_poisson", "poisson")
    name = "truncated_poisson_poisson_mixture_lpmf"
    assert f"STANMIX_FUNCTION({name}, Truncated<Poisson>, Poisson)\n" in made
    assert made.count("struct Poisson {") == 1
    with pytest.raises(InputError, match="'truncated_von_mises' has no fused likelihood"):
        kernels.header("truncated_von_mises")


def test_a_header_of_several_families_has_each_part_once_and_one_function():
    text = kernels.header("normal", "student_t", "von_mises")
    assert re.findall(r'#include "', text) == []
    for name in ("engine.hpp", "families/interval.hpp", "families/student_t.hpp"):
        part = (kernels.path("normal").parent / name).read_text()
        assert text.count(part.splitlines()[0]) == 1
    functions = re.findall(r"^STANMIX_FUNCTION\(.*$", text, re.MULTILINE)
    name = "normal_student_t_von_mises_mixture_lpdf"
    assert functions == [f"STANMIX_FUNCTION({name}, Normal, StudentT, VonMises)"]


def test_families_whose_responses_may_be_censored_know_rows_of_both_kinds():
    fused = {
        name: one for name, one in model_families.FAMILIES.items() if name in kernels.families()
    }
    censored = [name for name, one in fused.items() if one.tails]
    assert {"poisson", "beta_binomial", "normal"} <= set(censored)
    assert kernels.have("censored", *censored)
    assert kernels.have("censored", *(f"truncated_{name}" for name in censored))


def test_a_header_has_a_function_of_intervals_where_all_its_families_have_tails():
    assert kernels.have("interval", "normal", "logistic")
    made = kernels.header("normal", "logistic")
    name = "interval_normal_logistic_mixture_lpdf"
    assert f"STANMIX_FUNCTION({name}, Within<Normal>, Within<Logistic>)\n" in made
    assert "STANMIX_FUNCTION(normal_logistic_mixture_lpdf, Normal, Logistic)\n" in made
    assert not kernels.have("interval", "normal", "von_mises")
    assert kernels.have("censored", "poisson") and not kernels.have("interval", "poisson")
    made = kernels.header("von_mises", "normal")
    assert "interval_" not in made.split("STANMIX_FUNCTION(")[-1]
