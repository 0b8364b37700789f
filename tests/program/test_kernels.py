import re

import pytest

from stanmix.errors import InputError
from stanmix.model import families as model_families
from stanmix.program import kernels

WITHOUT = {"skew_normal", "exgaussian"}
FAMILIES = sorted(set(model_families.FAMILIES) - WITHOUT)


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
    message = r"'skew_normal' has no fused likelihood.*normal, pareto, poisson"
    with pytest.raises(InputError, match=message):
        kernels.header("skew_normal")
