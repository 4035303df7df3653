"""Compiled code gives the numbers of the plain code, is compiled once for all shapes, and its absence is told once."""

import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from core.activations import Activation, NoiseStream, activation_names, compiled, compiler, describe, make_activation, noise

LOGGER = "activation_explorer"


@pytest.fixture(autouse=True)
def nothing_compiled_stays() -> Iterator[None]:
    """Leave no compiled function of a test to the next one."""
    yield
    compiler._value_function.cache_clear()
    compiler._gradient_function.cache_clear()


def both(module: Activation, x: Tensor, *, on: bool) -> list[Tensor]:
    """Return the output and all gradients, with and without compiled code."""
    leaf = x.clone().requires_grad_()
    module.zero_grad()
    with compiled(on):
        y = module(leaf)
    y.backward(x.cos())
    return [y.detach(), leaf.grad, *(p.grad for p in module.parameters())]  # type: ignore[list-item]


def count_graphs(monkeypatch: pytest.MonkeyPatch, compile_them: bool = True) -> list[Any]:
    """Return a list that grows with every graph that is compiled from now on; none has been compiled before."""
    from torch._inductor import compile_fx

    graphs: list[Any] = []
    original = compile_fx.compile_fx

    def count(graph: Any, inputs: Any, **options: Any) -> Any:
        graphs.append(graph)
        return original(graph, inputs, **options) if compile_them else graph

    monkeypatch.setattr("torch._inductor.compile_fx.compile_fx", count)
    compiler._value_function.cache_clear()
    compiler._gradient_function.cache_clear()
    return graphs


def images(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0)).to(dtype)


def test_one_compiled_function_serves_every_shape_with_the_numbers_of_the_plain_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graphs = count_graphs(monkeypatch)
    module = make_activation("coslu")
    for shape in [(4, 8, 16, 16), (9, 8, 12, 20), (3, 8, 40, 40), (64, 8, 10), (700, 8)]:
        for x in (images(*shape), images(*shape).movedim(1, -1).contiguous().movedim(-1, 1)):
            for one, other in zip(both(module, x, on=True), both(module, x, on=False), strict=True):
                torch.testing.assert_close(one, other, rtol=1e-5, atol=2e-4)
                assert one.stride() == other.stride()
    assert len(graphs) == 2  # forward and backward


def test_equal_sizes_in_the_first_call_do_not_bind_later_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    graphs = count_graphs(monkeypatch, compile_them=False)
    for shape in [(16, 16, 16, 16), (5, 16, 10, 10), (7, 9, 9, 9)]:
        both(make_activation("coslu", sharing="channel", num_channels=shape[1]), images(*shape), on=True)
    assert len(graphs) == 2


def test_code_checked_for_one_stride_of_the_parameters_is_not_used_for_another() -> None:
    module, x = make_activation("coslu", sharing="channel", num_channels=8), images(4, 8, 16, 16)
    values = torch.linspace(-1, 1, 16)
    for a in (values[:8].clone(), values[::2], values[:8].clone()):
        module.a.data = a
        with compiled(True):
            y = module(x)
        torch.testing.assert_close(y, module(x), rtol=1e-5, atol=1e-5)
    assert not compiler._failed


def either_sign() -> Iterator[Any]:
    for name in activation_names():
        for sign in (1, -1):
            if (name, sign) != ("scaled_softsign", -1):  # a negative b is a pole
                yield pytest.param(name, sign, marks=[] if name == "mpelu" else [pytest.mark.full])


def trainable_names() -> list[str]:
    return [name for name in activation_names() if describe(name).trainable]


@pytest.mark.parametrize(("name", "sign"), list(either_sign()))
def test_compiled_numbers_are_those_of_the_plain_code_for_parameters_of_either_sign(name: str, sign: int) -> None:
    module = make_activation(name).eval()
    with torch.no_grad():
        for number, parameter in enumerate(module.parameters()):
            parameter.copy_(torch.linspace(0.7, 1.3, parameter.numel()).view_as(parameter) * sign * (1 + number))
    x = torch.cat([torch.linspace(-20, 12, 8001), torch.tensor([0.0, -0.0, 1e-30, -1e-30, 30.0, -30.0])])
    (y, in_x, *sums), (plain_y, plain_in_x, *plain_sums) = both(module, x, on=True), both(module, x, on=False)
    torch.testing.assert_close(y, plain_y, rtol=2e-5, atol=1e-6)
    torch.testing.assert_close(in_x, plain_in_x, rtol=2e-5, atol=1e-6)
    torch.testing.assert_close(sums, plain_sums, rtol=2e-5, atol=1e-3)  # of 8,007 terms each
    assert not compiler._failed


