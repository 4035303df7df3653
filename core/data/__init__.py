"""Data sets of images as tensors; the bundled sample; augmentation in batches.

load_dataset(name, data_dir=None)   fashion-sample (bundled), fashion-mnist, mnist, cifar10, or folder (one's own images)
dataset_names()                     the names it knows
ImageDataset, Split                 what it returns
augmentation_draws, augment         random crops and flips: drawn for an epoch, applied to a batch
"""

from .augmentation import augment, augmentation_draws
from .dataset import ImageDataset, Split
from .load import dataset_names, find_dataset_name, load_dataset

__all__ = ["ImageDataset", "Split", "augment", "augmentation_draws", "dataset_names", "find_dataset_name", "load_dataset"]
