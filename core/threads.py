"""How torch's threads on a CPU wait for their next piece of work."""

import os


def let_threads_rest() -> None:
    """Have torch's threads sleep soon after their work (20,000 turns instead of 300,000); call it before torch is imported.

    While they spin they take the processor from the threads that draw noise, from a server and from a browser beside them. It
    counts where torch uses GNU's OpenMP (Linux); an environment that says something about it is left alone.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "20000")
