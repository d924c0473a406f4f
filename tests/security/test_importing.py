"""Reading regulations: the same articles from every kind of file, and clear words for bad ones."""

import io
import time
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jichitai.kernel.errors import JichitaiError
from jichitai.security.importing import packages, reading
from jichitai.security.importing.errors import (
    DocumentWithMacrosError,
    LockedDocumentError,
    NoArticlesError,
    PictureOnlyDocumentError,
    TooLargeDocumentError,
    UnreadableDocumentError,
)
from jichitai.security.importing.model import FileKind, Form, SourceDocument
from jichitai.security.importing.numerals import in_kanji, kanji_number
from jichitai.security.importing.reading import read_document
from tests.security.importing_builders import (
    SAMPLE,
    blank_pdf,
    locked_pdf,
    numbering,
    package,
    paragraph,
    pdf,
    styles,
    word,
)

OLD_WORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def shape(document: SourceDocument) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.number, one.caption, one.path) for one in document.articles]


@pytest.fixture(scope="module")
def plain() -> SourceDocument:
    return read_document(SAMPLE.encode(), "規程.txt")


@pytest.fixture(scope="module")
def paper() -> bytes:
    return pdf(SAMPLE)


def test_articles_of_a_regulation_keep_number_caption_chapter_and_paragraphs(
    plain: SourceDocument,
) -> None:
    assert (plain.kind, plain.form, len(plain.articles)) == (FileKind.TEXT, Form.ARTICLES, 36)
    assert plain.title == "例示町情報セキュリティ対策規程"
    assert plain.issued == "令和4年3月25日 訓令第7号"
    assert "令和4年4月1日" in plain.supplement
    duties = plain.articles[14]
    assert duties.label == "第15条（職員の遵守事項）"
    assert duties.path == ("人的対策",)
    assert [one[:2] for one in duties.paragraphs] == ["職員", "2 ", "3 "]
    assert plain.articles[1].paragraphs[1].startswith("(1) ネットワーク")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932", "euc_jp", "utf-16"])
def test_text_is_read_in_every_encoding_that_offices_use(
    plain: SourceDocument, encoding: str
) -> None:
    assert shape(read_document(SAMPLE.encode(encoding), "x")) == shape(plain)


def test_a_word_document_gives_the_same_articles(plain: SourceDocument) -> None:
    read = read_document(word(SAMPLE), "規程.docx")
    assert read.kind is FileKind.WORD
    assert shape(read) == shape(plain)
    assert [one.text for one in read.articles] == [one.text for one in plain.articles]


def test_a_pdf_gives_the_same_articles_without_page_numbers_and_running_heads(
    plain: SourceDocument, paper: bytes
) -> None:
    read = read_document(paper, "規程.pdf")
    assert read.kind is FileKind.PDF
    assert shape(read) == shape(plain)
    assert not any("例規集" in one.text or "- 1 -" in one.text for one in read.articles)
    assert read.articles[16].text == plain.articles[16].text


def test_numbers_that_the_word_processor_makes_are_written_out() -> None:
    levels = numbering(("decimal", "第%1章"), ("decimal", "第%2条"), ("aiueoFullWidth", "%3"))
    body = "".join(
        [
            paragraph("総則", numbering=(1, 0)),
            paragraph("目的を定める規程とする。", numbering=(1, 1)),
            paragraph("適用する機関は、次のとおりとする。", numbering=(1, 1)),
            paragraph("町長", numbering=(1, 2)),
            paragraph("議会", numbering=(1, 2)),
            paragraph("対策", numbering=(1, 0)),
            paragraph("対策を行う。", numbering=(1, 1)),
        ]
    )
    read = read_document(package(body, word__numbering_xml=levels), "x.docx")
    assert [(one.number, one.path) for one in read.articles] == [
        ("第1条", ("総則",)),
        ("第2条", ("総則",)),
        ("第1条", ("対策",)),
    ]
    assert read.articles[1].paragraphs[1:] == ("ア 町長", "イ 議会")


def test_heading_styles_make_headings_of_a_policy() -> None:
    body = (
        paragraph("組織体制", style="H1")
        + paragraph("最高情報セキュリティ責任者", style="H2")
        + paragraph("副町長を充てる。")
        + paragraph("情報セキュリティ委員会", style="H2")
        + paragraph("委員会を置く。")
    )
    read = read_document(package(body, word__styles_xml=styles(H1=1, H2=2)), "x.docx")
    assert read.form is Form.HEADINGS
    assert [(one.caption, one.path) for one in read.articles] == [
        ("最高情報セキュリティ責任者", ("組織体制",)),
        ("情報セキュリティ委員会", ("組織体制",)),
    ]


