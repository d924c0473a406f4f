"""Tests; what they and the processes that they start import is compiled once.

Where the environment forbids writing beside the sources, a tier compiles 2,000 modules anew at
every start, which takes longer than the start itself. A folder of our own keeps them instead.
"""

import os
import sys
from pathlib import Path

if sys.dont_write_bytecode:
    compiled = Path(__file__).resolve().parent.parent / ".pytest_cache" / "compiled"
    sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = str(compiled)
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
