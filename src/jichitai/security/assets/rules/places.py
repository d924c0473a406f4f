"""Rules of places: which system and terminal may stand where, and what a model asks for."""

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from jichitai.security.assets.model.drafts import ModelDraft
from jichitai.security.assets.model.kinds import Answer, Area, Confidentiality, Form, SegmentUse
from jichitai.security.assets.model.picture import Picture, System
from jichitai.security.assets.rules.links import Told
from jichitai.security.guideline.model import NetworkModel

_MODELS_WITH_AUDIT: Final = frozenset(set(NetworkModel) - {NetworkModel.ALPHA})
_INTERNET_MODELS: Final = frozenset({NetworkModel.BETA, NetworkModel.BETA_PRIME})


def of_system(system: System, picture: Picture) -> Told:
    """What one system breaks.

    Source: ガイドライン 対策基準 2, 3, 8.4.
    """
    for rule in (_placed, _protected, _clouded):
        yield from rule(system, picture)


def _placed(system: System, picture: Picture) -> Told:
    """N11, N12: My Number in its area; what may stand on the Internet side."""
    draft = system.draft
    if draft.handles_mynumber and draft.counts_as is not Area.MYNUMBER:
        yield "N11", f"特定個人情報を扱う「{draft.name}」が{draft.counts_as.japanese}にあります。"
        return
    model = picture.model.model if picture.model else NetworkModel.ALPHA
    important = draft.confidentiality in {
        Confidentiality.TOP,
        Confidentiality.STRICT,
        Confidentiality.INTERNAL,
    }
    on_internet = draft.counts_as is Area.INTERNET
    if important and on_internet and model is not NetworkModel.BETA_PRIME:
        what = f"機密性{draft.confidentiality}の「{draft.name}」がインターネット接続系にあります"
        yield "N12", f"{what}（{model.japanese}）。"


def _protected(system: System, _: Picture) -> Told:
    """N17, N18: two factors, and no taking out."""
    draft = system.draft
    if draft.counts_as is not Area.MYNUMBER:
        return
    asked = (
        ("N17", draft.two_factor, "二要素認証"),
        ("N18", draft.no_media, "持ち出し不可設定"),
    )
    for code, answer, name in asked:
        if answer is not Answer.YES:
            state = "されていません" if answer is Answer.NO else "確認されていません"
            yield code, f"「{draft.name}」の{name}が{state}。"


def _clouded(system: System, _: Picture) -> Told:
    """N08, N20, N21: keys, secrets and fixed terms on a cloud."""
    draft = system.draft
    if not draft.form.on_cloud:
        return
    if draft.counts_as is Area.MYNUMBER and draft.own_keys is not Answer.YES:
        yield (
            "N08",
            f"「{draft.name}」の情報が、団体の管理する鍵で暗号化されているか確認できません。",
        )
    if draft.confidentiality is Confidentiality.TOP:
        yield "N20", f"機密性3Aの「{draft.name}」がクラウド（{draft.form.japanese}）にあります。"
    if draft.form is Form.FIXED_TERMS and draft.confidentiality.important:
        yield (
            "N21",
            f"機密性{draft.confidentiality}の「{draft.name}」が定型の約款のクラウドにあります。",
        )


def of_segments(picture: Picture) -> Iterator[tuple[UUID, str, str]]:
    """N10, N13: wireless LAN, and where the main terminals stand.

    Source: ガイドライン 対策基準 3(1)⑥, 3(3)③.
    """
    model = picture.model.model if picture.model else NetworkModel.ALPHA
    for one in picture.segments:
        draft = one.draft
        guarded = draft.area in {Area.MYNUMBER, Area.LGWAN}
        if guarded and draft.wireless and draft.wireless_conditions is not Answer.YES:
            where = f"区画「{draft.name}」（{draft.area.japanese}）"
            yield one.id, "N10", f"{where}の無線LANの条件が未確認です。"
        main = draft.use is SegmentUse.MAIN_TERMINALS
        if main and draft.area is Area.INTERNET and model not in _INTERNET_MODELS:
            what = f"主な業務端末の区画「{draft.name}」がインターネット接続系にあります（{model.japanese}）。"
            yield one.id, "N13", what


def of_model(picture: Picture) -> Told:
    """N14, N15: what a model asks for, the audit and its report.

    Source: ガイドライン 対策基準 3(3)③④⑤.
    """
    model = picture.model
    if model is None or model.model not in _MODELS_WITH_AUDIT:
        return
    missing = [name for name, answer in _asked(model) if answer is not Answer.YES]
    if missing:
        what = f"{model.model.japanese}に要る対策（{'、'.join(missing)}）が確認できません。"
        yield "N14", what
    if model.audited_on is None or model.reported_on is None:
        lacks = "外部監査" if model.audited_on is None else "J-LISへの報告"
        yield "N15", f"{model.model.japanese}の{lacks}の日が登録されていません。"


def _asked(model: ModelDraft) -> list[tuple[str, Answer]]:
    if model.model is NetworkModel.ALPHA_PRIME:
        return []
    asked = [
        ("EDRなどの技術的な対策", model.edr),
        ("組織的・人的な対策の確実な実施", model.organisation),
    ]
    if model.model is NetworkModel.BETA_PRIME:
        asked.append(("情報資産ごとのアクセス制御", model.access_control))
        asked.append(("絶え間ない検知と監視", model.detection))
    return asked
