from __future__ import annotations

import pytest

from stanmix.cmdstan import usable
from stanmix.inference import available, doctor


@pytest.mark.parametrize(
    ("hindered", "absent", "status", "words", "runs"),
    [
        ("", "", "ok", "CmdStan runs fits", True),
        ("", "no stanli", "ok", "CmdStan runs fits", True),
        ("no compiler", "", "ok", "stanli runs fits, by method nuts, auto, importance, map", True),
        ("no compiler", "no stanli", "missing", "Nothing here can run", False),
    ],
)
def test_the_engine_comes_first(monkeypatch, cmdstan, hindered, absent, status, words, runs):
    monkeypatch.setattr(usable, "hindrance", lambda: hindered)
    monkeypatch.setattr(usable, "found", lambda: None)
    monkeypatch.setattr(available, "stanli_missing", lambda: absent)
    findings = doctor.report()
    assert findings[0].what == "Engine" and findings[0].status == status
    assert words in findings[0].detail
    assert findings[1].what == "stanli" and findings[1].status == ("note" if absent else "ok")
    assert {"CmdStan", "C++ compiler", "make"} <= {finding.what for finding in findings}
    assert doctor.fits_run(findings) == runs


def test_what_cmdstan_lacks_counts_where_it_is_asked_for(tmp_path):
    findings = doctor.report(tmp_path / "none")
    assert findings[0].detail.startswith("CmdStan")
    assert not doctor.fits_run(findings, str(tmp_path / "none"))
