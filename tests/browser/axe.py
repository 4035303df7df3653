"""What axe-core finds on a page: the rules of accessibility that a machine can check."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

#: The impacts of what keeps somebody from using a page; moderate and minor findings are not asked for.
GRAVE = ("serious", "critical")


def violations(page: Page) -> list[str]:
    """Return one sentence for every rule that the open page violates gravely: the rule, its impact, where."""
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [_sentence(rule) for rule in found if rule["impact"] in GRAVE]


def _sentence(rule: dict[str, Any]) -> str:
    nodes = rule["nodes"]
    first = nodes[0]
    said = (first.get("failureSummary") or rule["help"]).splitlines()[-1].strip()
    more = f" and {len(nodes) - 1} more" if len(nodes) > 1 else ""
    return f"axe {rule['id']} ({rule['impact']}): {said} At {first['target'][0]}{more}: {first['html'][:160]}"
