"""What a change of the activations does to accuracy and loss: networks whose answers are known by hand."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from core.activations import make_activation
from core.analysis.interventions import Intervention
from core.analysis.whatif import ALL_SITES, ablation_table, path_table
from core.errors import ExplorerError, UnknownNameError
from core.models import make_model

from .networks import set_parameters

VALUES = (-2.0, -1.0, 1.0, 3.0)
X = torch.tensor(VALUES).reshape(-1, 1, 1, 1)
LABELS = torch.tensor([1, 0, 1, 1])


def sign_network(activation: str = "relu", **parameters: float) -> nn.Sequential:
    """Return a network with the logits (0, f(x)): class 1 where f(x) > 0. Its site is "0"."""
    head = nn.Linear(1, 2)
    with torch.no_grad():
        head.weight.copy_(torch.tensor([[0.0], [1.0]]))
        head.bias.zero_()
    act = make_activation(activation)
    set_parameters(act, **parameters)
    return nn.Sequential(act, nn.Flatten(), head).eval()


def by_hand(outputs: list[float]) -> tuple[float, float]:
    """Return accuracy and loss of the logits (0, f) for LABELS."""
    right = [(f > 0) == bool(label) for f, label in zip(outputs, LABELS.tolist(), strict=True)]
    losses = [math.log(1 + math.exp(f)) - label * f for f, label in zip(outputs, LABELS.tolist(), strict=True)]
    return sum(right) / 4, sum(losses) / 4


def normed_network(activation: str = "relu", seed: int = 0) -> nn.Sequential:
    """Return conv, BN, activation (site "2"), conv, BN, activation (site "5"), and a head; BN knows its inputs."""
    generator = torch.Generator().manual_seed(seed)
    layers = [nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), make_activation(activation)]
    layers += [nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4), make_activation(activation), nn.Flatten(), nn.Linear(64, 3)]
    model = nn.Sequential(*layers)
    with torch.no_grad():
        for layer in (model[0], model[3], model[7]):
            for p in layer.parameters():
                p.copy_(torch.randn(p.shape, generator=generator))
        for norm in (model[1], model[4]):
            norm.momentum = None
        model.train()(IMAGES)
    return model.eval()


IMAGES = torch.randn(60, 1, 8, 8, generator=torch.Generator().manual_seed(5))
CLASSES = torch.randint(0, 3, (60,), generator=torch.Generator().manual_seed(6))
TRAIN = torch.randn(50, 1, 8, 8, generator=torch.Generator().manual_seed(7))


def test_accuracy_and_loss_of_every_change_by_hand() -> None:
    table = ablation_table(sign_network(), X, LABELS, train_images=X, by="formula:max(x, -x)")
    base, changed = table.iloc[0], table.iloc[1]
    assert (base["kind"], base["what"], base["site"]) == ("baseline", "as trained", "")
    assert (base["accuracy"], base["loss"]) == pytest.approx(by_hand([0, 0, 1, 3]))
    assert (changed["site"], changed["what"], changed["position"]) == ("0", "max(x, -x)", 0)
    assert (changed["accuracy"], changed["loss"]) == pytest.approx(by_hand([2, 1, 1, 3]))
    assert changed["accuracy_change"] == changed["accuracy"] - base["accuracy"]
    assert (changed["lost"], changed["gained"], changed["p"]) == (1, 1, 1.0)
    assert (changed["n"], changed["train_n"], len(table)) == (4, 0, 2)


def test_without_bn_layers_both_numbers_are_the_same() -> None:
    table = ablation_table(sign_network(), X, LABELS, train_images=X, by="identity")
    for name in ("accuracy", "loss"):
        assert table[name].tolist() == table[f"{name}_reestimated"].tolist()
        assert table[f"{name}_change"].tolist() == table[f"{name}_reestimated_change"].tolist()


def test_twice_the_function_before_bn_changes_nothing_once_bn_is_estimated_again() -> None:
    model = normed_network()
    table = ablation_table(model, IMAGES, CLASSES, train_images=TRAIN, by="formula:2*max(x, 0)", sites="2").set_index("site")
    base, doubled = table.loc[""], table.loc["2"]
    assert abs(doubled["loss"] - base["loss"]) > 0.05
    assert doubled["loss_reestimated"] == pytest.approx(base["loss_reestimated"], rel=1e-4)
    assert doubled["accuracy_reestimated"] == base["accuracy_reestimated"]
    assert (doubled["lost"], doubled["gained"], doubled["kind"]) == (0, 0, "same")


def test_twice_the_function_without_bn_behind_it_does_change_something() -> None:
    table = ablation_table(normed_network(), IMAGES, CLASSES, train_images=TRAIN, by="formula:2*max(x, 0)", sites=["5"])
    assert abs(table["loss_reestimated_change"].iloc[1]) > 0.05


def test_the_baseline_has_both_numbers_too_by_hand() -> None:
    model, train = normed_network(), 3 * TRAIN + 1
    base = ablation_table(model, IMAGES, CLASSES, train_images=train, sites="2").iloc[0]
    x, y = train.double(), IMAGES.double()
    with torch.no_grad():
        assert base["loss"] == pytest.approx(float(nn.functional.cross_entropy(model(IMAGES), CLASSES)), rel=1e-5)
        for layer in model.double():
            if isinstance(layer, nn.BatchNorm2d):
                mean, spread = x.mean((0, 2, 3), keepdim=True), x.var((0, 2, 3), keepdim=True, correction=0)
                unbiased = x.var((0, 2, 3), keepdim=True)
                x, y = (x - mean) / (spread + 1e-5).sqrt(), (y - mean) / (unbiased + 1e-5).sqrt()
            else:
                x, y = layer(x), layer(y)
    assert base["loss_reestimated"] == pytest.approx(float(nn.functional.cross_entropy(y, CLASSES)), rel=1e-4)
    assert base["accuracy_reestimated"] == pytest.approx(float((y.argmax(1) == CLASSES).double().mean()))
    assert abs(base["loss_reestimated"] - base["loss"]) > 0.01
    assert base["accuracy_reestimated_change"] == base["loss_change"] == 0


def test_the_same_function_is_the_same() -> None:
    table = ablation_table(normed_network(), IMAGES, CLASSES, train_images=TRAIN, by="relu")
    assert table["kind"].tolist() == ["baseline", "same", "same", "same"]
    assert table["site"].tolist() == ["", "2", "5", ALL_SITES]
    assert table["position"].tolist() == [-1, 0, 1, -1]


def test_a_large_loss_of_accuracy_is_told_from_chance_and_a_small_one_is_not() -> None:
    images = torch.cat([torch.full((40, 1, 1, 1), 2.0), torch.full((40, 1, 1, 1), -1.0)])
    labels = torch.tensor([1] * 40 + [0] * 40)
    one_image = ablation_table(sign_network(), images, labels, train_images=X, by="formula:max(x, 0) - 5")
    assert (one_image["kind"].iloc[1], one_image["lost"].iloc[1]) == ("worse", 40)
    better = ablation_table(sign_network("identity"), images, 1 - labels, train_images=X, by="formula:0 - x")
    assert (better["kind"].iloc[1], better["gained"].iloc[1]) == ("better", 80)
    few = ablation_table(sign_network(), images[38:43], labels[38:43], train_images=X, by="formula:max(x, 0) - 5")
    assert (few["kind"].iloc[1], few["lost"].iloc[1]) == ("cannot tell", 2)


def test_back_at_the_start_is_the_function_with_its_first_parameters() -> None:
    table = ablation_table(sign_network("coslu", a=-4.0, b=0.5), X, LABELS, train_images=X, by="start")
    start = [(x + math.cos(x)) / (1 + math.exp(-x)) for x in VALUES]
    assert (table["accuracy"].iloc[1], table["loss"].iloc[1]) == pytest.approx(by_hand(start))
    assert table["what"].iloc[1] == "its start"


def test_the_path_goes_through_start_and_learned_by_hand() -> None:
    table = path_table(sign_network("coslu", a=-4.0, b=0.5), X, LABELS, train_images=X, t=(0, 0.5, 2))
    assert table["t"].tolist() == [0.0, 0.5, 1.0, 2.0]
    assert table["kind"].tolist()[2] == "baseline"
    for t, accuracy, loss in zip(table["t"], table["accuracy"], table["loss"], strict=True):
        a, b = 1 - 5 * t, 1 - 0.5 * t
        outputs = [(x + a * math.cos(b * x)) / (1 + math.exp(-x)) for x in VALUES]
        assert (accuracy, loss) == pytest.approx(by_hand(outputs), rel=1e-5)
    assert set(table["site"]) == {ALL_SITES}


def test_the_numbers_do_not_depend_on_the_batch_size() -> None:
    model = normed_network()
    one, two = (ablation_table(model, IMAGES, CLASSES, train_images=TRAIN, by="gelu", batch_size=b) for b in (7, 256))
    pd.testing.assert_frame_equal(one, two, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("by", ["start", "identity"])
def test_the_given_network_stays_as_it_is(by: str) -> None:
    model = make_model("resnet8", "coslu", in_channels=1, num_classes=3, generator=torch.Generator().manual_seed(0)).train()
    with torch.no_grad():
        model.act.a.fill_(0.3)
    state = {k: v.clone() for k, v in model.state_dict().items()}
    generator = torch.get_rng_state()
    table = ablation_table(model, IMAGES[:8], CLASSES[:8], train_images=TRAIN[:8], by=by, sites=["act", "layer3.0.act2"])
    path_table(model, IMAGES[:8], CLASSES[:8], train_images=TRAIN[:8], t=(0.0,))
    assert all(torch.equal(v, state[k]) for k, v in model.state_dict().items())
    assert model.training and torch.equal(generator, torch.get_rng_state())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())
    assert table["stage"].tolist() == ["", "stem", "layer3"]


def test_a_network_with_noise_is_evaluated_without_it() -> None:
    model = make_model("resnet8", "eelu", in_channels=1, num_classes=3, generator=torch.Generator().manual_seed(0))
    one, two = (path_table(model, IMAGES[:8], CLASSES[:8], train_images=TRAIN[:8], t=(0.5,), site="act") for _ in range(2))
    pd.testing.assert_frame_equal(one, two)


class Counting(nn.Module):
    """A network that counts the batches that come into it and those that leave it."""

    begun, ended = 0, 0

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        Counting.begun += 1
        out = self.inner(x)
        Counting.ended += 1
        return out


@pytest.mark.parametrize("after", [0, 1, 9, 14, 22])
def test_stop_ends_before_the_next_batch(after: int) -> None:
    class Stop(Exception):
        pass

    told: list[tuple[int, int]] = []

    def progress(done: int, total: int, text: str) -> None:
        told.append((done, Counting.ended))
        if done == after:
            raise Stop

    Counting.begun = Counting.ended = 0
    with pytest.raises(Stop):
        ablation_table(
            Counting(normed_network()), IMAGES, CLASSES, train_images=TRAIN, by="gelu", batch_size=10, progress=progress
        )
    assert Counting.ended == told[-1][1]  # nothing more was computed to its end
    assert Counting.begun <= Counting.ended + 1


def test_progress_counts_every_batch_and_bn_layer_to_the_end() -> None:
    told: list[tuple[int, int, str]] = []
    path_table(
        normed_network("coslu"),
        IMAGES,
        CLASSES,
        train_images=TRAIN,
        t=(0.0,),
        batch_size=20,
        progress=lambda *a: told.append(a),
    )
    assert [(done, total) for done, total, _ in told] == [(i, 16) for i in range(16)]  # 2 × (2 × 3 batches + 2 layers)
    assert told[0][2] == "As trained" and told[-1][2] == "all sites: its start, with BN statistics estimated again"


def test_an_exploding_function_gives_no_accuracy_and_no_error() -> None:
    row = ablation_table(sign_network(), X, LABELS, train_images=X, by="formula:exp(exp(x*x))").iloc[1]
    assert row["accuracy"] == 0.5  # right at −2 and 1; at 3 the output is no number
    assert not np.isfinite(row["loss"])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: ablation_table(m, X, LABELS, train_images=X, by="nosuch"), "Unknown activation 'nosuch'"),
        (lambda m: ablation_table(m, X, LABELS, train_images=X, sites="7"), "Unknown site '7'"),
        (lambda m: ablation_table(m, X, LABELS, train_images=X, by="start"), "Nothing can be moved"),
        (lambda m: ablation_table(m, X, LABELS[:2], train_images=X), "one label per image; received 4 images and 2 labels"),
        (lambda m: path_table(m, X, LABELS, train_images=X), "no activation of this network has parameters; it uses ReLU"),
        (lambda m: path_table(m, X, LABELS, train_images=X, t=(1.0,)), "at least one t other than 1"),
        (lambda m: path_table(m, X, LABELS, train_images=X, t=(math.nan,)), "t must be finite numbers"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_runs(call, message: str) -> None:
    Counting.begun = 0
    with pytest.raises((ExplorerError, UnknownNameError), match=message):
        call(sign_network())


def test_an_intervention_is_a_plain_value() -> None:
    assert Intervention(site="act", t=0.5) == Intervention(site="act", t=0.5)
    assert len({Intervention(activation="relu"), Intervention(activation="relu")}) == 1
