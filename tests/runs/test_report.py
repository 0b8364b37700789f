from __future__ import annotations

import base64
import io
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

import stanmix
from stanmix.runs.report import report
from stanmix.runs.results import write

EVIL = "<script>alert('x')</script> & \"q\""


class Page(HTMLParser):
    """The elements, attributes and text of a page."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.open, self.text = [], [], ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text += data


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    rng = np.random.default_rng(1)
    x = rng.normal(size=60)
    frame = {EVIL: x, "y": np.where(rng.random(60) < 0.5, x, -x) + 0.1 * rng.normal(size=60)}
    model = stanmix.Mixture(f"y ~ `{EVIL}`", 2, order=EVIL)
    fit = model.fit(frame, seed=1, chains=2, draws=60, warmup=100, progress=False)
    folder = tmp_path_factory.mktemp("report")
    return fit, write(fit, folder, progress=False), Page(report(folder).read_text())


def test_the_page_stands_on_its_own(written):
    _, _, page = written
    assert not page.open  # every element is closed
    assert {tag for tag, _ in page.elements}.isdisjoint({"script", "link", "iframe", "object"})
    for tag, attributes in page.elements:
        for name in ("src", "href", "srcset", "action"):
            if name in attributes:
                assert attributes[name].startswith(
                    "data:image/png;base64," if tag == "img" else "#"
                )
        assert not any(name.startswith("on") for name in attributes)


def test_names_from_the_data_are_text(written):
    fit, _, page = written
    assert EVIL in page.text and fit.model.formula in page.text


def test_it_holds_program_summary_diagnosis_and_provenance(written):
    fit, made, page = written
    assert fit.model.program("fused") in page.text
    assert str(fit.provenance()) in page.text
    for finding in made.diagnosis.findings:
        assert finding.text in page.text
    rows = [a for tag, a in page.elements if tag == "tr"]
    assert len(rows) == len(made.summary) + 1
    assert f"{made.summary.loc['theta[1]', 'mean']:.4g}" in page.text


def test_it_holds_the_figures(written):
    _, made, page = written
    images = [a for tag, a in page.elements if tag == "img"]
    assert [image["alt"] for image in images] == list(made.figures)
    for image, path in zip(images, made.figures.values(), strict=True):
        content = base64.b64decode(image["src"].removeprefix("data:image/png;base64,"))
        assert content == path.read_bytes()
        picture = np.asarray(Image.open(io.BytesIO(content)).convert("L"))
        assert picture.shape[0] > 300 and picture.std() > 5  # not blank


def test_what_cannot_be_drawn_is_said(tmp_path):
    fit = stanmix.Mixture("y ~ C(g)", 2, order=None).fit(
        {"y": np.random.default_rng(1).normal(size=40), "g": np.tile(["a", "b"], 20)},
        method="map", seed=1, progress=False,
    )  # fmt: skip
    made = write(fit, tmp_path / "out", progress=False)
    assert list(made.not_drawn) == ["Data and fit"]
    assert made.not_drawn["Data and fit"] in Page(report(tmp_path / "out").read_text()).text
