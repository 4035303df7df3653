"""What torch offers around a module: compile, export, torch.func, the meta device, `.to()`, autocast."""

import pytest
import torch
from torch import Tensor

from core.activations import Activation, activation_names, describe, make_activation, noise

NOISY = [name for name in activation_names() if describe(name).stochastic]


def images(count: int = 4, dtype: torch.dtype = torch.float32) -> Tensor:
    return (2 * torch.randn(count, 3, 8, 8, generator=torch.Generator().manual_seed(2))).to(dtype)


def make(name: str, sharing: str = "channel") -> Activation:
    return make_activation(name, sharing=sharing, num_channels=3).eval()


def both(function: object, module: Activation, x: Tensor) -> list[Tensor]:
    """Return the output of `function` and the gradients of its input and of the module's parameters."""
    leaf = x.clone().requires_grad_()
    module.zero_grad()
    y = function(leaf)  # type: ignore[operator]
    y.square().sum().backward()
    return [y.detach(), leaf.grad, *(p.grad for p in module.parameters())]  # type: ignore[list-item]


@pytest.mark.parametrize("sharing", [pytest.param("layer", marks=pytest.mark.full), "channel"])
def test_torch_compile_takes_the_whole_module_without_a_break(name: str, sharing: str) -> None:
    torch._dynamo.reset()
    module = make(name, sharing)
    compiled = torch.compile(module, backend="aot_eager", fullgraph=True)
    for one, other in zip(both(compiled, module, images()), both(module, module, images()), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("name", NOISY)
def test_torch_compile_takes_noise_steps_too(name: str) -> None:
    torch._dynamo.reset()
    module = make(name).train()
    x = images().requires_grad_()
    y = torch.compile(module, backend="aot_eager", fullgraph=True)(x)
    y.sum().backward()
    assert x.grad is not None and not torch.equal(y.detach(), make(name)(images()))


def test_torch_export_gives_a_program_for_any_batch(name: str) -> None:
    module = make(name)
    program = torch.export.export(module, (images(),), dynamic_shapes=({0: torch.export.Dim.AUTO},))
    torch.testing.assert_close(program.module()(images(7)), module(images(7)), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", [name for name in activation_names() if describe(name).trainable])
def test_vmap_over_parameters_runs_many_activations_at_once(name: str) -> None:
    module, x = make(name), images()
    sets = [{k: p.detach() + shift for k, p in module.named_parameters()} for shift in (0.0, 0.3)]
    stacked = {k: torch.stack([s[k] for s in sets]) for k in sets[0]}

    def call(parameters: dict[str, Tensor]) -> Tensor:
        return torch.func.functional_call(module, parameters, (x,))

    many = torch.func.vmap(call)(stacked)
    grads = torch.func.vmap(torch.func.grad(lambda p: call(p).square().sum()))(stacked)
    for i, single in enumerate(sets):
        torch.testing.assert_close(many[i], call(single))
        expected = torch.func.grad(lambda p: call(p).square().sum())(single)
        torch.testing.assert_close({k: g[i] for k, g in grads.items()}, expected, rtol=1e-4, atol=1e-3)


def test_a_module_made_on_the_meta_device_has_its_start_after_reset(name: str) -> None:
    with torch.device("meta"):
        module = make(name)
        assert module(torch.empty(2, 3, 4, 4)).device.type == "meta"
    module = module.to_empty(device="cpu")
    module.reset_parameters()
    torch.testing.assert_close(module(images()), make(name)(images()))


def test_to_moves_values_and_keeps_the_function(name: str) -> None:
    module = make(name)
    double = make(name).to(torch.float64)
    assert all(p.dtype == torch.float64 for p in double.parameters())
    torch.testing.assert_close(double(images(dtype=torch.float64)).float(), module(images()), rtol=1e-5, atol=1e-5)
    half = make(name).to(torch.bfloat16)
    assert half(images(dtype=torch.bfloat16)).dtype == torch.bfloat16


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64])
@pytest.mark.parametrize("sharing", ["layer", "channel"])
def test_autocast_changes_neither_values_nor_gradients(name: str, sharing: str, dtype: torch.dtype) -> None:
    plain = both(make(name, sharing), module := make(name, sharing), images(dtype=dtype))

    def cast(x: Tensor) -> Tensor:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return module(x)

    inside = both(cast, module, images(dtype=dtype))
    assert inside[0].dtype == inside[1].dtype == dtype
    for one, other in zip(inside[:2], plain[:2], strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("name", NOISY)
def test_a_noise_step_can_be_differentiated_twice(name: str) -> None:
    module, x = make(name).double(), images(dtype=torch.float64)[:1, :, :2, :2].contiguous()
    z = torch.rand(x.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) - 0.5

    def fixed(_: Tensor) -> tuple[Tensor, Tensor]:
        return z, torch.tensor(0.2)

    module.draw_noise = fixed  # type: ignore[method-assign, assignment]
    with noise(module):
        assert torch.autograd.gradcheck(module, (x.requires_grad_(),))
        assert torch.autograd.gradgradcheck(module, (x,))


@pytest.mark.parametrize("form", [torch.channels_last_3d, torch.contiguous_format])
def test_volumes_keep_their_memory_format(name: str, form: torch.memory_format) -> None:
    x = torch.randn(2, 3, 4, 5, 6, generator=torch.Generator().manual_seed(0)).contiguous(memory_format=form).requires_grad_()
    y = make(name)(x)
    y.backward(torch.ones(y.shape))
    assert x.grad is not None and x.stride() == y.stride() == x.grad.stride()
