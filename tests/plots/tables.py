"""Small tables made by hand (formulas and a seeded NumPy generator), in the form that core.analysis gives them."""

import numpy as np
import pandas as pd

LAST = "layer3.0.act2"
RESNET8 = ["act", "layer1.0.act1", "layer1.0.act2", "layer2.0.act1", "layer2.0.act2", "layer3.0.act1", "layer3.0.act2"]


def resnet_sites(blocks: int) -> list[str]:
    """Return the sites of a CIFAR ResNet with `blocks` blocks in each of three stages."""
    inner = [f"layer{s}.{b}.act{k}" for s in (1, 2, 3) for b in range(blocks) for k in (1, 2)]
    return ["act", *inner]


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def coslu(x: np.ndarray, a: float, b: float) -> np.ndarray:
    return (x + a * np.cos(b * x)) * sigmoid(x)


def curve_table(
    sites: list[str] | None = None, *, channels: int = 0, points: int = 97, seen: bool = True, surrogate: bool = False
) -> pd.DataFrame:
    """Return a curve table of CosLU whose `a` drifts with depth; `channels` > 0 gives rows for every channel."""
    sites = RESNET8 if sites is None else sites
    x = np.linspace(-4, 4, points)
    parts = []
    for i, site in enumerate(sites):
        sd = 0.6 + 1.4 * i / max(len(sites) - 1, 1)
        density = np.exp(-((x / sd) ** 2) / 2) / (sd * np.sqrt(2 * np.pi))
        for channel in range(channels) if channels else (-1,):
            y = coslu(x, 1 - 1.6 * i / len(sites) + 0.15 * channel, 1 + 0.1 * i)
            derivative = np.gradient(y, x)
            columns = {
                "site": site,
                "stage": site.split(".")[0] if "." in site else "stem",
                "position": i,
                "activation": "coslu",
                "channel": channel,
                "role": "channel" if channels else "curve",
                "x": x,
                "y": y,
                "low": y,
                "high": y,
                "start": coslu(x, 1, 1),
                "derivative": derivative,
                "backward_derivative": np.where(x < 0, np.exp(x), 1.0) if surrogate else derivative,
                "density": density if seen else np.nan,
                "reached": np.abs(x) < 3 * sd if seen else True,
            }
            parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def median_table(site: str = "layer1.0.act1", channels: int = 16) -> pd.DataFrame:
    """Return what `curve_table` gives where every channel has parameters of its own: median, lowest, highest."""
    every = curve_table([site], channels=channels)
    wide = every.pivot(index="x", columns="channel", values="y")
    first = every[every["channel"] == 0]
    low, high = np.quantile(wide.to_numpy(), (0.1, 0.9), axis=1)
    median = first.assign(y=wide.median(axis=1).to_numpy(), low=low, high=high, role="median", channel=-1)
    outer = [every[every["channel"] == c].assign(role=r) for c, r in ((0, "lowest"), (channels - 1, "highest"))]
    return pd.concat([median, *outer], ignore_index=True)


def snapshot_curve_table(sites: list[str] | None = None, epochs: int = 10) -> pd.DataFrame:
    """Return curve tables over training: snapshots at steps 1, 2, 4 … 32 of the first epoch (55 steps), then every epoch."""
    end = curve_table(sites)
    times = [(0, 0), *((0, 2**k) for k in range(6)), *((e, 55 * e) for e in range(1, epochs + 1))]
    parts = []
    for epoch, step in times:
        share = step / (55 * epochs)
        parts.append(end.assign(epoch=epoch, step=step, y=end["start"] + share * (end["y"] - end["start"])))
    return pd.concat(parts, ignore_index=True)


def parameter_table(sites: list[str] | None = None, *, channels: int = 0, epochs: int = 10) -> pd.DataFrame:
    """Return `Snapshots.parameters()`: epoch, step, site, parameter, channel, value."""
    sites = RESNET8 if sites is None else sites
    times = [(0, 0), *((0, 2**k) for k in range(6)), *((e, 55 * e) for e in range(1, epochs + 1))]
    rows = []
    for epoch, step in times:
        share = step / (55 * epochs)
        for i, site in enumerate(sites):
            for channel in range(channels) if channels else (-1,):
                for name, slope in (("a", -0.3), ("b", 0.12)):
                    value = 1 + slope * (i + 1 + 0.5 * max(channel, 0)) * share
                    rows.append((epoch, step, site, name, channel, value))
    return pd.DataFrame(rows, columns=["epoch", "step", "site", "parameter", "channel", "value"])


