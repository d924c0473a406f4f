"""Build the style sheet, script and icon sprite of the pages (`make assets`).

Reads `assets/` (with `node_modules` filled by `npm ci --ignore-scripts`) and writes
`src/jichitai/web/static/`: one file of each kind, named by its content, and a manifest. The output
is committed, so that neither installing nor running needs Node.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ASSETS = ROOT / "assets"
STATIC = ROOT / "src" / "jichitai" / "web" / "static"
TOKENS = Path("node_modules/@digital-go-jp/design-tokens/dist/tokens.css")
HTMX = Path("node_modules/htmx.org/dist/htmx.min.js")

_CSS_NOTICE = (
    "/*! Design tokens: MIT, (c) 2023 デジタル庁. Rules: Apache-2.0, the Jichitai developers. */"
)
_JS_NOTICE = "/*! htmx 4.0.1: 0BSD, Big Sky Software. Rest: Apache-2.0, the Jichitai developers. */"


def minify_css(text: str) -> str:
    """Drop comments and needless white space; strings and `calc` keep theirs."""
    pieces: list[str] = []
    for part in re.split(r'("(?:[^"\\]|\\.)*"|/\*.*?\*/)', text, flags=re.DOTALL):
        if part.startswith('"'):
            pieces.append(part)
        elif not part.startswith("/*"):
            squeezed = re.sub(r"\s+", " ", part)
            squeezed = re.sub(r" ?([{};,>]) ?", r"\1", squeezed)
            pieces.append(re.sub(r"([\w-]): ", r"\1:", squeezed))
    return "".join(pieces).replace(";}", "}").strip()


def minify_js(text: str) -> str:
    """Drop comment lines and indentation; what is on a line stays as it is."""
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def own_css(assets: Path = ASSETS) -> str:
    """Our rules, joined in the order of their names and minified."""
    sources = sorted((assets / "css").glob("*.css"))
    return minify_css("\n".join(source.read_text(encoding="utf-8") for source in sources))


def own_js(assets: Path = ASSETS) -> str:
    """Our scripts, joined in the order of their names."""
    sources = sorted((assets / "js").glob("*.js"))
    return "\n".join(minify_js(source.read_text(encoding="utf-8")) for source in sources)


def sprite(assets: Path = ASSETS) -> str:
    """One SVG of symbols; each icon's file name is its id."""
    symbols = []
    for source in sorted((assets / "icons").glob("*.svg")):
        found = re.search(r'viewBox="([^"]+)">(.*)</svg>', source.read_text(encoding="utf-8"))
        if found is None:
            raise ValueError(f"{source.name} is not one <svg viewBox> on one line")
        symbols.append(f'<symbol id="{source.stem}" viewBox="{found[1]}">{found[2]}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">' + "".join(symbols) + "</svg>\n"


def read_tokens(text: str) -> dict[str, str]:
    """The variables of tokens.css by name, in their order."""
    return {
        name: value.strip() for name, value in re.findall(r"^\s*(--[\w-]+):\s*([^;]+);", text, re.M)
    }


def used_tokens(tokens: dict[str, str], css: str) -> dict[str, str]:
    """The tokens that the rules mention, and those which these mention in turn.

    Raises:
        KeyError: the rules use a variable that neither the tokens nor they define.
    """
    own = set(re.findall(r"(--[\w-]+):", css))
    wanted = set(re.findall(r"var\((--[\w-]+)", css)) - own
    missing = wanted - tokens.keys()
    if missing:
        raise KeyError(f"variables that no token defines: {', '.join(sorted(missing))}")
    while True:
        more = {ref for name in wanted for ref in re.findall(r"var\((--[\w-]+)\)", tokens[name])}
        if more <= wanted:
            return {name: value for name, value in tokens.items() if name in wanted}
        wanted |= more


def named(stem: str, suffix: str, content: str) -> str:
    """`jc` and `css` and a content to `jc.1a2b3c4d5e.css`."""
    return f"{stem}.{hashlib.sha256(content.encode()).hexdigest()[:10]}.{suffix}"


def build(assets: Path = ASSETS) -> dict[str, str]:
    """Every output file by name, the manifest among them."""
    rules = own_css(assets)
    tokens = used_tokens(read_tokens((assets / TOKENS).read_text(encoding="utf-8")), rules)
    root = ":root{" + ";".join(f"{name}:{value}" for name, value in tokens.items()) + "}"
    css = f"{_CSS_NOTICE}\n{root}\n{rules}\n"
    htmx = (assets / HTMX).read_text(encoding="utf-8")
    htmx = re.sub(r"\n?//# sourceMappingURL=.*", "", htmx).strip()
    js = f"{_JS_NOTICE}\n{htmx}\n{own_js(assets)}\n"
    icons = sprite(assets)
    contents = {("jc", "css"): css, ("jc", "js"): js, ("icons", "svg"): icons}
    files = {named(*key, content): content for key, content in contents.items()}
    manifest = dict(zip((f"{stem}.{suffix}" for stem, suffix in contents), files, strict=True))
    files["manifest.json"] = json.dumps(manifest, indent=2) + "\n"
    return files


def main() -> None:
    """Write the files and remove the ones of earlier builds."""
    if not (ASSETS / TOKENS).exists():
        sys.exit(
            "assets/node_modules がありません。cd assets && npm ci --ignore-scripts のあとにもう一度。"
        )
    files = build()
    STATIC.mkdir(parents=True, exist_ok=True)
    for old in STATIC.iterdir():
        if old.is_file() and old.name not in files:
            old.unlink()
    for name, content in files.items():
        (STATIC / name).write_text(content, encoding="utf-8")
        print(f"{name} {len(content.encode()):,} bytes")


if __name__ == "__main__":
    main()
