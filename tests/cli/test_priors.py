from __future__ import annotations

import io

import pandas as pd
import pytest

import stanmix
from stanmix import cli
from stanmix.cli.statement import parse_prior


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "data.tsv"
    path.write_text("y\tx\tg\n1,5\t1\t007\n4\t2\t7\n.\t3\t7\n2,5\t4\t008\n9\t2\t7\n")
    return path


def test_the_table_is_that_of_the_mixture_with_the_file(path, capsys):
    arguments = [
        "priors", str(path), "--formula", "y ~ x", "--components", "2", "--separator", "\\t",
        "--decimal", ",", "--na", ".", "--prior", "x=[Normal(0, 1), Normal(5, 1)]",
    ]  # fmt: skip
    assert cli.main(arguments) == 1  # a response is missing
    assert "'y'" in capsys.readouterr().err
    path.write_text(path.read_text().replace("\n.\t", "\n3\t"))
    assert cli.main(arguments) == 0
    found = pd.read_csv(io.StringIO(capsys.readouterr().out), index_col="name", dtype=str)
    model = stanmix.Mixture("y ~ x", 2, priors={"x": [stanmix.Normal(0, 1), stanmix.Normal(5, 1)]})
    frame = {"y": [1.5, 4.0, 3.0, 2.5, 9.0], "x": [1, 2, 3, 4, 2]}
    expected = model.priors_for(frame)
    assert [parse_prior(text) for text in found["prior"]] == list(expected["prior"])
    pd.testing.assert_frame_equal(
        found.fillna(""), expected.astype(str), check_dtype=False, check_index_type=False
    )


def test_a_statement_that_makes_no_sense_is_refused(path, capsys):
    assert cli.main(["priors", str(path), "--formula", "y", "--components", "0"]) == 1
    assert capsys.readouterr().err.startswith("stanmix: components must be an integer")
