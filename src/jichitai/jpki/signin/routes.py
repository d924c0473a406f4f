"""All routes of sign-in with the card, and their templates."""

from importlib.resources import files
from pathlib import Path
from typing import Final

from jichitai.jpki.signin import desk, endpoints, pages
from jichitai.web.components import NavItem

TEMPLATES: Final = Path(str(files("jichitai.jpki.signin") / "templates"))
ROUTES: Final = (*endpoints.ROUTES, *pages.ROUTES, *desk.ROUTES)
WAY: Final = NavItem("マイナンバーカードでサインインする", "/sign-in/card")
"""Further way for the nation's sign-in page: `app.state.sign_in_ways = (WAY,)`."""
