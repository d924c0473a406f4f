"""OSCAL profiles: which controls of a version a network model chooses, and the policy alone.

Source: NIST OSCAL 1.2.1 (profile); ガイドライン 対策基準 3.
"""

from collections.abc import Sequence

from jichitai.security.guideline.model import Catalogue, Item, NetworkModel
from jichitai.security.oscal.catalog import catalogue_name, moment, note, parameters
from jichitai.security.oscal.parts import Node, metadata, prop, uid


def profile_name(version: str, model: NetworkModel | None, *, cloud: bool = True) -> str:
    """File name of a profile; without a model, of the policy alone.

    >>> profile_name("R8.3", NetworkModel.ALPHA_PRIME, cloud=False)
    'guideline-R8.3.alpha-prime-no-cloud.profile.json'

    Source: ours; NIST OSCAL names no files.
    """
    if model is None:
        return f"guideline-{version}.policy.profile.json"
    tail = "" if cloud else "-no-cloud"
    return f"guideline-{version}.{model.replace('_', '-')}{tail}.profile.json"


def model_profile(catalogue: Catalogue, model: NetworkModel, *, cloud: bool) -> Node:
    """The controls for a body with this network.

    Source: ガイドライン 対策基準 3 (情報システム全体の強靭性の向上).
    """
    where = "クラウドを利用する" if cloud else "クラウドを利用しない"
    title = f"{catalogue.title} {model.japanese}（{where}団体）"
    return _profile(
        catalogue, title, catalogue.items_for(model, cloud=cloud), str(model), cloud=cloud
    )


def policy_profile(catalogue: Catalogue) -> Node:
    """The controls of the 基本方針 alone.

    Source: 地方自治法 第244条の6第1項.
    """
    title = f"{catalogue.title} 基本方針"
    return _profile(catalogue, title, catalogue.policy_items(), "policy", cloud=False)


def _profile(
    catalogue: Catalogue,
    title: str,
    items: Sequence[Item],
    what: str,
    *,
    cloud: bool,
) -> Node:
    chosen = [
        {"param-id": one.id, "values": [one.value]}
        for item in items
        for one in parameters().get(item.id, ())
    ]
    modify = {"modify": {"set-parameters": chosen}} if chosen else {}
    return {
        "profile": {
            "uuid": uid("profile", catalogue.version, catalogue.source, what, cloud),
            "metadata": metadata(
                title,
                version=catalogue.version,
                modified_at=moment(catalogue.published_on),
                remarks=note(catalogue),
                properties=[prop("selection", what), prop("cloud", "yes" if cloud else "no")],
            ),
            "imports": [
                {
                    "href": catalogue_name(catalogue.version),
                    "include-controls": [{"with-ids": [item.oscal_id for item in items]}],
                }
            ],
            "merge": {"as-is": True},
            **modify,
        }
    }
