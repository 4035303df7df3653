"""What a network says of every image, against answers known by hand."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from core.activations import make_activation
from core.analysis.predictions import ORDERS, compute_predictions, prediction_table, run_predictions, search
from core.data import ImageDataset
from core.errors import ExplorerError

LOG = np.log(np.array([[0.7, 0.2, 0.1], [0.5, 0.3, 0.2], [0.1, 0.3, 0.6], [0.25, 0.5, 0.25]]))
TABLE = prediction_table([10, 11, 12, 13], [0, 1, 2, 0], LOG + 5.0)  # a constant changes no probability


def test_confidence_margin_and_loss_are_those_of_the_softmax():
    assert TABLE["predicted"].tolist() == [0, 0, 2, 1]
    assert TABLE["wrong"].tolist() == [False, True, False, True]
    np.testing.assert_allclose(TABLE["confidence"], [0.7, 0.5, 0.6, 0.5])
    np.testing.assert_allclose(TABLE["margin"], [0.5, -0.2, 0.3, -0.25])
    np.testing.assert_allclose(TABLE["loss"], -np.log([0.7, 0.3, 0.6, 0.25]))
    assert TABLE["image"].tolist() == [10, 11, 12, 13]


def test_half_precision_and_huge_logits_stay_finite():
    table = prediction_table([0, 1], [0, 1], np.array([[6e4, -6e4], [6e4, -6e4]], np.float16))
    assert table["confidence"].tolist() == [1, 1]
    np.testing.assert_allclose(table["loss"], [0, 120_000], rtol=1e-6)


def test_loss_and_accuracy_are_those_of_torch():
    logits = torch.randn(200, 7, generator=torch.Generator().manual_seed(0))
    labels = torch.randint(7, (200,), generator=torch.Generator().manual_seed(1))
    table = prediction_table(np.arange(200), labels.numpy(), logits.numpy())
    np.testing.assert_allclose(table["loss"].mean(), nn.functional.cross_entropy(logits, labels), rtol=1e-6)
    assert table["wrong"].sum() == (logits.argmax(1) != labels).sum()
    assert (table.loc[table["wrong"], "margin"] <= 0).all() and (table.loc[~table["wrong"], "margin"] >= 0).all()


def test_search_finds_by_true_class_by_prediction_and_what_is_wrong():
    assert search(TABLE)["image"].tolist() == [13, 11, 12, 10]
    assert search(TABLE, label=0)["image"].tolist() == [13, 10]
    assert search(TABLE, predicted=0)["image"].tolist() == [11, 10]
    assert search(TABLE, label=0, predicted=1, only_wrong=True)["image"].tolist() == [13]
    assert search(TABLE, label=2, only_wrong=True).empty
    assert search(TABLE, label=0, order="number")["image"].tolist() == [10, 13]


def test_images_of_equal_rank_stand_by_number():
    assert search(TABLE, order="unsure")["image"].tolist() == [11, 13, 12, 10]
    assert search(TABLE.iloc[::-1], order="unsure")["image"].tolist() == [11, 13, 12, 10]
    assert search(TABLE, order="surest")["image"].tolist() == [10, 12, 11, 13]
    with pytest.raises(ExplorerError) as error:
        search(TABLE, order="best")
    assert str(error.value) == f"order must be one of {', '.join(ORDERS)}; received 'best'."


@pytest.mark.parametrize(
    ("labels", "outputs", "message"),
    [
        ([0, 1], np.zeros(2), "Outputs must be logits of at least 2 classes, shape (N, K); received shape (2,)."),
        ([0], np.zeros((2, 3)), "There must be one label per output; received 1 for 2."),
        ([0, 3], np.zeros((2, 3)), "Labels must be from 0 to 2; received 3."),
        (
            [0, 1],
            np.array([[np.nan, 0], [1, 0]]),
            "The outputs of 1 of 2 images are not finite: this network predicts nothing.",
        ),
    ],
)
def test_what_is_no_classification_is_said_in_words(labels, outputs, message):
    with pytest.raises(ExplorerError) as error:
        prediction_table(np.arange(len(outputs)), labels, outputs)
    assert str(error.value) == message


class Brightness(nn.Module):
    """Two classes: dark and bright, with noise on what tells them while the network trains."""

    def __init__(self):
        super().__init__()
        self.act = make_activation("eelu", eps=0.9)

    def forward(self, x):
        bright = self.act(x).mean((1, 2, 3))
        return torch.stack([torch.zeros_like(bright), bright - 1], 1)


def grey_dataset() -> ImageDataset:
    images = np.repeat(np.arange(60, dtype=np.uint8), 16).reshape(60, 4, 4) * 4
    return ImageDataset.from_arrays("greys", images, (np.arange(60) >= 30).astype(np.int64))


def test_computed_predictions_are_the_networks_own_and_do_not_depend_on_the_batch_size():
    data, model = grey_dataset(), Brightness().train()
    one, two = (compute_predictions(model, data, batch_size=b) for b in (4, 500))
    pd.testing.assert_frame_equal(one, two)
    part = data.validation
    with torch.no_grad():
        bright = Brightness().eval().act(data.normalise(part.images)).mean((1, 2, 3))
    expected = prediction_table(part.ids, part.labels, torch.stack([torch.zeros_like(bright), bright - 1], 1))
    pd.testing.assert_frame_equal(one, expected)
    assert model.training and model.act.noise_on is None


def test_progress_counts_batches_and_may_stop():
    data = grey_dataset()
    told = []
    compute_predictions(Brightness(), data, "train", batch_size=16, progress=lambda *a: told.append(a))
    assert [(done, total) for done, total, _ in told] == [(0, 3), (1, 3), (2, 3)]
    assert told[1][2] == "Predictions for train images, 16 of 48"

    def stop(done, total, text):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compute_predictions(Brightness(), data, progress=stop)


class StoredRun:
    """A run with stored outputs of epoch 3 and checkpoints of epochs 2 and 3."""

    chosen_epoch = 3

    def predictions(self, split):
        return {"ids": np.array([5]), "labels": np.array([1]), "outputs": np.array([[0.0, 1.0]])}

    def load_model(self, epoch):
        self.loaded = epoch
        return Brightness()


def test_stored_predictions_are_used_for_the_chosen_epoch_only():
    run = StoredRun()
    for epoch in (None, 3):
        assert run_predictions(run, epoch=epoch)["image"].tolist() == [5]
    assert len(run_predictions(run, epoch=2, dataset=grey_dataset())) == len(grey_dataset().validation)
    assert run.loaded == 2
