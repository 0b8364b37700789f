from __future__ import annotations

import cmdstanpy
import numpy as np
import pytest

import stanmix
from stanmix.inference.runs.stan_csv import read

# Matrices run down their columns, the first index fastest.
TEXT = """\
# model = prog_model
# method = sample (Default)
lp__,stepsize__,b.1.1,b.2.1,b.1.2,b.2.2,b.1.3,b.2.3,a,v.1
# Adaptation terminated
-1.5,0.25,11,21,12,22,13,23,0.1,7
-2.5,0.5,111,121,112,122,113,123,nan,-inf

# Elapsed Time: 1 seconds (Total)
"""


def written(tmp_path, text=TEXT):
    path = tmp_path / "prog.csv"
    path.write_text(text)
    return read(path)


def test_columns_become_variables_and_statistics(tmp_path):
    table = written(tmp_path)
    assert len(table) == 2
    assert set(table.variables) == {"b", "a", "v"}
    b = [[[11, 12, 13], [21, 22, 23]], [[111, 112, 113], [121, 122, 123]]]
    np.testing.assert_array_equal(table.variables["b"], b)
    np.testing.assert_array_equal(table.variables["a"], [0.1, np.nan])
    np.testing.assert_array_equal(table.variables["v"], [[7], [-np.inf]])
    assert set(table.statistics) == {"lp__", "stepsize__"}
    np.testing.assert_array_equal(table.statistics["lp__"], [-1.5, -2.5])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no draws"),
        ("# model = prog_model\n", "no draws"),
        ("lp__,a\n", "no draws"),
        ("lp__,a\n1,2,3\n", "names 2 columns and has 3"),
        ("lp__,a\n1,2\n1\n", "columns"),
        ("lp__,a\n1,2\n1,x\n", "x"),
        ("lp__,a\n1,2\n1,\n", "could not convert"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, text, said):
    with pytest.raises(ValueError, match=said):
        written(tmp_path, text)


def test_numbers_are_read_to_the_last_bit(tmp_path):
    values = np.random.default_rng(0).normal(size=(200, 3)) * 10.0 ** np.arange(-150, 151, 150)
    rows = "".join(",".join(f"{x:.17g}" for x in row) + "\n" for row in values)
    np.testing.assert_array_equal(written(tmp_path, "a,b,c\n" + rows).rows, values)


def test_it_is_what_cmdstanpy_reads(tmp_path, cmdstan):
    program = stanmix.cmdstan.build(
        "parameters { matrix[2, 3] m; real<lower=0> s; array[2] vector[1] w; }"
        " model { to_vector(m) ~ std_normal(); s ~ exponential(1);"
        " for (i in 1:2) w[i] ~ std_normal(); }",
        name="shapes",
        cmdstan=cmdstan,
        progress=False,
    )
    theirs = cmdstanpy.CmdStanModel(exe_file=str(program.exe_file)).sample(
        chains=1, seed=1, iter_warmup=200, iter_sampling=50, output_dir=tmp_path, sig_figs=17,
        show_progress=False,
    )  # fmt: skip
    (path,) = tmp_path.glob("*.csv")
    ours = read(path)
    for read_here, read_there in (
        (ours.variables, theirs.stan_variables()),
        (ours.statistics, {n: v[:, 0] for n, v in theirs.method_variables().items()}),
    ):
        assert set(read_here) == set(read_there)
        for name, values in read_there.items():
            assert read_here[name].shape == values.shape
            np.testing.assert_array_equal(read_here[name], values)
