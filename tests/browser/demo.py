"""The ids of bundled runs."""

from core.analysis.groups import config_fields
from core.runs import RunStore
from explorer.source import DEMO


def demo_run(activation: str, seed: int = 0, model: str = "resnet8") -> str:
    """Return the id of the demo run with this activation, seed and model."""
    wanted = {"activation": activation, "model": model, "seed": seed}
    found = [run.id for run in RunStore(DEMO).runs() if wanted.items() <= config_fields(run).items()]
    if len(found) != 1:
        raise LookupError(f"There should be one demo run with {wanted}; found {found}.")
    return found[0]
