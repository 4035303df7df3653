"""torch's threads rest soon in the app, unless the environment says something else."""

import os

import pytest

from core.threads import let_threads_rest


@pytest.mark.parametrize(
    ("environment", "found"),
    [({}, "20000"), ({"GOMP_SPINCOUNT": "7"}, "7"), ({"OMP_WAIT_POLICY": "ACTIVE"}, None)],
)
def test_what_the_environment_says_about_waiting_counts(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], found: str | None
) -> None:
    for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY"):
        monkeypatch.setenv(name, "")  # so that it is set back in the end
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    let_threads_rest()
    assert os.environ.get("GOMP_SPINCOUNT") == found
