"""Every test has a cache folder of its own; the shared data are read where they are."""

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder of this test, not made yet."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("ACTIVATION_EXPLORER_CACHE", str(folder))
    return folder


@pytest.fixture
def shared_data() -> Path:
    """The folder with the real data sets."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"the real data sets are not in {SHARED_DATA}")
    return SHARED_DATA
