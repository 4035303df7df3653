"""Captum's warning about its hooks passes by while it works, and nothing about warnings is changed before or after."""

import subprocess
import sys
import threading
import warnings

from core.analysis.attribution_captum import HOOKS_WARNING, without_hooks_warning


def test_importing_the_attributions_changes_no_filter_of_warnings():
    code = (
        "import warnings, captum.attr, torch, pandas; before = list(warnings.filters);"
        "import core.analysis.attribution, core.analysis.attribution_methods; print(before == list(warnings.filters))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


def test_the_warning_passes_inside_and_others_do_not():
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with without_hooks_warning():
            warnings.warn(f"{HOOKS_WARNING} activations", UserWarning, stacklevel=1)
            warnings.warn("Something else", UserWarning, stacklevel=1)
        warnings.warn(f"{HOOKS_WARNING} activations", UserWarning, stacklevel=1)
    assert [str(w.message)[:14] for w in seen] == ["Something else", HOOKS_WARNING[:14]]


def test_threads_that_overlap_leave_the_filters_as_they_were():
    before = list(warnings.filters)
    inside, leave = threading.Event(), threading.Event()

    def first() -> None:
        with without_hooks_warning():
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=first)
    thread.start()
    inside.wait(10)
    with without_hooks_warning():
        leave.set()
        thread.join()
        warnings.warn(f"{HOOKS_WARNING} activations", UserWarning, stacklevel=1)  # would be an error here
    assert list(warnings.filters) == before
