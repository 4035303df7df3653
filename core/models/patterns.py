"""Which activation a site gets: one for all, or the first pattern that matches its path."""

import warnings
from collections.abc import Mapping
from fnmatch import fnmatchcase

from ..errors import ExplorerError


class ActivationPatterns:
    """Site path -> activation, by patterns as in `fnmatch`; the first one that matches wins."""

    def __init__(self, activation: str | Mapping[str, str]) -> None:
        self.patterns = {"*": activation} if isinstance(activation, str) else dict(activation)
        self.used: set[str] = set()

    def __getitem__(self, path: str) -> str:
        """Return the activation of the site `path`; an `ExplorerError` if no pattern matches."""
        for pattern, activation in self.patterns.items():
            if fnmatchcase(path, pattern):
                self.used.add(pattern)
                return activation
        received = ", ".join(map(repr, self.patterns)) or "none"
        raise ExplorerError(
            f"No activation given for site '{path}'; the patterns are {received}. Add one that matches, or '*' as the last."
        )

    def warn_unused(self) -> None:
        """Warn of patterns that decided no site: misspelt, or behind one that takes all of theirs."""
        unused = [p for p in self.patterns if p not in self.used]
        if unused:
            names = ", ".join(map(repr, unused))
            warnings.warn(f"These activation patterns decide no site: {names}. The first match wins.", stacklevel=4)
