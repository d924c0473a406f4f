"""One body with its evidence, and its office."""

from collections.abc import Mapping
from datetime import date

from litestar.params import FromPath
from litestar.response import Redirect, Template

from jichitai.correspondence.service.contacts import Contacts
from jichitai.correspondence.store.contacts import Contact
from jichitai.infra.mail import BadAddressError
from jichitai.kernel.dates import wareki
from jichitai.kernel.errors import InvalidError
from jichitai.kernel.municipalities import prefectures
from jichitai.security.messages import S01
from jichitai.security.organs import Organ
from jichitai.security.oversight.area import SECURITY
from jichitai.security.oversight.model.standing import (
    SizeClass,
    progress,
)
from jichitai.security.oversight.pages.incidents import WORDS
from jichitai.security.oversight.pages.shared import (
    CHIPS,
    LETTERS,
    AnyRequest,
    Form,
    address,
    crumbs,
    day_of,
    texts,
    urls_of,
)
from jichitai.security.oversight.service import overview
from jichitai.security.oversight.service.overview import Evidence
from jichitai.security.oversight.service.place import Overseer, overseer_of
from jichitai.security.oversight.service.weak_spots import titles
from jichitai.web.components import (
    Crumb,
    Entry,
    Fact,
    FieldErrors,
)
from jichitai.web.formats import date_text, time_text
from jichitai.web.frame import page
from jichitai.web.inject import Db, LawClock, Who


async def body_page(
    request: AnyRequest, code: FromPath[str], principal: Who, db: Db, clock: LawClock
) -> Template:
    """One body with what its standing rests on."""
    by = overseer_of(principal)
    return await _body_page(request, by, code, db, day_of(request, clock.today()))


async def _body_page(
    request: AnyRequest,
    by: Overseer,
    code: str,
    db: Db,
    on: date,
    errors: FieldErrors | None = None,
    typed: Mapping[str, str] | None = None,
) -> Template:
    async with by.transaction(db, read_only=True) as tx:
        found = await overview.evidence(tx, by, code, on=on)
    body, urls = found.standing.body, urls_of(by)
    prefecture = next(one for one in prefectures() if one.prefecture_code == body.prefecture_code)
    contact = found.contact or Contact(body=code, office="", mail="", phone="")
    context = {
        "by": by,
        "urls": urls,
        "found": found,
        "body": body,
        "status": CHIPS[found.standing.head],
        "facts": _facts(found),
        "organs": [
            (Organ(one).japanese, CHIPS[step]) for one, step in found.standing.organs.items()
        ],
        "names": {str(one): one.japanese for one in Organ},
        "policies": [(one, CHIPS[progress(one)]) for one in found.standing.reports],
        "timeline": _timeline(found),
        "measures": titles(),
        "words": WORDS,
        "letters": LETTERS,
        "typed": typed or {"office": contact.office, "mail": contact.mail, "phone": contact.phone},
        "errors": errors or FieldErrors(),
        "remind": address(f"{urls.letters}/new", {"matter": "policy", "q": code}),
        "crumbs": crumbs(
            by,
            *(
                [Crumb(prefecture.name, f"{urls.bodies}/prefectures/{body.prefecture_code}")]
                if by.ministry
                else []
            ),
            Crumb(body.name),
        ),
        "as_of": wareki(on),
    }
    return page(request, "security_oversight/body.html", context, status=422 if errors else 200)


async def save_contact(
    request: AnyRequest, code: FromPath[str], data: Form, principal: Who, db: Db, clock: LawClock
) -> Template | Redirect:
    """Record the office of the body."""
    by = overseer_of(principal)
    typed = {name: texts(data).get(name, "") for name in ("office", "mail", "phone")}
    try:
        async with by.transaction(db) as tx:
            contact = Contact(
                body=code, office=typed["office"], mail=typed["mail"], phone=typed["phone"]
            )
            await Contacts(clock, SECURITY).save(tx, by, contact, actor=principal.actor)
    except BadAddressError as refusal:
        errors = FieldErrors.of({"mail": refusal.detail})
    except InvalidError as refusal:
        errors = FieldErrors.of({"office": refusal.detail})
    else:
        return Redirect(f"{urls_of(by).body(code)}#contact", status_code=303)
    return await _body_page(request, by, code, db, clock.today(), errors, typed)


def _facts(found: Evidence) -> list[Fact]:
    leading = found.standing.leading
    body = found.standing.body
    facts = [
        Fact("団体コード", body.code),
        Fact("区分・規模", f"{body.kind}　{SizeClass.of(body).japanese}"),
        Fact("ネットワークのモデル", found.standing.model or "—"),
        Fact("最後の報告", time_text(found.standing.reported_at, operator=True)),
    ]
    if leading is not None:
        facts += [
            Fact("ガイドラインの版", leading.guideline_version or "—"),
            Fact(
                "次の見直し", date_text(leading.next_review_on) if leading.next_review_on else "—"
            ),
            Fact("古くなった条文", f"{leading.stale_clauses:,}件"),
        ]
    return facts


def _timeline(found: Evidence) -> list[Entry]:
    return [
        Entry(
            when=time_text(one.received_at, operator=True),
            what=f"{CHIPS[progress(one.report)].word}（第{one.report.policy_version}版、"
            f"報告{one.report.revision}）{_decisions(one.report)}",
        )
        for one in found.past[:30]
    ]


def _decisions(report: S01) -> str:
    told = [
        f"{Organ(one.organ).japanese if one.organ in {*Organ} else one.organ} {one.decision_number}"
        for one in report.adoptions
    ]
    return f"　{'、'.join(told)}" if told else ""
