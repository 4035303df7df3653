"""What activation maximisation reached, in a sentence: beside real images, with a form for "cannot tell"."""

from typing import TYPE_CHECKING

import numpy as np

from . import wording
from .findings import Finding

if TYPE_CHECKING:
    from .maximisation import MaximisedChannel


def maximisation_finding(result: "MaximisedChannel") -> Finding:
    """Return whether an image made drives the channel further than every probe image does; `value` is how far it does."""
    best, highest = float(result.reached.max()), float(result.probe.max())
    which = "pre-activations" if result.what == "input" else "outputs"
    criterion = (
        f"Driven: the mean of the channel's {which} over all positions. An image that was made is worth looking at if it"
        " drives the channel further than every real one; what it looks like is one way to do so, not the only one."
    )
    where = f"channel {result.channel} of {result.site}"
    real = f"the highest of {wording.count(len(result.probe), 'probe image')} (number {result.best_probe}) to {_text(highest)}"
    if np.array_equal(result.reached, result.before):
        sentence = f"Cannot tell what drives {where}: no start has a gradient, as the function is flat there."
        return Finding("cannot tell", f"{sentence} Try its pre-activation.", value=best, criterion=criterion)
    said = f"the best of {wording.count(len(result.reached), 'image')} made drives {where} to {_text(best)}, {real}"
    if best > highest:
        return Finding("found", f"{said[0].upper()}{said[1:]}.", site=result.site, value=best, criterion=criterion)
    sentence = f"Cannot tell what drives {where} most: {said}, so gradient ascent fell short of real images."
    return Finding("cannot tell", sentence, value=best, criterion=criterion)


def _text(value: float) -> str:
    return wording.number(value, wording.decimals_for(value))
