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
    """The folder with the real data sets; where it is not, the tests that read them are not chosen (below)."""
    return SHARED_DATA


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of the real data sets, which are too large for the repository, on a computer without them."""
    if SHARED_DATA.is_dir():
        return
    left_out = [item for item in items if "shared_data" in getattr(item, "fixturenames", ())]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)
