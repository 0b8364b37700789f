import re

import pytest

from stanmix.errors import InputError
from stanmix.program import kernels

FAMILIES = ("mvnormal", "negative_binomial", "normal", "poisson", "student_t")


def test_families_with_a_fused_likelihood():
    assert kernels.families() == FAMILIES


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
    with pytest.raises(InputError, match=r"'gamma' has no fused likelihood.*normal, poisson"):
        kernels.header("gamma")