def heat_table(sites: list[str] | None = None, epochs: int = 10, *, signed: bool = False) -> pd.DataFrame:
    """Return one value per site and epoch; the last two sites miss epoch 3."""
    sites = resnet_sites(3) if sites is None else sites
    rows = []
    for i, site in enumerate(sites):
        for epoch in range(epochs + 1):
            value = np.tanh(0.3 * i * epoch / 10) - (0.5 if signed else 0)
            missing = epoch == 3 and i >= len(sites) - 2
            stage = site.split(".")[0] if "." in site else "stem"
            rows.append((site, stage, i, epoch, np.nan if missing else value))
    return pd.DataFrame(rows, columns=["site", "stage", "position", "epoch", "value"])


def life_table(what: str = "channel", epochs: int = 10, *, known: bool = True) -> pd.DataFrame:
    """Return `core.analysis.units.unit_life_table` of one site: channels die until epoch 5, then some revive."""
    total = 64 if what == "channel" else 64 * 64
    rows = []
    for epoch in range(epochs + 1):
        newly, revived = (3, 1) if epoch < 6 else (1, 2)
        dead = max(0, (rows[-1][8] if rows else 4) + (newly - revived if epoch else 0))
        changed = (newly, revived) if known and epoch else (-1, -1)
        rows.append((epoch, 55 * epoch, LAST, "layer3", 6, what, 1000, total, dead, total - dead, *changed))
    place = ["epoch", "step", "site", "stage", "position", "what", "images"]
    return pd.DataFrame(rows, columns=[*place, "total", "dead", "alive", "newly_dead", "revived"])


def channel_death_table(channels: int = 64, epochs: int = 10) -> pd.DataFrame:
    """Return `core.analysis.units.channel_death_table`: the higher the channel, the more of its units die."""
    rows = [
        (epoch, 55 * epoch, LAST, c, round(64 * c * epoch / channels / epochs), 64, c * epoch / channels / epochs)
        for epoch in range(epochs + 1)
        for c in range(channels)
    ]
    return pd.DataFrame(rows, columns=["epoch", "step", "site", "channel", "dead_units", "units", "share"])


def cloud_table(panels: tuple[str, ...] = ("EELU", "ReLU"), images: int = 4, passes: int = 64) -> pd.DataFrame:
    """Return clouds around fixed centres; ReLU has no noise."""
    generator = np.random.default_rng(0)
    rows = []
    for panel in panels:
        for k in range(images):
            centre = 3 * np.array([np.cos(0.8 * k), np.sin(0.8 * k)]) * (1 + 0.2 * k)
            rows.append((panel, 100 + k, f"class {k}", -1, *centre))
            for p in range(passes if panel != "ReLU" else 0):
                x, y = centre + generator.normal(size=2) @ np.array([[0.5, 0.2], [0.0, 0.3]])
                rows.append((panel, 100 + k, f"class {k}", p, x, y))
    return pd.DataFrame(rows, columns=["panel", "image", "label", "pass", "x", "y"])


def member_table(labels: tuple[str, ...] = ("ReLU", "CosLU", "EELU"), seeds: int = 5, epochs: int = 10) -> pd.DataFrame:
    """Return `core.analysis.trajectories.member_table`: the last group's last seed stops at epoch 6."""
    generator = np.random.default_rng(1)
    rows = []
    for g, label in enumerate(labels):
        for seed in range(seeds):
            stop = 6 if g == len(labels) - 1 and seed == seeds - 1 and seeds > 1 else epochs
            level = 0.86 + 0.004 * g + 0.004 * generator.normal()
            for epoch in range(1, stop + 1):
                value = level - 0.5 * np.exp(-0.6 * epoch) + 0.004 * generator.normal()
                status = "interrupted" if stop < epochs else "succeeded"
                rows.append((f"g{g}", label, f"{label.lower()}-s{seed}", seed, status, epoch, value))
    return pd.DataFrame(rows, columns=["group", "label", "run", "seed", "status", "epoch", "value"])


