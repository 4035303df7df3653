"""Small tables of What if, made by hand, in the form that core.analysis.whatif and core.analysis.surface give them."""

import numpy as np
import pandas as pd

from .tables import RESNET8, curve_table


def ablation_table(sites: list[str] | None = None, *, what: str = "ReLU") -> pd.DataFrame:
    """Return changes that grow with depth, every third one told from 0; all sites together lose most."""
    sites = RESNET8 if sites is None else sites
    rows = [_row("", -1, "as trained", 0.0, 0.0, "baseline")]
    for i, site in enumerate(sites):
        kind = ("worse", "cannot tell", "cannot tell")[i % 3]
        again = -0.031 * (i + 1) / len(sites) if kind == "worse" else 0.003
        rows.append(_row(site, i, what, again, -0.05 - 0.4 * i / len(sites), kind))
    rows.append(_row("all sites", -1, what, -0.62, -0.75, "worse"))
    return pd.DataFrame(rows).assign(n=1000, train_n=1000)


def _row(site: str, position: int, what: str, again: float, now: float, kind: str) -> dict[str, object]:
    error = 0.0 if kind == "baseline" else 0.005
    return {
        "site": site, "stage": site.split(".")[0] if "." in site else "stem", "position": position, "what": what,
        "accuracy": 0.85 + now, "loss": 0.5 - 2 * now,
        "accuracy_reestimated": 0.84 + again, "loss_reestimated": 0.51 - 2 * again,
        "accuracy_change": now, "accuracy_change_error": error, "loss_change": -2 * now, "loss_change_error": 2 * error,
        "accuracy_reestimated_change": again, "accuracy_reestimated_change_error": error,
        "loss_reestimated_change": -2 * again, "loss_reestimated_change_error": 2 * error,
        "lost": 40, "gained": 9, "p": 0.001, "kind": kind,
    }  # fmt: skip


def path_table(site: str = "all sites") -> pd.DataFrame:
    """Return a path whose accuracy is best at t = 1; as it is, it falls to chance at its ends."""
    rows = []
    for t in np.linspace(-0.5, 1.5, 9):
        again, now = -0.12 * (t - 1) ** 2, -0.6 * min(abs(t - 1), 1.2)
        rows.append({"t": t, **_row(site, -1, "t", again, now, "baseline" if t == 1 else "worse")})
    return pd.DataFrame(rows).assign(n=1000, train_n=1000)


def path_curve_table(t: float, sites: list[str] | None = None, *, seen: bool = True) -> pd.DataFrame:
    """Return `core.analysis.path_curves.path_curves` with curves that move in a straight line."""
    learned = curve_table(sites, seen=seen)
    table = learned.drop(columns=["low", "high", "derivative", "backward_derivative", "role", "channel"])
    return table.assign(t=t, learned=learned["y"], y=learned["start"] + t * (learned["y"] - learned["start"]), channels=1)


def surface_table(*, exact: bool = False, offsets: bool = False) -> pd.DataFrame:
    """Return a bowl around the learned pair with one corner that explodes; the start is known unless these are offsets."""
    learned = (0.0, 0.0) if offsets else (2.0, 0.5)
    places = [("learned", *learned), *([] if offsets else [("start", 1.0, 1.0)])]
    x, y = (np.linspace(low - 1, low + 1, 7) for low in learned)
    places += [("grid", a, b) for b in y for a in x]
    rows = []
    for role, a, b in places:
        loss = 0.5 + (a - learned[0]) ** 2 + 0.5 * (b - learned[1]) ** 2
        loss += 40.0 * (role == "grid" and a == x[-1] and b == y[-1])
        rows.append((role, a, b, 0.8 - 0.2 * loss / 2, loss + 0.3, 0.82 - 0.2 * loss / 2, loss))
    table = pd.DataFrame(rows, columns=["role", "x", "y", "accuracy", "loss", "accuracy_reestimated", "loss_reestimated"])
    return table.assign(x_name="a", y_name="b", exact=exact, offsets=offsets, site="all sites", n=200, train_n=1000)
