"""Who sent a form: a site on the list, or one of the agent's own pages."""

import secrets
from collections.abc import Mapping
from typing import Any

from litestar import Request

from jichitai.jpki.reader.agent.sites import Site, Sites
from jichitai.jpki.reader.errors import BadAgentRequestError
from jichitai.web.csrf import FIELD, ForgedRequestError, token_for

AnyRequest = Request[Any, Any, Any]


def require_site(request: AnyRequest, sites: Sites) -> Site:
    """The site whose page posted a form, by navigating to the agent.

    Raises:
        StrangeOriginError: it is not on the list.
        BadAgentRequestError: a script or a frame sent it, so that nobody would see our page.
    """
    site = sites.get(request.headers.get("origin"))
    mode = request.headers.get("sec-fetch-mode", "navigate")
    place = request.headers.get("sec-fetch-dest", "document")
    if mode != "navigate" or place != "document":
        raise BadAgentRequestError(
            "カードの操作の依頼は、画面の移動として送ってください。画面を見せずに受け付けることは"
            "ありません。カードには何も送っていません。"
        )
    return site


def require_own(request: AnyRequest, cookie: str, fields: Mapping[str, str]) -> Mapping[str, str]:
    """The fields of a form of our own pages.

    Raises:
        ForgedRequestError: another page sent it.
    """
    site = request.headers.get("sec-fetch-site")
    origin, host = request.headers.get("origin"), request.headers.get("host")
    own = site == "same-origin" if site is not None else origin == f"http://{host}"
    if not own or not secrets.compare_digest(
        fields.get(FIELD, "").encode(), token_for(cookie).encode()
    ):
        raise ForgedRequestError(
            "この画面以外から送られた操作のため、受け付けませんでした。カードには何も送っていません。"
            "依頼元のサイトに戻り、最初からやり直してください。"
        )
    return fields
