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
html_copy_source = False
html_show_sourcelink = False
language = "en"
nitpicky = True
# `make docs ARGS="-b linkcheck"`: addresses of a node that runs are examples, not links.
linkcheck_ignore = [r"^https?://(localhost|127\.0\.0\.1)", r"example\.(lg\.)?jp", r"\.example/"]
