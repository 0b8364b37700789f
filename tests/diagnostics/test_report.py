from __future__ import annotations

import pandas as pd
import pytest

from stanmix.diagnostics.report import Diagnosis, Finding, Report


def report(*levels):
    made = Report()
    for number, level in enumerate(levels):
        made.add(f"topic {number}", level, f"it is {number}.", "do <b>." if number else "")
    return made


@pytest.mark.parametrize(
    ("levels", "ok"),
    [((), True), (("fine", "note"), True), (("fine", "problem", "fine"), False)],
)
def test_only_problems_put_draws_in_doubt(levels, ok):
    made = report(*levels).diagnosis()
    assert made.ok is ok
    head = "No problem found." if ok else "There are problems with this fit."
    assert str(made).splitlines()[0] == head
    assert [each.level for each in made.findings] == [*levels]


def test_figures_and_tables_go_into_the_diagnosis():
    made, table = report("note"), pd.DataFrame({"mass": [1.0]})
    made.figures["r_hat"] = 1.5
    made.tables["modes"] = table
    found = made.diagnosis()
    assert found.figures == {"r_hat": 1.5}
    assert found.tables["modes"] is table
    assert Report().diagnosis() == Diagnosis((), {}, {})  # nothing is left of another


def test_a_finding_is_found_by_its_topic():
    found = report("fine", "problem").diagnosis()
    assert found.about("topic 1") == Finding("topic 1", "problem", "it is 1.", "do <b>.")
    with pytest.raises(KeyError, match="topic"):
        found.about("topic")


def test_words_as_text_and_as_html():
    found = report("fine", "problem").diagnosis()
    assert str(found).splitlines()[1:] == [
        "  ok       topic 0: it is 0.",
        "  PROBLEM  topic 1: it is 1.",
        "             -> do <b>.",
    ]
    page = found._repr_html_()
    assert page.startswith("<pre>") and page.endswith("</pre>")
    assert "-&gt; do &lt;b&gt;." in page
    assert "<b>" not in page
