"""Training: one readable loop, its schedule, its batches, sweeps and evaluation."""

from .evaluate import evaluate, predict
from .loop import train
from .schedule import learning_rate
from .sweep import run_sweep, sweep_configs

__all__ = ["evaluate", "learning_rate", "predict", "run_sweep", "sweep_configs", "train"]
