from __future__ import annotations

import pytest

import stanmix
from stanmix import cli


@pytest.mark.parametrize("kernel", ["stan", "fused", "auto"])
def test_the_program_goes_to_standard_output(capsys, kernel):
    statement = ["--formula", "y ~ x", "--components", "2", "--shared", "sigma"]
    assert cli.main(["render", *statement, "--kernel", kernel]) == 0
    model = stanmix.Mixture("y ~ x", 2, shared=("sigma",))
    assert capsys.readouterr().out == model.program(kernel)


def test_the_portable_program_is_the_default(capsys):
    assert cli.main(["render", "--formula", "y", "--components", "2"]) == 0
    assert capsys.readouterr().out == stanmix.Mixture("y", 2).program("stan")


def test_a_program_to_be_read_names_its_priors(capsys):
    statement = ["--formula", "y ~ x", "--components", "2", "--family", "student_t"]
    statement += ["--predictor", "sigma=~ z", "--fixed", "nu=4"]
    assert cli.main(["render", *statement, "--priors", "named"]) == 0
    found = capsys.readouterr().out
    assert "coefficient ~ normal(beta_sigma_prior[p, 1], beta_sigma_prior[p, 2]);" in found
    model = stanmix.Mixture(
        "y ~ x", 2, family="student_t", formulas={"sigma": "~ z"}, fixed={"nu": 4.0}
    )
    assert found == model.program(priors="named")


def test_a_statement_that_makes_no_sense_is_refused(capsys):
    assert cli.main(["render", "--formula", "y", "--components", "0"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("stanmix: components must be an integer of at least 1")
