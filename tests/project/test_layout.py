"""What lies in the repository, and how big it is."""

import json
import tomllib
from pathlib import Path

from .tools import ROOT, tracked_files

TOP_LEVEL = {
    "pyproject.toml", "explorer", "notebooks", "core", "tests", "README.md",
    "Makefile", "LICENSE", "CHANGELOG.md", "constraints.txt", "benchmarks",
}  # fmt: skip
MEGABYTE = 1_000_000


def size(folder: str) -> int:
    return sum(p.stat().st_size for p in (ROOT / folder).rglob("*") if p.is_file())


def test_the_top_level_holds_only_what_the_design_names() -> None:
    names = {Path(f).parts[0] for f in tracked_files()}
    assert {n for n in names if not n.startswith(".")} == TOP_LEVEL


def test_the_bundled_data_stay_within_4_mb() -> None:
    assert 0 < size("core/data/fashion_sample") <= 4 * MEGABYTE


def test_the_licence_of_the_bundled_images_lies_beside_them() -> None:
    texts = [p.read_text() for p in (ROOT / "core/data/fashion_sample").iterdir() if "LICENSE" in p.name.upper()]
    assert len(texts) == 1
    assert "Zalando" in texts[0]
    assert "Permission is hereby granted" in texts[0]


def test_the_demo_runs_stay_within_8_mb() -> None:
    assert 0 < size("explorer/demo_runs") <= 8 * MEGABYTE


def test_no_other_file_is_larger_than_half_a_megabyte() -> None:
    bundled = ("core/data/fashion_sample/", "explorer/demo_runs/")
    assert [f for f in tracked_files() if not f.startswith(bundled) and (ROOT / f).stat().st_size > MEGABYTE / 2] == []


def test_the_ignore_rules_are_anchored_so_that_core_data_is_not_hidden() -> None:
    rules = (ROOT / ".gitignore").read_text().split()
    assert not {"data/", "models/", "checkpoints/", "runs/", "core", "core/"} & set(rules)
    assert any(f.startswith("core/data/") for f in tracked_files())


def test_every_direct_dependency_has_its_exact_version_in_the_constraints() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["app"], *extras["notebooks"], *extras["dev"]]
    names = {w.split(">")[0] for w in wanted if not w.startswith("activation-explorer")}
    lines = [x for x in (ROOT / "constraints.txt").read_text().splitlines() if x and not x.startswith("#")]
    assert all(x.count("==") == 1 for x in lines)
    assert names <= {x.split("==")[0] for x in lines}


def test_notebooks_are_stored_without_outputs() -> None:
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        cells = json.loads(path.read_text())["cells"]
        assert not [c for c in cells if c.get("outputs") or c.get("execution_count")], path.name
