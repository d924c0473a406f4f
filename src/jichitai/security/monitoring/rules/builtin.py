"""The rules that come with the software."""

from functools import cache
from importlib.resources import files

from jichitai.security.monitoring.model.rules import RuleFile
from jichitai.security.monitoring.rules.loading import load


@cache
def rule_files() -> tuple[RuleFile, ...]:
    """All packaged rule files, by name.

    Source: our own rules (src/jichitai/data/sigma); Sigma specification 2.
    """
    folder = files("jichitai.data") / "sigma"
    texts = {
        path.name.removesuffix(".yml"): path.read_text("utf-8")
        for path in folder.iterdir()
        if path.name.endswith(".yml")
    }
    return tuple(load(text, name=name) for name, text in sorted(texts.items()))


@cache
def samples_text(name: str) -> str:
    """The samples of a packaged rule file: events that must and must not alert."""
    path = files("jichitai.data") / "sigma" / "samples" / f"{name}.yml"
    return path.read_text("utf-8") if path.is_file() else ""