def trajectory_table(members: pd.DataFrame) -> pd.DataFrame:
    """Return means with an interval of ± 2 standard errors."""
    table = members.groupby(["group", "label", "epoch"], sort=False)["value"].agg(mean="mean", sd="std", n="count")
    half = 2 * table["sd"] / np.sqrt(table["n"])
    return table.assign(low=table["mean"] - half, high=table["mean"] + half).reset_index()


def difference_table() -> pd.DataFrame:
    """Return differences from ReLU, as shares, one row per group."""
    rows = [
        ("CosLU", 0.004, -0.002, 0.010, 5, 5, "cannot tell"),
        ("EELU", 0.012, 0.005, 0.019, 5, 5, "better"),
        ("DELU", -0.021, -0.033, -0.009, 5, 2, "worse"),
        ("APALU", 0.003, np.nan, np.nan, 1, 5, "cannot tell"),
    ]
    return pd.DataFrame(rows, columns=["label", "difference", "low", "high", "n_a", "n_b", "kind"])


def run_values() -> pd.DataFrame:
    """Return one value per run, its last epoch: `core.analysis.trajectories.run_values`."""
    members = member_table()
    return members[members["epoch"] == members.groupby("run")["epoch"].transform("max")].reset_index(drop=True)


FASHION = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip


def prediction_table(classes: int = 10, images: int = 1000) -> pd.DataFrame:
    """Return predictions of which about a tenth are wrong, mostly for the next class."""
    generator = np.random.default_rng(2)
    label = np.arange(images) % classes
    step = np.where(generator.random(images) < 0.7, 1, generator.integers(1, max(classes - 1, 2), images))
    predicted = np.where(generator.random(images) < 0.02 + 0.2 * (label % 4 == 0), (label + step) % classes, label)
    confidence = generator.uniform(0.3, 1, images)
    columns = {"image": np.arange(images), "label": label, "predicted": predicted, "confidence": confidence}
    return pd.DataFrame({**columns, "wrong": label != predicted})


def feature_map_table(images: int = 1, channels: int = 64, side: int = 16, *, signed: bool = False) -> pd.DataFrame:
    """Return maps with one bright spot each, further down with every channel."""
    i, c, row, column = np.indices((images, channels, side, side)).reshape(4, -1)
    value = np.exp(-((row - c % side) ** 2 + (column - 3 * i - 2) ** 2) / 8) - (0.2 if signed else 0)
    return pd.DataFrame({"image": 100 + i, "channel": (7 * c) % 101, "row": row, "column": column, "value": value})


def maximisation_table() -> pd.DataFrame:
    """Return what 200 probe images reach, and four images that were made."""
    probe = np.random.default_rng(3).normal(0, 0.4, 200)
    values = np.concatenate([[2.1, 2.0, 1.9, 0.7], probe])
    return pd.DataFrame({"kind": ["made"] * 4 + ["probe"] * 200, "image": [*range(4), *range(200)], "value": values})


def class_names(classes: int = 10) -> tuple[str, ...]:
    """Return the classes of Fashion-MNIST, or as many numbered ones."""
    return FASHION if classes == 10 else tuple(f"class number {i}" for i in range(classes))


def shape_table(moved: bool = False, noisy: bool = False, surrogate: bool = False) -> pd.DataFrame:
    """Return `core.analysis.catalogue.shape_table` of CosLU, or, with another derivative in training, of PD-ReLU."""
    x = np.linspace(-5, 5, 401)
    start = np.maximum(x, 0) if surrogate else coslu(x, 1.0, 1.0)
    y = coslu(x, 2.0, 1.5) if moved else start
    spread = 0.2 * np.maximum(x, 0) * noisy
    slope = (x > 0).astype(float) if surrogate else np.gradient(y, x)
    used = np.exp(np.minimum(x, 0)) if surrogate else slope
    numbers = {"y": y, "start": start, "low": y - spread, "high": y + spread, "derivative": slope, "backward_derivative": used}
    return pd.DataFrame({"x": x, **numbers})


