"""A page that lists data sets or shows bundled images needs no torch."""

import subprocess
import sys


def test_names_and_bundled_images_come_without_torch() -> None:
    code = (
        "import sys; from core.data import dataset_names; from core.data.sample import sample_arrays; dataset_names();"
        "sample_arrays(); sys.exit(', '.join({'torch', 'torchvision', 'pyarrow', 'PIL'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert answer.stderr.strip() == ""
