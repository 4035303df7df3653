"""What holds for every figure: valid, light, told to screen readers, right on any background."""

import json
import re
import subprocess
import sys

import plotly.graph_objects as go
import pytest

from explorer import plots

from .figures import FIGURES, drawn, drawn_json

NAMES = list(FIGURES)


@pytest.mark.parametrize("name", NAMES)
def test_plotly_accepts_every_property(name):
    spec = json.loads(drawn_json(name))
    template = spec["layout"].pop("template")
    spec["frames"] = spec.get("frames", [])[:2]  # all frames are made alike
    go.Figure(spec)
    go.layout.Template(template)


@pytest.mark.parametrize("name", NAMES)
def test_says_in_a_sentence_what_is_to_be_seen(name):
    meta = drawn(name).layout.meta
    assert meta["title"][0].isupper() and not meta["title"].endswith(".")
    assert meta["alt"].endswith(".") and len(meta["alt"]) > 30
    assert not re.search(r"\bnan\b|None|undefined", meta["alt"] + meta["title"])


@pytest.mark.parametrize("name", NAMES)
def test_payload_is_below_a_megabyte(name):
    assert len(drawn_json(name)) < 1_000_000


@pytest.mark.parametrize("name", NAMES)
def test_sets_no_black_or_white_outside_the_template(name):
    spec = json.loads(drawn_json(name))
    del spec["layout"]["template"]
    text = json.dumps(spec).lower()
    assert not re.search(r'"(#fff|#ffffff|#000|#000000|white|black)"', text)


@pytest.mark.parametrize("name", NAMES)
def test_same_table_gives_the_same_json(name):
    assert FIGURES[name]().to_json() == drawn_json(name)


@pytest.mark.parametrize("name", NAMES)
def test_no_visible_undefined_numbers(name):
    layout = json.loads(drawn_json(name))["layout"]
    texts = [a["text"] for a in layout.get("annotations", [])]
    assert not [t for t in texts if re.search(r"\bnan\b|None|undefined|trace \d", t)]


@pytest.mark.parametrize("name", NAMES)
def test_every_trace_has_a_name(name):
    assert all(trace.name for trace in drawn(name).data)


def test_everything_exported_exists():
    assert all(callable(getattr(plots, name)) for name in plots.__all__)


def test_importing_the_plots_imports_neither_torch_nor_streamlit():
    code = "import sys, explorer.plots; print([m for m in ('torch', 'streamlit', 'scipy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
