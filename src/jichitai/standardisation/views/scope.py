"""Which bodies an account may see besides the published views."""

from jichitai.kernel.bodies import Body, all_bodies, prefecture_body
from jichitai.standardisation.views.errors import NotShownHereError
from jichitai.web.rights import Principal, Role


def inside(principal: Principal) -> bool:
    """Whether the account is the ministry's own officer for the migration.

    Experts from outside read the same figures, but not whom to call, nor what bodies told of
    their vendors, contracts and risks.
    """
    return Role.MINISTRY_OFFICER in principal.roles


def own_body(principal: Principal) -> Body:
    """The body that the account works for: its town, or its prefecture as a body.

    Raises:
        WrongScopeError: the account belongs to no body.
    """
    if principal.prefecture is not None and principal.municipality is None:
        return prefecture_body(principal.prefecture)
    code = principal.town()
    return next(one for one in all_bodies() if one.code == code)


def member_of(principal: Principal, code: str) -> Body:
    """A body of the account's prefecture.

    Raises:
        NotShownHereError: none of them.
        WrongScopeError: the account belongs to no prefecture.
    """
    prefecture = principal.body_prefecture()
    found = next((one for one in all_bodies() if one.code == code), None)
    if found is None or found.prefecture_code != prefecture:
        raise NotShownHereError(
            "この番号の団体は、この都道府県の団体ではありません。一覧から選び直してください。"
        )
    return found