def test_what_was_struck_out_hidden_or_only_a_reading_is_not_read() -> None:
    body = (
        "<w:p><w:r><w:t>第1条　</w:t></w:r><w:del><w:r><w:delText>旧</w:delText></w:r></w:del>"
        "<w:moveFrom><w:r><w:t>移す前</w:t></w:r></w:moveFrom><w:ins><w:r><w:t>新しい</w:t></w:r></w:ins>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>隠し</w:t></w:r><w:r><w:ruby><w:rt><w:r><w:t>よみ</w:t></w:r></w:rt>"
        "<w:rubyBase><w:r><w:t>定</w:t></w:r></w:rubyBase></w:ruby></w:r><w:r><w:t>めとする。</w:t></w:r></w:p>"
        "<w:p><w:r><w:t>第2条　表のとおり。</w:t></w:r></w:p>"
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>責任者</w:t></w:r></w:p></w:tc>"
        "<w:tc><w:p><w:r><w:t>副町長</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
        "<w:p><w:r><w:t>第3条　委任する。</w:t><w:br/><w:t>2　次の行。</w:t></w:r></w:p>"
    )
    read = read_document(package(body), "x.docx")
    assert read.articles[0].text == "新しい定めとする。"
    assert read.articles[1].paragraphs == ("表のとおり。", "責任者 副町長")
    assert read.articles[2].paragraphs == ("委任する。", "2 次の行。")


HEADINGS = """例示市情報セキュリティポリシー
目次
１　組織体制 ................ 1
２　情報資産の分類と管理 .... 3
第２編　対策基準
１　組織体制
(1) 最高情報セキュリティ責任者
① 副市長をCISOとする。
② CISOは、必要に応じて置く。
２　情報資産の分類と管理
(1) 情報資産の分類
本市における情報資産は、次のとおりとする。
(2) 情報資産の管理
① 管理責任
(ア) 管理者は責任を有する。
② 情報の作成
(ア) 職員等は、作成してはならない。
６．１．コンピュータ及びネットワークの管理
(1) ファイルサーバの設定等
容量を設定する。
"""


def test_numbered_headings_become_articles_with_their_whole_number() -> None:
    read = read_document(HEADINGS.encode(), "x.txt")
    assert (read.form, read.title) == (Form.HEADINGS, "例示市情報セキュリティポリシー")
    assert [(one.number, one.caption) for one in read.articles] == [
        ("1(1)", "最高情報セキュリティ責任者"),
        ("2(1)", "情報資産の分類"),
        ("2(2)①", "管理責任"),
        ("2(2)②", "情報の作成"),
        ("6.1(1)", "ファイルサーバの設定等"),
    ]
    assert read.articles[2].path == ("対策基準", "情報資産の分類と管理", "情報資産の管理")


@pytest.mark.parametrize(
    ("lines", "number", "caption"),
    [
        ("（目的）\n第一条　定める。", "第一条", "目的"),
        ("第１条（目的）　定める。", "第1条", "目的"),
        ("第1条　目的\n定める。", "第1条", "目的"),
        ("(目的)\n第 1 条 定める。", "第1条", "目的"),
        ("（目的）\n第１条の２の３　定める。", "第1条の2の3", "目的"),
    ],
)
def test_captions_stand_before_behind_or_after_the_number(
    lines: str, number: str, caption: str
) -> None:
    rest = "\n（定義）\n第8条　次の例による。\n（委任）\n第9条　別に定める。"
    first = read_document((lines + rest).encode(), "x").articles[0]
    assert (first.number, first.caption, first.text) == (number, caption, "定める。")


def test_a_clause_that_points_to_articles_is_no_chapter_and_no_entry_of_a_table() -> None:
    text = (
        "（委員会）\n第1条　次に掲げる者とする。\n（１）　委員（第3条第2項に規定する者をいう。）\n"
        "（２）　委員会（第5条）\n第2条の規定は、第1章の適用を妨げない。\n（職務）\n第2条　行う。\n第3条　置く。"
    )
    first = read_document(text.encode(), "x").articles[0]
    assert len(first.paragraphs) == 4


BAD = [
    (b"", UnreadableDocumentError, "空"),
    (b"\x00\x01\x02" * 50, UnreadableDocumentError, "読めない"),
    (b"\x81\xff\xfe\xfa" * 9, UnreadableDocumentError, "UTF-8"),
    (b"{\\rtf1 abc}", UnreadableDocumentError, "docx"),
    (OLD_WORD, UnreadableDocumentError, ".doc"),
    (OLD_WORD + "EncryptedPackage".encode("utf-16-le"), LockedDocumentError, "パスワード"),
    (b"PK\x03\x04" + bytes(60), UnreadableDocumentError, "Word"),
    (b"%PDF-1.7\nnonsense", UnreadableDocumentError, "PDF"),
    ("あいさつ。\nこれは手紙です。".encode(), NoArticlesError, "見出し"),
]


@pytest.mark.parametrize(("data", "error", "word_"), BAD)
def test_what_is_no_document_is_refused_with_what_to_do(
    data: bytes, error: type[JichitaiError], word_: str
) -> None:
    with pytest.raises(error, match=word_) as refused:
        read_document(data, "x")
    assert len(refused.value.detail) > 20


