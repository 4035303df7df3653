"""The page Activations by keyboard alone: function, parameter, formula; and nothing that a reader would trip over."""

import re
import urllib.parse

import pytest
from playwright.sync_api import Page, expect

from .app_server import AppServer
from .checks import complaints
from .chromium import open_page, settle


def asked(page: Page, key: str) -> str:
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(page.url).query, keep_blank_values=True))
    return query.get(key, "")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)
    settle(page)


def test_a_function_and_its_parameters_are_set_by_keyboard(demo_server: AppServer, page: Page) -> None:
    open_page(page, f"{demo_server.url}/activations?activation=coslu")
    page.get_by_role("combobox", name=re.compile("Function")).focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("SinLU")
    press(page, "Enter")
    page.wait_for_url(re.compile("activation=sinlu"))
    expect(page.get_by_role("heading", name="SinLU and its derivative")).to_be_visible()
    page.get_by_test_id("stSlider").first.locator("input[type=range], [role=slider]").first.focus()
    press(page, "ArrowRight")
    page.wait_for_url(re.compile("sinlu%3Aa%3D|sinlu:a"))
    assert asked(page, "activation") == "sinlu:a=1.05"
    page.get_by_role("spinbutton", name="b, exact").focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("2.5")
    press(page, "Enter")
    assert asked(page, "activation") == "sinlu:a=1.05,b=2.5"


def test_a_formula_is_typed_and_a_wrong_one_is_shown_where_it_is_wrong(demo_server: AppServer, page: Page) -> None:
    open_page(page, f"{demo_server.url}/activations?part=formula")
    for text in ("x * sigmod(a*x)", "x * sigmoid(c*x)"):
        page.get_by_role("textbox", name="Formula in x").focus()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type(text)
        press(page, "Enter")
        assert asked(page, "formula") == text
        if "sigmod(" in text:
            expect(page.get_by_test_id("stMain")).to_contain_text("Unknown function 'sigmod' at position 5")
    expect(page.get_by_test_id("stSlider")).to_contain_text("c")


@pytest.mark.parametrize(
    "query", ["activation=eelu:alpha=0.5", "part=formula", "part=pseudo&pseudo=window", "activation=nosuch"]
)
def test_there_is_nothing_to_complain_of(demo_server: AppServer, page: Page, query: str) -> None:
    open_page(page, f"{demo_server.url}/activations?{query}")
    assert complaints(page) == []
