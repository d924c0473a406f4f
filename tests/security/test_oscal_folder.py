"""Folders of OSCAL documents: written whole, or not at all."""

import io
import zipfile
from pathlib import Path

import pytest

from jichitai.security.guideline import builtin
from jichitai.security.oscal import bundle
from jichitai.security.oscal.errors import FaultyOscalError
from jichitai.security.oscal.folder import write_folder, zipped
from tests.security.oscal_builders import action_plan, assessment, security_plan


def test_a_folder_holds_every_document(tmp_path: Path) -> None:
    files = bundle.guideline_files(builtin.newest())
    written = write_folder(files, tmp_path / "oscal")
    assert [path.name for path in written] == sorted(files)
    assert all(path.read_bytes().endswith(b"}\n") for path in written)


def test_a_zip_is_the_same_every_time() -> None:
    files = bundle.guideline_files(builtin.newest()) | bundle.body_files(
        security_plan(), [assessment()], action_plan()
    )
    data = zipped(files)
    assert zipped(files) == data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert sorted(archive.namelist()) == sorted(files)


def test_a_faulty_document_leaves_nothing_behind(tmp_path: Path) -> None:
    alone = bundle.body_files(security_plan(), [], None)  # its profile is not among the files
    with pytest.raises(FaultyOscalError, match="取り込む文書がない"):
        write_folder(alone, tmp_path / "oscal")
    assert not (tmp_path / "oscal").exists()
