"""The engine as libraries, compiled once a test run."""

import os

import pytest
from libraries import Library
from mixtures import INSTRUCTIONS


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # the workers of a run have it in common
    return Library(folder)


@pytest.fixture(params=list(INSTRUCTIONS))
def instructions(request: pytest.FixtureRequest, library: Library) -> str:
    """Each set of instructions that this processor has."""
    if INSTRUCTIONS[request.param] > library.best():
        pytest.skip(f"this processor has no {request.param}")
    return request.param
