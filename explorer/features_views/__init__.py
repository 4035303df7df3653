"""The views of the page Features & noise: each draws below the strip what `draw(now, run_id, epoch)` is asked for."""
