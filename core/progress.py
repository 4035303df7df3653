"""How long work tells where it stands, and how it is stopped."""

from collections.abc import Callable

#: Told before every batch: (done, total, what is being done). It may raise to stop the work.
ProgressCallback = Callable[[int, int, str], None]
