"""Two tabs at once on the same network, one with attributions, one with the noise lens: both show what each finds alone."""

import urllib.parse

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page

from core.runs import RunStore
from explorer.explanations import explained_by_run
from explorer.noise_tables import lenses, map_table
from explorer.source import DEMO

from .app_server import AppServer
from .chromium import open_page, settle
from .demo import demo_run

IDS, SITE, METHOD, PASSES = [10, 25], "layer3.0.act2", "integrated_gradients", 64
#: The maps of the first figure, as plotly drew them: a list of rows for each.
MAPS = """() => document.querySelector(".js-plotly-plot")._fullData.filter(trace => trace.type === "heatmap")
  .map(trace => Array.from(trace.z, row => Array.from(row)))"""


def maps(table: pd.DataFrame) -> np.ndarray:
    """Return the maps of a long table, one after another: (maps, rows, columns)."""
    rows, columns = table["row"].max() + 1, table["column"].max() + 1
    return table["value"].to_numpy().reshape(-1, rows, columns)


def drawn(page: Page) -> np.ndarray:
    """Return the maps of the page's first figure."""
    return np.array(page.evaluate(MAPS))


@pytest.mark.full
def test_attributions_in_one_tab_and_the_noise_lens_in_another_are_both_right(demo_server: AppServer, page: Page) -> None:
    run = RunStore(DEMO)[demo_run("eelu")]
    epoch = run.chosen_epoch
    assert epoch is not None
    look = {"run": run.id, "runs": run.id, "epoch": epoch, "site": SITE, "images": ",".join(map(str, IDS))}
    explain = urllib.parse.urlencode({**look, "maps": "runs", "attribution": METHOD})
    lens = urllib.parse.urlencode({**look, "lens": "maps"})

    other = page.context.new_page()
    open_page(page, f"{demo_server.url}/explain?{explain}", seconds=0)
    open_page(other, f"{demo_server.url}/features?{lens}", seconds=0)
    settle(other, 240)
    settle(page, 240)
    attributions, noise = drawn(page), drawn(other)

    alone = explained_by_run([(run, epoch, "one")], IDS, METHOD)
    np.testing.assert_allclose(attributions, maps(alone.table), rtol=1e-3, atol=1e-3 * np.abs(attributions).max())
    (found,) = lenses([(run, epoch, "one")], SITE, IDS, PASSES)
    np.testing.assert_allclose(noise, maps(map_table(run, found)), rtol=1e-3, atol=1e-3 * np.abs(noise).max())
