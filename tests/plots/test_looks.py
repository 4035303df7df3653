"""In a real browser, at the width of 1280×720 and at 150 % zoom: no text over another, none outside the figure."""

import pytest

from .figures import FIGURES

pytestmark = pytest.mark.browser

TROUBLE = """() => {
  const figure = document.getElementById('figure'), frame = figure.getBoundingClientRect(), found = [];
  const texts = [...figure.querySelectorAll('text')]
    .filter(t => t.textContent.trim() && getComputedStyle(t).visibility !== 'hidden' && +getComputedStyle(t).opacity > 0.05)
    .map(t => [t.textContent.trim(), t.getBoundingClientRect()]).filter(([, r]) => r.width > 0);
  texts.forEach(([text, r], i) => {
    if (r.left < frame.left - 1 || r.right > frame.right + 1 || r.top < frame.top - 1 || r.bottom > frame.bottom + 1)
      found.push('clipped: ' + text);
    texts.slice(0, i).forEach(([other, s]) => {
      const across = Math.min(r.right, s.right) - Math.max(r.left, s.left);
      const down = Math.min(r.bottom, s.bottom) - Math.max(r.top, s.top);
      if (across > 1 && down > 2) found.push('overlap: ' + text + ' | ' + other);
    });
  });
  return found;
}"""


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_is_clipped_or_covered_at_150_percent(show, name):
    assert show(name, 545).evaluate(TROUBLE) == []


@pytest.mark.parametrize("name", ["curve", "multiples of resnet20", "shared by resnet20", "trajectories", "clouds", "heat map"])
def test_no_text_is_clipped_or_covered_at_full_width(show, name):
    assert show(name, 850).evaluate(TROUBLE) == []


def test_smallest_text_has_ten_pixels(show):
    page = show("multiples of resnet26", 545)
    sizes = page.evaluate("[...document.querySelectorAll('#figure text')].map(t => parseFloat(getComputedStyle(t).fontSize))")
    assert min(sizes) >= 10


def test_a_film_moves_its_curves(show):
    page = show("film of resnet8", 850, film=True)
    value = "() => document.getElementById('figure').calcdata[27][40].y"  # the last of four traces of the last panel
    last = page.evaluate(value)
    page.evaluate("Plotly.animate('figure', ['epoch 0'], {mode: 'immediate', frame: {duration: 0, redraw: false}})")
    page.wait_for_timeout(50)
    first, start = page.evaluate(value), page.evaluate("document.getElementById('figure').calcdata[26][40].y")
    assert first == pytest.approx(start) and abs(last - start) > 0.05
