"""What the tests of the procedures share: the folder of what the stories reach."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def together(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which all processes of this run keep what the stories reach."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "stories"
    folder.mkdir(exist_ok=True)
    return folder
