"""Every error a user can cause. The message says what was wrong, what was received and what is allowed."""

import difflib
from collections.abc import Iterable


class ExplorerError(ValueError):
    """Something a user can mend. The command line prints it without a traceback."""


class UnknownNameError(ExplorerError):
    """A name that no registry holds."""


class OptionError(ExplorerError):
    """An option that is missing or cannot be read, such as the data set of a file that names none."""


class FormulaError(ExplorerError):
    """A formula that cannot be read, or start values that do not fit it."""


class DataError(ExplorerError):
    """A data set that cannot be read."""


class RunError(ExplorerError):
    """A run folder, or a file in it, that cannot be used."""


class UnsafeFileError(RunError):
    """A file that would run code if it were loaded."""


class RunLockedError(RunError):
    """A run folder that another living process writes."""


class TrainingError(ExplorerError):
    """Training that cannot go on, e.g. because the loss is not finite."""


def normalise_name(name: str) -> str:
    """Return the form in which registries compare names: lower case, without `-` and `_`."""
    return name.lower().replace("-", "").replace("_", "")


def unknown_name(kind: str, name: str, known: Iterable[str]) -> UnknownNameError:
    """Return the error for an unknown name: the nearest known name first, then all of them."""
    names = list(known)
    near = difflib.get_close_matches(normalise_name(name), [normalise_name(n) for n in names], n=1, cutoff=0.5)
    guess = next((f" Did you mean '{n}'?" for n in names if near and normalise_name(n) == near[0]), "")
    return UnknownNameError(f"Unknown {kind} '{name}'.{guess} Known: {', '.join(names)}.")
