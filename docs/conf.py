"""Sphinx settings."""

project = "Jichitai"
author = "The Jichitai developers"
extensions = ["myst_parser", "sphinxcontrib.mermaid"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
myst_enable_extensions = ["deflist", "colon_fence"]
myst_heading_anchors = 3
myst_fence_as_directive = ["mermaid"]
html_theme = "alabaster"
html_theme_options = {"description": "Open software for digital local government"}
language = "en"
nitpicky = False
