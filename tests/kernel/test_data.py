"""The data files of the package and their licences."""

from importlib import resources
from pathlib import Path

DATA = resources.files("jichitai.data")
MJ_NOTICE = "MJ文字情報一覧表 / MJ縮退マップ (c) 独立行政法人情報処理推進機構, 文字情報技術促進協議会, CC BY-SA 2.1 JP"


def test_every_data_file_is_listed_with_its_source() -> None:
    listed = DATA.joinpath("README.md").read_text(encoding="utf-8")
    files = [path.name for path in DATA.iterdir() if path.is_file() and path.name != "README.md"]
    assert files
    assert [name for name in files if f"`{name}`" not in listed] == []


def test_the_readme_names_only_files_that_exist() -> None:
    listed = DATA.joinpath("README.md").read_text(encoding="utf-8").split("`")[1::2]
    named = [
        text
        for text in listed
        if text.endswith((".csv", ".gz", ".txt")) and "NN" not in text and text != ".gz"
    ]
    assert [name for name in named if not DATA.joinpath(name).is_file()] == []


def test_the_notice_of_the_character_tables_is_kept_word_for_word() -> None:
    notice = Path(__file__).parents[2].joinpath("NOTICE").read_text(encoding="utf-8")
    assert MJ_NOTICE in notice