def pole_table() -> pd.DataFrame:
    """Return the shape table of 1/x, which is no number at 0."""
    table = shape_table()
    with np.errstate(divide="ignore"):
        y, slope = 1 / table["x"], -1 / table["x"] ** 2
    return table.assign(y=y, start=y, low=y, high=y, derivative=slope, backward_derivative=slope)


def passage_table(low: float = 0.0, high: float = np.inf) -> pd.DataFrame:
    """Return `core.analysis.catalogue.normal_passage` of a function that keeps its inputs between `low` and `high`."""
    inputs = np.random.default_rng(2).standard_normal(20_000)
    outputs, edges = np.clip(inputs, low, high), np.linspace(-4, 4, 81)
    free = outputs[(outputs > low) & (outputs < high)]
    sides = {"input": inputs, "output": free}
    parts = [
        pd.DataFrame({"side": s, "low": edges[:-1], "high": edges[1:], "share": np.histogram(v, edges)[0] / 20_000})
        for s, v in sides.items()
    ]
    ends = [end for end in (low, high) if np.isfinite(end)]
    shares = [(outputs == end).mean() for end in ends]
    return pd.concat([*parts, pd.DataFrame({"side": "output", "low": ends, "high": ends, "share": shares})])


def parameter_slope_table(names: tuple[str, ...] = ("a", "b"), floored: bool = False) -> pd.DataFrame:
    """Return `core.analysis.catalogue.parameter_slopes`: one wave per parameter; `floored`: the true ones are 0."""
    x = np.linspace(-5, 5, 401)
    parts = [
        pd.DataFrame({"x": x, "parameter": name, "backward_derivative": np.cos((1 + i) * x) * sigmoid(x)})
        for i, name in enumerate(names)
    ]
    table = pd.concat(parts, ignore_index=True)
    return table.assign(derivative=0.0 if floored else table["backward_derivative"])


METHOD_PANELS = ["Integrated Gradients", "DeepLift", "Saliency", "Input × Gradient", "Grad-CAM", "Occlusion"]


def attribution_tables(panels: list[str], images: int = 1, side: int = 28) -> dict[str, pd.DataFrame]:
    """Return table, pictures and errors of waves that differ by panel; the first panel has a large error, the third none."""
    row, column = np.indices((side, side)).reshape(2, -1)
    table, pictures, errors = [], [], []
    said = ["Warning: error 7.2 %, 1,024 steps", "error below 0.1 %", "makes no claim to sum to the gap", "tiny gap: no error"]
    for image in range(images):
        grey = (127 + 127 * np.sin(row / (2 + image))).astype(np.uint8)
        where = {"image": 10 * image, "row": row, "column": column}
        pictures.append(pd.DataFrame({**where, "label": "Ankle boot", "red": grey, "green": grey, "blue": grey}))
        for i, panel in enumerate(panels):
            values = np.cos(row / (i + 2)) * np.sin(column / (image + 2))
            table.append(pd.DataFrame({"panel": panel, **where, "value": values.astype(np.float32)}))
            error = {"error": [0.072, 0.0004, np.nan, np.nan][i % 4], "tiny": i % 4 == 3, "said": said[i % 4]}
            errors.append({"panel": panel, "image": 10 * image, "explained": "Ankle boot − Sandal", **error})
    return {"table": pd.concat(table, ignore_index=True), "pictures": pd.concat(pictures, ignore_index=True),
            "errors": pd.DataFrame(errors)}  # fmt: skip


def randomisation_table(depths: int = 9, images: int = 5) -> pd.DataFrame:
    """Return correlations that fall with depth; one image has none at the last."""
    layers = ["", "fc", *[f"layer{s}.{b}.conv{k}" for s in (3, 2, 1) for b in (1, 0) for k in (2, 1)]]
    rows = [
        (d, layers[d], d, 10 * i, float("nan") if (i, d) == (1, depths) else float(np.exp(-d / 3) - 0.02 * i))
        for d in range(depths + 1)
        for i in range(images)
    ]
    return pd.DataFrame(rows, columns=["depth", "layer", "layers", "image", "correlation"])
