"""Calls of public bodies (利用機関): ask for one person, ask for many, read the affairs.

Bodies have durable daily quotas instead of a rate per caller, and every look-up has its own record
instead of a line in the access log. The two hot calls have a short way (`jichitai.web.quick`).
"""

from collections.abc import Sequence
from functools import cache, partial
from typing import Any, Final

from litestar import Request, get, post
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody
from litestar.types import ControllerRouterHandler

from jichitai.jukinet import affairs
from jichitai.jukinet.affairs import Field, KeyKind
from jichitai.jukinet.provision.bodies import (
    AffairList,
    Answer,
    BatchAnswers,
    BatchQuestion,
    PersonKey,
    Question,
    affair_item,
    column_certainties,
)
from jichitai.jukinet.provision.errors import (
    InvalidKeyError,
    MissingOperatorError,
    OtherOperatorError,
)
from jichitai.jukinet.provision.service import Asker, Person, Provision, Sought, Stated
from jichitai.web.inject import Given
from jichitai.web.quick import Quick
from jichitai.web.ready import ReadyJson
from jichitai.web.rights import PUBLIC, Principal, Role, provide_principal

_ASKERS: Final = frozenset({Role.ORGAN_CLIENT, Role.ORGAN_OFFICER})


@post(
    "/api/v1/provisions",
    opt={"roles": _ASKERS, "scope": "provision", "access_log": False, "rate": None},
    status_code=200,
    request_max_body_size=16 * 1024,
    responses={200: ResponseSpec(Answer, description="The answer to one look-up")},
    summary="Confirm one person (即時提供)",
    tags=["provision"],
)
async def ask(
    request: Request[Any, Any, Any], data: JSONBody[Question], provision: Given[Provision]
) -> ReadyJson:
    """Every answered look-up leaves a record that the person sees."""
    return ReadyJson(await _answer(provision, provide_principal(request), data))


async def _answer(provision: Provision, principal: Principal, data: Question) -> bytes:
    stated = Stated(data.affair, data.reason, data.reference, _fields(data.fields))
    person = None if data.person is None else _person(data.person)
    sought = Sought(number=data.number, code=data.code, person=person)
    return await provision.ask(_asker(principal, data.operator), stated, sought)


@post(
    "/api/v1/provisions/batch",
    opt={"roles": _ASKERS, "scope": "provision.batch", "access_log": False, "rate": None},
    status_code=200,
    request_max_body_size=1024 * 1024,
    responses={
        200: ResponseSpec(BatchAnswers, description="The answers, in the order of the keys")
    },
    summary="Confirm up to 1,000 persons (一括提供)",
    tags=["provision"],
)
async def ask_batch(
    request: Request[Any, Any, Any], data: JSONBody[BatchQuestion], provision: Given[Provision]
) -> ReadyJson:
    """Each key has a record and a leaf of its own; a request number is answered once."""
    return ReadyJson(await _answer_batch(provision, provide_principal(request), data))


async def _answer_batch(provision: Provision, principal: Principal, data: BatchQuestion) -> bytes:
    stated = Stated(data.affair, data.reason, data.reference, _fields(data.fields))
    asker = _asker(principal, data.operator)
    kind = _one_kind(data)
    if kind is KeyKind.MATCH:
        people = [_person(one) for one in data.persons or ()]
        return await provision.ask_persons(asker, stated, people, data.request_number)
    texts = (data.numbers if kind is KeyKind.NUMBER else data.codes) or []
    return await provision.ask_numbers(asker, stated, kind, texts, data.request_number)


@get(
    "/api/v1/affairs",
    opt={"roles": PUBLIC},
    summary="The affairs of the law (別表の事務)",
    tags=["provision"],
    sync_to_thread=False,
)
def affair_list() -> AffairList:
    """Which body may ask under which law, by which keys, and what it then learns."""
    return _affair_list()


def provision_routes() -> tuple[ControllerRouterHandler, ...]:
    """All calls of this part; the nation serves them, with `provision` as a dependency."""
    return (ask, ask_batch, affair_list)


def quick_calls(provision: Provision) -> tuple[Quick[Any], ...]:
    """The two hot calls, for programs with an access token."""
    return (
        Quick(ask, Question, partial(_answer, provision)),
        Quick(ask_batch, BatchQuestion, partial(_answer_batch, provision)),
    )


@cache
def _affair_list() -> AffairList:
    return AffairList(
        [affair_item(one) for one in affairs.affairs().values()], column_certainties()
    )


def _asker(principal: Principal, operator: str | None) -> Asker:
    """Who asks: an officer is the operator; a program names the operator it asks for."""
    known = principal.operator_id
    if known is not None and operator not in (None, known):
        raise OtherOperatorError(
            "他の操作者の番号では照会できません。だれが照会したかを正しく記録するためです。"
            "操作者番号を外して照会してください。"
        )
    chosen = known or operator
    if chosen is None:
        raise MissingOperatorError(
            "操作者番号 (operator) がありません。だれが照会したかを記録するために必要です。"
        )
    return Asker(principal.organ(), chosen)


def _one_kind(data: BatchQuestion) -> KeyKind:
    given = [
        kind
        for kind, keys in (
            (KeyKind.NUMBER, data.numbers),
            (KeyKind.CODE, data.codes),
            (KeyKind.MATCH, data.persons),
        )
        if keys is not None
    ]
    if len(given) != 1:
        raise InvalidKeyError(
            "個人番号、住民票コード、氏名と生年月日のうち、どれか1種類のキーだけを並べてください。"
        )
    return given[0]


def _fields(fields: Sequence[Field] | None) -> tuple[Field, ...] | None:
    return None if fields is None else tuple(fields)


def _person(key: PersonKey) -> Person:
    return Person(key.name, key.birth_date, key.sex or "", key.address)
