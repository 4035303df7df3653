"""How far a learned curve lies from its start, over the inputs that it really gets."""

import numpy as np


def moved(start: np.ndarray, now: np.ndarray, weights: np.ndarray) -> float:
    """Return the distance of a learned curve from its start, relative to the start's own variation (no unit, 0: did not move).

        sqrt(sum w (now − start)²) / sqrt(sum w (start − mean)²),    mean = sum w start, weights scaled to sum to 1

    the root mean square difference of the two curves over the distribution of inputs, divided by the standard deviation of
    the start's outputs over the same inputs. 0.25 reads "25 % from its start". Outputs are compared as they are: a curve that
    was only scaled has moved.

    Args:
        start, now: outputs (P,), or (C, P) with one row per channel, which count alike.
        weights: share of the inputs at each of the P places, (P,); at least 0, any scale.

    Returns:
        NaN where the start is flat over all inputs, or where there are no inputs, while the curve differs.
    """
    w = np.asarray(weights, dtype=np.float64)
    s, y = np.atleast_2d(np.asarray(start, np.float64)), np.atleast_2d(np.asarray(now, np.float64))
    if not w.sum() > 0:
        return float("nan")
    w = w / w.sum()
    distance = np.sqrt((((y - s) ** 2) @ w).mean())
    spread = np.sqrt((((s - (s @ w)[:, None]) ** 2) @ w).mean())
    if distance == 0:
        return 0.0
    return float(distance / spread) if spread > 1e-12 * max(1.0, float(np.abs(s).max())) else float("nan")
