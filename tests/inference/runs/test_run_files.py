from __future__ import annotations

import pytest

from stanmix.errors import OutputError
from stanmix.inference.runs.run_files import RunFiles, killed, of_command, of_fit

HEADER = """\
# stan_version_major = 2
# model = prog_model
# method = sample (Default)
#   sample
#     adapt
#       engaged = true
#       delta = 0.94999999999999996
#       iter = 50 (Default)
# id = 2
# data
#   file = data.json
# random
#   seed = 7
# output
#   file = output/prog_2.csv
#   refresh = 100
#   sig_figs = 17
lp__,theta
1,2
"""
COMMAND = [
    "./prog", "id=2", "random", "seed=7", "data", "file=data.json", "output",
    "file=output/prog_2.csv", "refresh=1", "sig_figs=17", "adapt", "engaged=1", "delta=0.95",
]  # fmt: skip


def files(tmp_path, text):
    (tmp_path / "output").mkdir()
    (tmp_path / "output" / "prog_2.csv").write_text(text)
    return of_command(COMMAND, tmp_path)


def test_where_a_command_writes(tmp_path):
    made = of_command([*COMMAND, "output", "diagnostic_file=output/elbo.csv"], tmp_path)
    assert made.csv == tmp_path / "output" / "prog_2.csv"
    assert made.console == tmp_path / "output" / "prog_2.txt"
    assert made.diagnostic == tmp_path / "output" / "elbo.csv"


def test_own_output_is_taken(tmp_path):
    files(tmp_path, HEADER).check_made_by(COMMAND, "prog")


@pytest.mark.parametrize(
    ("theirs", "ours", "named"),
    [
        ("seed = 7", "seed = 8", "seed = 8"),
        ("prog_model", "other_model", "model = other_model"),
        ("engaged = true", "engaged = false", "engaged = false"),
        ("0.94999999999999996", "0.8", "delta = 0.8"),
        ("id = 2", "id = 1", "id = 1"),
        ("sig_figs = 17", "sig_figs = 6", "sig_figs = 6"),
    ],
)
def test_output_of_another_run_is_refused(tmp_path, theirs, ours, named):
    with pytest.raises(OutputError, match=f"another run: it has {named}"):
        files(tmp_path, HEADER.replace(theirs, ours)).check_made_by(COMMAND, "prog")


def test_another_file_is_refused(tmp_path):
    with pytest.raises(OutputError, match="no output of CmdStan"):
        files(tmp_path, "x,y\n1,2\n").check_made_by(COMMAND, "prog")


def test_a_line_cut_short_is_seen(tmp_path):
    made = files(tmp_path, HEADER)
    assert made.ends_whole
    made.csv.write_text(HEADER[:-2])
    assert not made.ends_whole
    made.csv.write_text("")
    assert not made.ends_whole
    assert not RunFiles(tmp_path / "none.csv", tmp_path / "none.txt").ends_whole


def test_last_words_leave_settings_and_progress_out(tmp_path):
    console = tmp_path / "c.txt"
    took = "Gradient evaluation took 2e-05 seconds\nAdjust your expectations accordingly!"
    settings = "method = sample (Default)\n  sample\n    num_samples = 1000"
    said = f"{settings}\n{took}\nIteration: 1 / 2\n\nThe first\nIteration: 2 / 2\nThe second\n"
    console.write_text(said)
    assert RunFiles(tmp_path / "c.csv", console).last_words() == "The first\nThe second"
    assert RunFiles(tmp_path / "c.csv", console).last_words(1) == "The second"
    assert RunFiles(tmp_path / "c.csv", tmp_path / "none.txt").last_words() == ""


def test_a_run_that_ends_without_a_word_was_killed(tmp_path):
    console = tmp_path / "c.txt"
    console.write_text("method = sample\n  num_samples = 1000\nIteration: 1 / 2000\n")
    words = RunFiles(tmp_path / "c.csv", console).last_words()
    assert words == killed() and "its process was killed." in words and "memory" in words
    words = RunFiles(tmp_path / "c.csv", console).last_words(signal=9)
    assert "its process was killed by SIGKILL (signal 9)." in words and "\n" not in words
    assert "by signal (signal 200)" in killed(200)


CHAIN = HEADER.replace("#   sample\n", "#   sample\n{}\n")


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ("#  num_samples = 1\n# num_warmup = 9\n# save_warmup = false (Default)\n# thin = 1", ""),
        ("#  num_samples = 5\n# num_warmup = 9\n# save_warmup = false\n# thin = 7", ""),
        ("#  num_samples = 5\n# num_warmup = 9\n# save_warmup = 0\n# thin = 2", "1 draws of 3"),
        ("#  num_samples = 5\n# num_warmup = 9\n# save_warmup = true\n# thin = 5", "1 draws of 3"),
        ("#  num_samples = 5\n# num_warmup = 9\n# save_warmup = 1\n# thin = 9", "1 draws of 2"),
        ("#  num_samples = 1\n# num_warmup = 9", "lack thin"),
    ],
)
def test_the_draws_of_a_chain_are_counted(tmp_path, settings, fault):
    said = files(tmp_path, CHAIN.format(settings)).fault()
    assert fault in said
    assert bool(fault) is said.startswith("its output cannot be read: ")


def test_what_is_no_output_has_a_fault(tmp_path):
    made = files(tmp_path, "lp__,theta\n1,2,3\n")
    assert "names 2 columns" in made.fault()
    made.csv.unlink()
    assert "No such file" in made.fault()


class Fit:
    """A fit of cmdstanpy, as its versions name its files."""

    def __init__(self, **attributes):
        self.__dict__.update(attributes)


def test_the_files_of_a_fit_are_found_in_every_version(tmp_path):
    elbo = tmp_path / "elbo.csv"
    first = files(tmp_path, HEADER + f"#   diagnostic_file = {elbo}\n").csv
    first.write_text(HEADER.replace("# output\n", f"# output\n#   diagnostic_file = {elbo}\n"))
    second = first.with_name("other.csv")
    second.write_text(HEADER.replace("# output\n", "# output\n#   diagnostic_file =  (Default)\n"))
    console = tmp_path / "said.txt"
    many = {"csv_files": [str(first), str(second)], "stdout_files": [str(console)] * 2}
    one = {"csv_file": str(first), "stdout_file": str(console)}
    expected = [RunFiles(first, console, elbo), RunFiles(second, console, None)]
    assert of_fit(Fit(runset=Fit(**many))) == expected
    assert of_fit(Fit(_runset=Fit(**many))) == expected
    assert of_fit(Fit(**many)) == expected
    assert of_fit(Fit(**one)) == expected[:1]
