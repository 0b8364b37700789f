from __future__ import annotations

from stanmix.inference.runs import chains


def test_a_file_without_its_end_is_not_complete(tmp_path):
    path = tmp_path / "chain_1.csv"
    path.write_text("# model\nlp__\n-1.0\n")
    assert not chains._complete(path)
    path.write_text("lp__\n-1.0\n# \n#  Elapsed Time: 0.1 seconds (Total)\n# \n")
    assert chains._complete(path)