def test_macros_are_refused_whatever_the_file_is_called() -> None:
    macro = "application/vnd.ms-word.document.macroEnabled.main+xml"
    body = paragraph("第1条　定める。") * 3
    for data in (
        package(body, main=macro),
        package(body, word__vbaProject_bin="x").replace(b"vbaProject_bin", b"vbaProject.bin"),
    ):
        with pytest.raises(DocumentWithMacrosError, match="マクロ"):
            read_document(data, "規程.docx")


def test_another_office_file_is_no_policy() -> None:
    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    with pytest.raises(UnreadableDocumentError, match="Word の文書ではありません"):
        read_document(package("", main=sheet), "x.xlsx")


def test_a_document_that_names_outside_entities_is_refused() -> None:
    bomb = (
        '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        "<w:body><w:p><w:r><w:t>&b;</w:t></w:r></w:p></w:body></w:document>"
    )
    good = package(paragraph("第1条　定める。"))
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good)) as old, zipfile.ZipFile(out, "w") as new:
        new.writestr("[Content_Types].xml", old.read("[Content_Types].xml"))
        new.writestr("word/document.xml", bomb)
    with pytest.raises(UnreadableDocumentError):
        read_document(out.getvalue(), "x.docx")


def test_a_package_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = package(paragraph("あ" * 200_000))
    assert len(data) < 10_000
    monkeypatch.setattr(packages, "LARGEST_PART", 100_000)
    with pytest.raises(TooLargeDocumentError, match="大きすぎます"):
        read_document(data, "x.docx")
    monkeypatch.setattr(packages, "LARGEST_UNPACKED", 100_000)
    with pytest.raises(TooLargeDocumentError, match="攻撃"):
        read_document(data, "x.docx")


def test_a_file_past_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LARGEST_FILE", 10)
    with pytest.raises(TooLargeDocumentError, match="MB"):
        read_document(b"x" * 11, "x")


def test_a_pdf_of_pictures_asks_for_text_recognition() -> None:
    with pytest.raises(PictureOnlyDocumentError, match="OCR"):
        read_document(blank_pdf(), "x.pdf")


def test_a_locked_or_cut_pdf_is_refused(paper: bytes) -> None:
    with pytest.raises(LockedDocumentError, match="パスワード"):
        read_document(locked_pdf(blank_pdf(1)), "x.pdf")
    with pytest.raises((UnreadableDocumentError, PictureOnlyDocumentError)):
        read_document(paper[: len(paper) // 3], "x.pdf")


@pytest.mark.parametrize("filler", ["(第1条", " 　", "・.", "1.", "第1章 ", "(1)", "（"])
def test_a_line_of_a_hundred_thousand_letters_takes_no_time(filler: str) -> None:
    long = filler * (100_000 // len(filler))
    text = f"目次\n{long}\n（目的）\n第1条　{long}\n第2条　置く。\n第3条　行う。\n{long}"
    began = time.process_time()
    read = read_document(text.encode(), "x")
    assert len(read.articles) >= 1
    assert time.process_time() - began < 3


def test_characters_that_no_table_keeps_are_left_out() -> None:
    text = "（目\x01的）\n第1条　定\x1bめる。\n第2条　置く。\n第3条　行う。"
    read = read_document(text.encode(), "a\x07/規程\x00.txt")
    assert (read.name, read.articles[0].caption, read.articles[0].text) == (
        "規程.txt",
        "目的",
        "定める。",
    )


@given(st.binary(max_size=300))
def test_no_bytes_bring_the_reader_down(data: bytes) -> None:
    for head in (b"", b"%PDF-1.7\n", b"PK\x03\x04"):
        try:
            read_document(head + data, "x")
        except JichitaiError:
            continue


LINES = st.lists(
    st.sampled_from(
        [
            "第1章　総則", "（目的）", "第1条　定める。", "第２条（定義）　次による。", "１　組織", "(1) 名称", "① 小さな見出し",
            "ア　項目", "目次", "附　則", "第3条", "これは本文である。", "2　次に掲げる。", "6.1 管理", "（", "第条", "・",
        ]
    ),
    max_size=30,
)  # fmt: skip


@given(LINES)
def test_articles_stand_in_order_and_lose_no_sentence(lines: list[str]) -> None:
    text = "\n".join(
        ["（趣旨）", "第10条　始める。", "第11条　続ける。", "第12条　続ける。", *lines]
    )
    read = read_document(text.encode(), "x")
    assert [one.position for one in read.articles] == list(range(len(read.articles)))
    before_supplement = text.split("附　則")[0] if "附　則" in lines else text
    if "目次" not in lines:
        sentences = "".join(one.text for one in read.articles) + read.supplement
        assert sentences.count("これは本文である。") == before_supplement.count(
            "これは本文である。"
        ) + read.supplement.count("これは本文である。")


@given(st.integers(1, 999))
def test_numbers_in_kanji_go_there_and_back(value: int) -> None:
    assert kanji_number(in_kanji(value)) == value
