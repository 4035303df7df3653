"""What a CUDA device computes, beside the same on the CPU. Chosen with `pytest -m cuda`; deselected everywhere else."""
