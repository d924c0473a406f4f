"""OSCAL component definition: which controls this software helps to meet, and what shows it.

The software meets no control alone: each line says what it does, and the test that shows it.

Source: NIST OSCAL 1.2.1 (component-definition).
"""

from typing import Final

from jichitai.security.guideline.model import Catalogue
from jichitai.security.house.controls import OwnControl, own_controls
from jichitai.security.oscal.catalog import catalogue_name, moment, note
from jichitai.security.oscal.parts import Node, metadata, prop, props, uid

_TITLE: Final = "Jichitai"


def component_name(version: str) -> str:
    """File name of the component definition against a version.

    Source: ours; NIST OSCAL names no files.
    """
    return f"jichitai-{version}.component-definition.json"


def component_definition(catalogue: Catalogue) -> Node:
    """The software as a component against a version of the guideline.

    Source: NIST OSCAL 1.2.1 (component-definition).
    """
    version = catalogue.version
    known = [one for one in own_controls() if one.item in catalogue]
    return {
        "component-definition": {
            "uuid": uid("component-definition", version, catalogue.source),
            "metadata": metadata(
                f"{_TITLE}が助ける項目（{catalogue.title}）",
                version=version,
                modified_at=moment(catalogue.published_on),
                remarks=f"{note(catalogue)}ソフトウェアだけで満たせる項目はありません。",
            ),
            "components": [
                {
                    "uuid": uid("defined-component", _TITLE),
                    "type": "software",
                    "title": _TITLE,
                    "description": "市区町村・都道府県・国の住民と番号の制度のためのソフトウェア。",
                    "control-implementations": [
                        {
                            "uuid": uid("control-implementation", version),
                            "source": catalogue_name(version),
                            "description": "この版の項目のうち、ソフトウェアの働きが助けになるもの。",
                            "implemented-requirements": [
                                _requirement(catalogue, one) for one in known
                            ],
                        }
                    ],
                }
            ],
        }
    }


def _requirement(catalogue: Catalogue, one: OwnControl) -> Node:
    item = catalogue.item(one.item)
    return {
        "uuid": uid("own-requirement", catalogue.version, one.item, one.helps),
        "control-id": item.oscal_id,
        "description": one.helps,
        **props(prop("title", item.title), prop("test", one.test)),
    }
