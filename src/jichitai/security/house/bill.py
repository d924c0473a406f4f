"""部品表 (SBOM): what is installed here, as CycloneDX.

Source: CycloneDX 1.6 (ECMA-424).
"""

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.markers import Marker
from packaging.requirements import Requirement

PROJECT = "jichitai"


def bill_of_materials() -> str:
    """What this software needs and what of it is installed here, as CycloneDX JSON.

    The same installation gives the same text: there is no time in it, and its serial number is
    made from its content.

    Raises:
        PackageNotFoundError: the project itself is not installed.
    """
    found = dict(_closure())
    parts = {name: _component(one) for name, one in found.items()}
    root = parts.pop(PROJECT)
    bom = Bom(components=parts.values())
    bom.metadata.component = root
    bom.metadata.timestamp = None  # type: ignore[assignment]
    everything = {PROJECT: root, **parts}
    for name, one in everything.items():
        needs = [everything[need] for need in _needs(found[name]) if need in everything]
        bom.register_dependency(one, needs)
    names = "\n".join(sorted(f"{one.name}=={one.version}" for one in everything.values()))
    bom.serial_number = uuid5(NAMESPACE_URL, f"urn:jichitai:bill:{names}")
    return JsonV1Dot6(bom).output_as_string(indent=2)


def _closure() -> Iterator[tuple[str, Distribution]]:
    waiting, seen = [PROJECT], set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            one = distribution(name)
        except PackageNotFoundError:
            if name == PROJECT:
                raise
            continue  # a need of another platform, or of an extra that is not installed
        yield name, one
        waiting.extend(_needs(one))


def _needs(one: Distribution) -> list[str]:
    parsed = [Requirement(line) for line in one.requires or []]
    return sorted({_plain(need.name) for need in parsed if _applies(need.marker)})


def _applies(marker: Marker | None) -> bool:
    return marker is None or marker.evaluate({"extra": ""})


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _component(one: Distribution) -> Component:
    meta = one.metadata
    name, version = _plain(meta["Name"]), meta["Version"]
    stated = _stated(one, "License-Expression") or _classified(one) or _stated(one, "License")
    licences = [LicenseFactory().make_from_string(stated)] if _short(stated) else []
    return Component(
        name=name,
        version=version,
        type=ComponentType.APPLICATION if name == PROJECT else ComponentType.LIBRARY,
        bom_ref=f"{name}=={version}",
        purl=PackageURL("pypi", name=name, version=version),
        licenses=licences,
    )


def _stated(one: Distribution, field: str) -> str:
    return next(iter(one.metadata.get_all(field) or []), "")


def _short(stated: str) -> bool:
    return bool(stated) and len(stated) < 100 and "\n" not in stated


def _classified(one: Distribution) -> str:
    found = [
        line.rpartition(" :: ")[2]
        for line in one.metadata.get_all("Classifier") or []
        if line.startswith("License :: OSI Approved :: ")
    ]
    return " / ".join(found)
