"""Places: every call of an activation or a gate in a network's code, under a path of its own."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from torch import nn

from .record import Call, Record

#: Of one call: path of the owner, path of the called module or None, function, number among such calls of the owner.
Key = tuple[str, str | None, str, int]


@dataclass(frozen=True, kw_only=True)
class Place:
    """A place in the code of `owner` where an activation or a gate is called.

    `path` is the path of the called module; for its second call and for a function it is the path that a module there would
    get: "layer1.0.relu_2". `calls` holds what was seen of it, by mode (True: training), and `visits` how often, at most, its
    owner and the module are called in one pass.
    """

    path: str
    owner: str
    target: str | None
    function: str
    number: int
    calls: dict[bool, list[Call]]
    visits: int

    @property
    def seen(self) -> list[Call]:
        """The calls in both modes."""
        return [call for calls in self.calls.values() for call in calls]

    @property
    def first(self) -> Call:
        """The first call, in evaluation mode if there is one."""
        return self.seen[0]

    @property
    def gate(self) -> bool:
        """Whether sigmoid, softmax or the like is called, or a relu6 that is part of a hard sigmoid."""
        return self.first.gate or any(call.in_hard_sigmoid for call in self.seen)


def places(network: nn.Module, records: dict[bool, Record]) -> list[Place]:
    """Return the places that the passes have seen, in forward order."""
    found = {mode: _numbered(record.calls) for mode, record in records.items()}
    paths = _Paths(network)
    return [_place(key, paths.of(key), found, records) for key in _merged([list(calls) for calls in found.values()])]


def reason_to_leave(place: Place, all_places: Iterable[Place]) -> str | None:
    """Return why no activation can take the place of what is called at `place`; None if one can."""
    if place.gate:
        return _reason_of_gate(place)
    calls = {mode: len(c) for mode, c in place.calls.items() if c}
    if place.visits > 1 or max(calls.values()) > 1:
        times = max(place.visits, *calls.values())
        return f"one module called {times} times in a forward pass"
    if any(call.reread_elsewhere for call in place.seen):
        return "it works in place, and its input is read again elsewhere"
    same = [p for p in all_places if (p.owner, p.target, p.function) == (place.owner, place.target, place.function)]
    count = {mode: sum(bool(p.calls.get(mode)) for p in same) for mode in place.calls}
    if len(set(count.values()) - {0}) > 1:
        return f"called {count[False]} times in evaluation mode and {count[True]} times in training mode"
    return None


def _reason_of_gate(place: Place) -> str:
    name = place.function
    if not place.first.gate:
        return "relu6(x + 3), a part of a hard sigmoid"
    if "softmax" in name:
        return f"{name}, no elementwise activation"
    if any(call.multiplied for call in place.seen):
        return "a gate: its output is multiplied into a tensor"
    return f"{name} may be an output or a gate; not replaced"


def _numbered(calls: Iterable[Call]) -> dict[Key, list[Call]]:
    """Return the calls by place, in forward order."""
    found: dict[Key, list[Call]] = {}
    count: Counter[tuple[str, str | None, str, int]] = Counter()
    for call in calls:
        count[call.owner, call.target, call.function, call.visit] += 1
        number = count[call.owner, call.target, call.function, call.visit]
        found.setdefault((call.owner, call.target, call.function, number), []).append(call)
    return found


def _merged(orders: list[list[Key]]) -> list[Key]:
    """Return the keys of all lists; one that only a later list has stands behind its predecessor there."""
    merged = list(orders[0])
    for order in orders[1:]:
        for before, key in zip([None, *order], order, strict=False):
            if key not in merged:
                merged.insert(0 if before is None else merged.index(before) + 1, key)
    return merged


def _place(key: Key, path: str, found: dict[bool, dict[Key, list[Call]]], records: dict[bool, Record]) -> Place:
    owner, target, function, number = key
    calls = {mode: those.get(key, []) for mode, those in found.items()}
    owners = max(record.visits[owner] for record in records.values())
    return Place(
        path=path,
        owner=owner,
        target=target,
        function=function,
        number=number,
        calls=calls,
        visits=max(owners, *(_visits(target, owner, those, records[mode]) for mode, those in found.items())),
    )


def _visits(target: str | None, owner: str, found: dict[Key, list[Call]], record: Record) -> int:
    """Return how often a module is called, if somebody else than `owner` calls it as well; else 1."""
    callers = {key[0] for key in found if key[1] == target}
    return record.visits[target] if target is not None and len(callers) > 1 else 1


class _Paths:
    """Gives every place a path, in forward order: names that an owner has are not given again."""

    def __init__(self, network: nn.Module) -> None:
        self.network = network
        self.taken: set[str] = set()

    def of(self, key: Key) -> str:
        owner, target, function, number = key
        if target is not None and number == 1 and target not in self.taken:
            self.taken.add(target)
            return target
        start = f"{owner}." if owner else ""
        base = function if target is None else target.removeprefix(start).replace(".", "_")
        count = 1 if target is None else number
        name = base if count == 1 else f"{base}_{count}"
        while hasattr(self.network.get_submodule(owner), name) or f"{start}{name}" in self.taken:
            count += 1
            name = f"{base}_{count}"
        self.taken.add(f"{start}{name}")
        return f"{start}{name}"
