"""The font of documents, unpacked once per process where programs can read it."""

import atexit
import lzma
import shutil
import tempfile
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

_PACKED: Final = "fonts/NotoSansJP_500Medium.ttf.xz"


@cache
def font_folder() -> Path:
    """A folder with the font file; it goes with the process."""
    folder = Path(tempfile.mkdtemp(prefix="jichitai-fonts-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    packed = files("jichitai.data").joinpath(_PACKED).read_bytes()
    (folder / "NotoSansJP-Medium.ttf").write_bytes(lzma.decompress(packed))
    return folder
