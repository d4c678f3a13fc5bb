"""A master key's file of a test's own."""

from pathlib import Path

import pytest
from pytest_django import Settings


@pytest.fixture
def key_file(settings: Settings, tmp_path: Path) -> Path:
    """MASTER_KEY_FILE, as the portal was started with it."""
    path = tmp_path / "secrets" / "master-key"
    path.parent.mkdir()
    path.write_text(settings.MASTER_KEY)
    settings.MASTER_KEY_FILE = path
    return path
