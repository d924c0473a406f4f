"""Names of invented foreign residents: Latin, with kanji or an alias (通称) for some.

The shares of nationalities are rounded general knowledge; the share of all foreign residents is
computed from the register counts of 2025-01-01 (3,677,463 of 124,330,690).
"""

import random
from dataclasses import dataclass

from jichitai.rehearsal.dice import Weighted

FOREIGN_SHARE = 3_677_463 / 124_330_690


@dataclass(frozen=True, slots=True)
class Nation:
    """Where a person comes from, and names that are usual there ("LATIN:カナ")."""

    code: str
    alias_share: float
    family: tuple[str, ...]
    male: tuple[str, ...]
    female: tuple[str, ...]


def _n(code: str, alias: float, family: str, male: str, female: str) -> Nation:
    return Nation(code, alias, tuple(family.split()), tuple(male.split()), tuple(female.split()))


_NATIONS = (
    _n("CHN", 0.10, "WANG:ワン LI:リ ZHANG:チャン LIU:リュウ CHEN:チェン YANG:ヤン ZHAO:チャオ HUANG:ホアン ZHOU:チョウ WU:ウ",
       "WEI:ウェイ JUN:ジュン TAO:タオ LEI:レイ BO:ボ HAORAN:ハオラン MING:ミン", "FANG:ファン JING:ジン LI:リ NA:ナ XIULAN:シュウラン TING:ティン YAN:イェン"),
    _n("VNM", 0.02, "NGUYEN:グエン TRAN:チャン LE:レ PHAM:ファム HOANG:ホアン VU:ヴ DANG:ダン BUI:ブイ",
       "VAN_AN:ヴァンアン MINH:ミン DUC:ドゥック HUNG:フン TUAN:トゥアン QUANG:クアン", "THI_LAN:ティラン HOA:ホア MAI:マイ THI_HUONG:ティフオン LINH:リン TRANG:チャン"),
    _n("KOR", 0.55, "KIM:キム LEE:イ PARK:パク CHOI:チェ JUNG:チョン KANG:カン YOON:ユン",
       "MINJUN:ミンジュン SUNGHO:ソンホ JIHOON:ジフン YOUNGSOO:ヨンス", "SEOYEON:ソヨン JIWOO:ジウ MINJI:ミンジ YOUNGJA:ヨンジャ"),
    _n("PHL", 0.05, "SANTOS:サントス REYES:レイエス CRUZ:クルズ GARCIA:ガルシア BAUTISTA:バウティスタ",
       "JOSE:ホセ MARK:マーク JOHN_PAUL:ジョンポール RAMON:ラモン", "MARIA:マリア ANGELICA:アンジェリカ JOY:ジョイ CRISTINA:クリスティナ"),
    _n("NPL", 0.01, "SHRESTHA:シュレスタ GURUNG:グルン TAMANG:タマン RAI:ライ THAPA:タパ",
       "BIKASH:ビカス SURESH:スレス ANIL:アニル RAJU:ラジュ", "SITA:シタ SUNITA:スニタ ANJALI:アンジャリ MAYA:マヤ"),
    _n("BRA", 0.15, "SILVA:シルバ SANTOS:サントス OLIVEIRA:オリベイラ SOUZA:ソウザ TANAKA:タナカ",
       "LUCAS:ルカス GABRIEL:ガブリエル CARLOS:カルロス RAFAEL:ラファエル", "JULIA:ジュリア ANA_PAULA:アナパウラ BEATRIZ:ベアトリス MARCIA:マルシア"),
    _n("IDN", 0.01, "SAPUTRA:サプトラ WIJAYA:ウィジャヤ SANTOSO:サントソ HIDAYAT:ヒダヤット",
       "BUDI:ブディ AGUS:アグス DIMAS:ディマス RIZKY:リズキ", "SITI:シティ DEWI:デウィ PUTRI:プトリ AYU:アユ"),
    _n("MMR", 0.01, "AUNG:アウン KYAW:チョー WIN:ウィン MYINT:ミン",
       "ZAW_MIN:ゾーミン THURA:トゥラ HTET:テッ KO_KO:コーコー", "SU_SU:スースー KHIN:キン THIDA:ティダ MAY:メイ"),
    _n("USA", 0.02, "SMITH:スミス JOHNSON:ジョンソン MILLER:ミラー DAVIS:デイビス WILSON:ウィルソン",
       "JAMES:ジェームズ MICHAEL:マイケル DAVID:デイビッド RYAN:ライアン", "EMILY:エミリー SARAH:サラ LAURA:ローラ ANNA:アンナ"),
    _n("IND", 0.01, "KUMAR:クマール SHARMA:シャルマ SINGH:シン PATEL:パテル",
       "RAHUL:ラフル AMIT:アミット VIJAY:ビジェイ ARJUN:アルジュン", "PRIYA:プリヤ ANITA:アニタ KAVITA:カビタ NEHA:ネハ"),
)  # fmt: skip
_SHARES = (24, 18, 12, 10, 7, 6, 6, 4, 7, 6)
NATIONS = Weighted(_NATIONS, _SHARES)


def _part(entry: str) -> tuple[str, str]:
    latin, _, kana = entry.partition(":")
    return latin.replace("_", " "), kana


def family_name(nation: Nation, chance: random.Random) -> tuple[str, str]:
    """(Latin capitals, katakana)."""
    return _part(chance.choice(nation.family))


def given_name(nation: Nation, sex: str, chance: random.Random) -> tuple[str, str]:
    """(Latin capitals, katakana)."""
    return _part(chance.choice(nation.male if sex == "1" else nation.female))
