"""What an import costs: nothing that a learner may never need is loaded with the package."""

from __future__ import annotations

import subprocess
import sys


def test_no_picture_and_no_table_library_is_loaded_before_somebody_asks_for_one() -> None:
    code = "import sys, headswap.exercises, headswap.explorers, headswap.lab\n"
    code += "print([name for name in ('matplotlib', 'pandas', 'sklearn', 'transformers') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
