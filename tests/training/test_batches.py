"""Batches depend on seed, epoch and image alone."""

import torch

from core.training.batches import epoch_batches, epoch_order, num_batches

CPU = torch.device("cpu")


def test_another_activation_with_the_same_seed_sees_the_same_batches(config, stripes):
    for epoch in (1, 2):
        first = list(epoch_batches(config, stripes, epoch, CPU))
        other = list(epoch_batches(config.replace(activation="eelu"), stripes, epoch, CPU))
        assert len(first) == len(other) == num_batches(config, len(stripes.train.labels))
        for a, b in zip(first, other, strict=True):
            assert torch.equal(a.images, b.images)
            assert torch.equal(a.labels, b.labels)


def test_another_seed_and_another_epoch_see_another_order(config, stripes):
    n = len(stripes.train.labels)
    assert not torch.equal(epoch_order(config, n, 1), epoch_order(config, n, 2))
    assert not torch.equal(epoch_order(config, n, 1), epoch_order(config.replace(seed=1), n, 1))


def test_every_image_comes_once_an_epoch_augmented_alike_whatever_the_batch_size(config, stripes):
    order = epoch_order(config, len(stripes.train.labels), 1)
    assert sorted(order.tolist()) == list(range(len(stripes.train.labels)))
    small = torch.cat([b.images for b in epoch_batches(config.replace(batch_size=7), stripes, 1, CPU)])
    large = torch.cat([b.images for b in epoch_batches(config.replace(batch_size=64), stripes, 1, CPU)])
    assert torch.equal(small, large)


def test_the_rows_of_two_ranks_are_the_rows_of_one(config, stripes):
    whole = list(epoch_batches(config, stripes, 1, CPU))
    parts = [list(epoch_batches(config, stripes, 1, CPU, rank=rank, world=2)) for rank in range(2)]
    for batch, left, right in zip(whole, *parts, strict=True):
        assert torch.equal(batch.images, torch.cat([left.images, right.images]))
        assert (left.first, right.first, left.total, right.total) == (0, len(left.labels), len(batch.labels), len(batch.labels))


def test_batches_are_channels_last_and_normalised(config, stripes):
    batch = next(iter(epoch_batches(config.replace(augmentation="none"), stripes, 1, CPU)))
    rows = epoch_order(config, len(stripes.train.labels), 1)[:32]
    expected = (stripes.train.images[rows].float() / 255 - stripes.mean[0]) / stripes.sd[0]
    assert torch.allclose(batch.images, expected, atol=1e-6)
    assert batch.images.is_contiguous(memory_format=torch.channels_last)
