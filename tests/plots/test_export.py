"""Exported pages stand alone: no network, texts escaped, buttons that save."""

import re

import pytest

from explorer.film_sites import DEPTH, film_part
from explorer.plots import export_html, film_figure
from tests.browser.chromium import chromium, find_chromium

from .figures import drawn
from .tables import resnet_sites, snapshot_curve_table


@pytest.fixture(scope="module")
def page_text() -> str:
    return export_html(
        drawn("curve"), "Curve <1> & more", "How to read it.", subtitle="run-7", source="http://127.0.0.1/?run=7"
    )


def test_texts_are_escaped_and_all_there(page_text):
    assert "<h1>Curve &lt;1&gt; &amp; more</h1>" in page_text
    for text in ("How to read it.", "run-7", "http://127.0.0.1/?run=7", drawn("curve").layout.meta["alt"][:40]):
        assert text in page_text


def test_plotly_is_inside_and_nothing_is_fetched(page_text):
    assert 4_000_000 < len(page_text) < 6_000_000
    assert not re.search(r'<(script|link|img)[^>]+(src|href)="?http', page_text)


def test_export_leaves_the_figure_as_it_was():
    before = drawn("curve").to_json()
    export_html(drawn("curve"), "a", "b")
    assert drawn("curve").to_json() == before


def test_a_film_has_all_its_frames_inside():
    text = export_html(drawn("film of resnet8"), "A film", "How to read it.")
    assert "Plotly.addFrames" in text
    for frame in drawn("film of resnet8").frames:
        assert f'"name":"{frame.name}"' in text or f'"name": "{frame.name}"' in text
        assert frame.data[1]["y"]["bdata"].replace("/", "\\u002f") in text.replace("\\u002F", "\\u002f")
    assert 4_000_000 < len(text) < 6_000_000


def test_the_film_of_25_sites_of_a_long_training_stays_below_6_megabytes():
    sites = list(film_part(resnet_sites(9), DEPTH, None).sites)
    figure = film_figure(snapshot_curve_table(sites, epochs=200))
    assert len(sites) == 25
    assert len(figure.frames) == 41
    assert len(figure.to_json()) < 1_000_000
    assert len(export_html(figure, "A film", "How to read it.").encode()) < 6_000_000


#: The points of the first panel's learned curve as they are drawn.
DRAWN = "document.querySelectorAll('.js-plotly-plot .js-line')[3].getAttribute('d')"


@pytest.mark.browser
def test_a_saved_film_plays_without_a_network(tmp_path):
    if find_chromium() is None:
        pytest.skip("needs Debian's chromium")
    path = tmp_path / "film.html"
    path.write_text(export_html(drawn("film of resnet8"), "A film", "How to read it."), encoding="utf-8")
    asked: list[str] = []
    with chromium() as browser:
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_selector(".updatemenu-button")
        stands = page.evaluate(DRAWN)
        page.locator(".updatemenu-button", has_text="Play").dispatch_event("click")
        page.wait_for_function(f"{DRAWN} !== {stands!r}")
        page.wait_for_function(f"{DRAWN} === {stands!r}")  # it ends where it stood: at the newest epoch
    assert not [url for url in asked if url.startswith("http")]


@pytest.mark.browser
def test_buttons_save_svg_and_png_without_a_network(page_text, tmp_path):
    if find_chromium() is None:
        pytest.skip("needs Debian's chromium")
    path = tmp_path / "figure.html"
    path.write_text(page_text, encoding="utf-8")
    asked: list[str] = []
    with chromium() as browser:
        page = browser.new_page(accept_downloads=True)
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        starts = {}
        for kind in ("svg", "png"):
            with page.expect_download() as download:
                page.click(f"#save-{kind}")
            starts[kind] = download.value.path().read_bytes()[:4]
    assert starts == {"svg": b"<svg", "png": b"\x89PNG"}
    assert not [url for url in asked if url.startswith("http")]
