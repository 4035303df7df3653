"""A record of one forward pass: the calls of activations and gates, and what becomes of their tensors.

Two passes write it: `watch` runs the network on an example, `reading` walks through its code.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .layouts import UNKNOWN, Layout


@dataclass(eq=False)
class Call:
    """One call of an activation or of a gate.

    `owner` is the path of the module whose forward calls it, in its visit number `visit`; `target` the path of the called
    module, None for a function; `layout` that of the input.
    """

    function: str
    owner: str
    visit: int
    target: str | None
    layout: Layout
    gate: bool = False
    multiplied: bool = False
    """Whether the output is multiplied into a tensor."""
    in_hard_sigmoid: bool = False
    """Whether it is the relu6 of relu6(x + 3) / 6."""
    reread: bool = False
    """Whether it works in place and its owner reads the input again."""
    reread_elsewhere: bool = False
    """Whether it works in place and somebody else reads the input, or a view of it, again."""


@dataclass(eq=False)
class Value:
    """A tensor of the pass. `time` is when it was made; values of one `storage` lie in the same memory."""

    time: int
    layout: Layout = UNKNOWN
    storage: object = field(default_factory=object)
    gates: tuple[Call, ...] = ()
    added: Any = None
    """The number that was added to make it."""


@dataclass(eq=False)
class Frame:
    """One call of a module; inside an activation nothing is recorded."""

    path: str
    visit: int
    inside: bool = False


@dataclass(eq=False)
class _Overwriting:
    call: Call
    frame: Frame
    value: Value
    time: int


class Record:
    """What a pass has called so far, and where it is."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.visits: Counter[str] = Counter()
        self.given: dict[str, frozenset[str]] = {}
        """Of every module the arguments of its forward that were given something else than the default."""
        self.stack: list[Frame] = [Frame("", 0)]
        self._overwritten: defaultdict[object, list[_Overwriting]] = defaultdict(list)
        self._time = 0

    @property
    def frame(self) -> Frame:
        """The module that is running."""
        return self.stack[-1]

    def tick(self) -> int:
        """Return a number larger than all before."""
        self._time += 1
        return self._time

    def enter(self, path: str, inside: bool = False) -> None:
        """Note that the module at `path` is called."""
        self.visits[path] += 1
        self.stack.append(Frame(path, self.visits[path], inside or self.frame.inside))

    def leave(self) -> None:
        """Note that the running module returns."""
        self.stack.pop()

    def call(self, function: str, value: Value, target: str | None = None, gate: bool = False) -> Call:
        """Note that the running module calls an activation or a gate on `value`."""
        made = Call(function, self.frame.path, self.frame.visit, target, value.layout, gate)
        made.in_hard_sigmoid = function == "relu6" and value.added == 3
        self.calls.append(made)
        return made

    def overwrite(self, call: Call, value: Value) -> None:
        """Note that `call` has written its result over `value`: whoever reads it from now on reads the result."""
        self._overwritten[value.storage].append(_Overwriting(call, self.frame, value, self.tick()))

    def read(self, values: Iterable[Value]) -> bool:
        """Note that the running module reads `values`; return whether one of them has been overwritten."""
        stale = [(v, over) for v in values for over in self._overwritten.get(v.storage, ()) if v.time < over.time]
        for value, over in stale:
            if over.frame is self.frame and over.value is value:
                over.call.reread = True
            else:
                over.call.reread_elsewhere = True
        return bool(stale)

    def multiply(self, values: list[Value]) -> None:
        """Note that `values` are multiplied with each other."""
        if len(values) > 1:
            for gate in (gate for value in values for gate in value.gates):
                gate.multiplied = True