@pytest.mark.parametrize("name", [pytest.param(n, marks=[] if n == "eelu" else [pytest.mark.full]) for n in trainable_names()])
def test_with_channels_innermost_the_numbers_and_the_layout_are_those_of_the_plain_code(name: str) -> None:
    for dtype, rtol in ((torch.float32, 2e-5), (torch.bfloat16, 2e-2)):
        for channels in (3, 16, 40):
            module = make_activation(name, sharing="channel", num_channels=channels).eval()
            with torch.no_grad():
                for parameter in module.parameters():
                    parameter.mul_(torch.linspace(0.6, 1.4, channels).view(-1, *[1] * (parameter.ndim - 1)))
            x = images(8, channels, 12, 12, dtype=dtype).to(memory_format=torch.channels_last)
            (y, in_x, *sums), (plain_y, plain_in_x, *plain_sums) = both(module, x, on=True), both(module, x, on=False)
            torch.testing.assert_close(y, plain_y, rtol=rtol, atol=1e-6)
            torch.testing.assert_close(in_x, plain_in_x, rtol=rtol, atol=1e-6)
            torch.testing.assert_close(sums, plain_sums, rtol=2e-5, atol=1e-3)  # of 1,152 terms each
            assert in_x.stride() == x.stride()
    assert not compiler._failed


def test_later_calls_go_straight_to_the_code_whether_it_was_compiled_now_or_lies_on_the_disk() -> None:
    module, x = make_activation("shilu"), images(4, 8, 16, 16)
    for _ in range(2):  # from the second time on the code comes from the disk
        compiler._value_function.cache_clear()
        compiler._gradient_function.cache_clear()
        torch._dynamo.reset()
        both(module, x, on=True)
        call = module._call_cache[False, False, True]
        key = (call.kernel, x.dtype, "cpu", False, (0,))
        used = [compiler._value_function(*key), compiler._gradient_function(*key[:2], x.dtype, *key[2:], True, False)]
        assert [len(function._shortcuts) for function in used] == [1, 1]


def test_compiled_noise_is_the_same_noise() -> None:
    module, x = make_activation("eelu", sharing="channel", num_channels=8, eps=1.0), images(4, 8, 16, 16)
    results = []
    for on in (True, False):
        with noise(module, on=True, generator=NoiseStream(0, "noise")):
            results.append(both(module, x, on=on))
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=2e-4)


def test_the_switch_belongs_to_its_thread() -> None:
    seen: list[bool] = []
    with compiled(True):
        thread = threading.Thread(target=lambda: seen.append(compiler.is_compiled()))
        thread.start()
        thread.join()
        with compiled(False):
            seen.append(compiler.is_compiled())
        seen.append(compiler.is_compiled())
    assert [*seen, compiler.is_compiled()] == [False, False, True, False]


def test_small_tensors_are_not_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "_value_function", lambda *key: pytest.fail("was compiled"))
    with compiled(True):
        y = make_activation("coslu")(torch.ones(100))
    assert y.shape == (100,)


def test_reaching_the_recompile_limit_is_logged(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr("torch._inductor.compile_fx.compile_fx", lambda graph, inputs, **options: graph)

    def run(x: Tensor) -> Tensor:
        return x + 1

    with torch._dynamo.config.patch(recompile_limit=1), caplog.at_level(logging.WARNING, LOGGER):
        compiler._Compiled(run, "example_value_1")(torch.ones(5))
    assert caplog.messages == ["example_value_1 was compiled 1 times, the limit; further cases run uncompiled."]


def test_without_a_compiler_one_line_is_logged_and_the_plain_code_runs(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def missing(graph: Any, inputs: Any, **options: Any) -> None:
        raise RuntimeError("No working C++ compiler found")

    monkeypatch.setattr("torch._inductor.compile_fx.compile_fx", missing)
    monkeypatch.setattr(compiler, "_failed", False)
    module, other, x = make_activation("delu"), make_activation("relun"), images(20000)
    compiler._value_function.cache_clear()
    with caplog.at_level(logging.WARNING, LOGGER):
        compiled_numbers = both(module, x, on=True)
        both(other, x, on=True)
    for one, plain in zip(compiled_numbers, both(module, x, on=False), strict=True):
        assert torch.equal(one, plain)
    (line,) = [record.message for record in caplog.records if record.name == LOGGER]
    assert line.startswith("Activations run uncompiled: delu could not be compiled (")
    assert "No working C++ compiler found" in line
