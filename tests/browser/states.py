"""Every state a page can be in, as links and what is done there: what `make screenshots` walks through."""

import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from playwright.sync_api import Page

from .checks import complaints
from .chromium import open_page, settle
from .steps import Step, catch_job, stop_jobs

#: Seconds that a page may compute, by its path; the others draw what is stored.
SECONDS = {"features": 400, "explain": 400, "what-if": 400, "open": 200, "predictions": 200}
#: The states that show an error box, which is what is looked at there.
ERRORS = frozenset(
    (
        "explain-same-class-twice",
        "explain-no-such-class",
        "features-comparison-accuracy",
        "what-if-formula-wrong",
        "activations-formula-wrong",
        "open-unknown-run",
        "open-refused",
        "open-no-checkpoint",
        "open-torn",
        "open-other-architecture",
        "open-unclear-activation",
    )
)
#: A name, and what stands for it: the page's path, its query, and steps.
Links = Mapping[str, tuple[Any, ...]]


@dataclass(frozen=True, kw_only=True)
class State:
    """One link to look at, and how: `server` says on which runs (demo, own, empty, missing).

    seconds: how long the page may compute; job: how its job stands when it is looked at; steps: what is done there first.
    """

    name: str
    server: str
    path: str
    seconds: float = 60
    job: Literal["done", "running", "stopped"] = "done"
    steps: tuple[Step, ...] = ()

    def complaints(self, page: Page) -> list[str]:
        """Return what a person would mind on the open page, and an error box where none belongs or none where one does."""
        boxes = page.get_by_test_id("stAlertContentError").all_inner_texts()
        if self.name in ERRORS:
            return complaints(page) + ["no error box"] * (not boxes)
        return complaints(page) + [f"error box: {' '.join(text.split())}" for text in boxes]

    def show(self, page: Page, base: str) -> None:
        """Open the link on the server `base` and bring the page where it is looked at."""
        open_page(page, f"{base}/{self.path}", seconds=0 if self.job != "done" else self.seconds)
        if self.job != "done":
            catch_job(page)
        if self.job == "stopped":
            stop_jobs(page)
            settle(page)
        for step in self.steps:
            step(page)


def states(server: str, links: Links, **more: Any) -> list[State]:
    """Return the states of one server from name → (page, query, step …); `more` are further fields of them all."""
    made = []
    for name, (page, values, *steps) in links.items():
        query = urllib.parse.urlencode({k: str(v) for k, v in values.items()}, safe=",")
        path = f"{page}?{query}" if query else page
        made.append(State(name=name, server=server, path=path, seconds=SECONDS.get(page, 60), steps=tuple(steps), **more))
    return made
