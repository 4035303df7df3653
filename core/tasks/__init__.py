"""What is learned: loss, metrics and outputs of a task."""

from .classification import Classification

__all__ = ["Classification"]
