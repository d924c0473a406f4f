"""A Sigma file is read, checked against our columns, and tried on an empty table."""

from dataclasses import replace
from functools import cache
from typing import Any, Final

import duckdb
import yaml
from sigma.collection import SigmaCollection
from sigma.correlations import (
    SigmaCorrelationCondition,
    SigmaCorrelationConditionOperator,
    SigmaCorrelationRule,
)
from sigma.exceptions import SigmaError
from sigma.rule import SigmaDetection, SigmaDetectionItem, SigmaRule
from sigma.types import SigmaFieldReference

from jichitai.security.monitoring.errors import BadRuleError
from jichitai.security.monitoring.lake import nothing
from jichitai.security.monitoring.model.rules import (
    DEFAULT_KEY,
    CorrelationKind,
    Course,
    Rule,
    RuleFile,
    Severity,
)
from jichitai.security.monitoring.rules.backend import Conditions, UnusableValueError
from jichitai.security.monitoring.rules.fields import CATEGORIES, FIELDS, condition_of

LARGEST: Final = 64 * 1024
"""Characters of a rule file at most."""
LONGEST_SPAN: Final = 24 * 3600
"""Seconds of a course at most: so far a run looks back."""


def load(text: str, *, name: str) -> RuleFile:
    """Read a file of Sigma rules.

    Args:
        text: YAML of one or more documents; courses refer to rules of the same file.
        name: of the file, for messages.

    Raises:
        BadRuleError: what is wrong, in which rule and field, and what to do.
    """
    if len(text) > LARGEST:
        raise BadRuleError(
            f"ルールのファイル {name} が大きすぎます（64 KiBまで）。分けて登録してください。",
            rule=name,
        )
    _refuse_aliases(text, name)
    try:
        parsed = SigmaCollection.from_yaml(text)
    except (SigmaError, yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise BadRuleError(
            f"ルール {name} を Sigma として読み取れません（{_first_line(error)}）。"
            "書き方を確かめてください。",
            rule=name,
        ) from None
    singles = [one for one in parsed.rules if isinstance(one, SigmaRule)]
    courses = [one for one in parsed.rules if isinstance(one, SigmaCorrelationRule)]
    if not singles:
        raise BadRuleError(f"ファイル {name} にルールがありません。", rule=name)
    silent = _silent(courses)
    rules = [_single(one, silent) for one in singles]
    made = {rule.id: rule for rule in rules}
    for one in courses:
        rule = _course(one, made, silent)
        made[rule.id] = rule
    if len(made) != len(singles) + len(courses):
        raise BadRuleError(
            f"ファイル {name} の中で、同じ id のルールがあります。別の id にしてください。",
            rule=name,
        )
    return RuleFile(
        name=name, text=text, rules=tuple(replace(rule, file=name) for rule in made.values())
    )


def _refuse_aliases(text: str, name: str) -> None:
    try:
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
            raise BadRuleError(
                f"ルール {name} に YAML の参照（*）があります。参照を使わずに書いてください。",
                rule=name,
            )
    except yaml.YAMLError as error:
        raise BadRuleError(
            f"ルール {name} を YAML として読み取れません（{_first_line(error)}）。"
            "字下げと引用符を確かめてください。",
            rule=name,
        ) from None


def _silent(courses: list[SigmaCorrelationRule]) -> set[str]:
    """Rules that only feed courses: those that no course lets alert by themselves."""
    fed: dict[str, bool] = {}
    for course in courses:
        for reference in course.rules or ():
            id_ = _id(reference.rule)
            fed[id_] = fed.get(id_, False) or course.generate
    return {id_ for id_, generate in fed.items() if not generate}


def _single(sigma: SigmaRule, silent: set[str]) -> Rule:
    category = condition_of(sigma.logsource.category)
    if category is None:
        asked = sigma.logsource.category or "（なし）"
        raise BadRuleError(
            f"ルール「{sigma.title}」の logsource の category「{asked}」には対応していません。"
            f"使えるのは {'、'.join(CATEGORIES)} です。",
            rule=sigma.title,
            field="logsource.category",
        )
    for detection in sigma.detection.detections.values():
        _translate(detection, sigma.title)
    try:
        # what it returns is empty for a rule that only feeds courses
        Conditions().convert_rule(sigma)
        queries = [str(query) for query in sigma.get_conversion_result()]
    except UnusableValueError as error:
        raise BadRuleError(f"ルール「{sigma.title}」：{error}", rule=sigma.title) from None
    except (SigmaError, NotImplementedError, TypeError, ValueError, KeyError) as error:
        raise BadRuleError(
            f"ルール「{sigma.title}」の条件を検索に直せません（{_first_line(error)}）。",
            rule=sigma.title,
        ) from None
    where = f"({category}) and (" + " or ".join(f"({query})" for query in queries) + ")"
    _try(where, sigma.title)
    return _rule(sigma, where=where, alone=_id(sigma) not in silent)


def _translate(detection: SigmaDetection, title: str) -> None:
    """Put our columns in place of the fields, and refuse a field that we do not have."""
    for item in detection.detection_items:
        if isinstance(item, SigmaDetection):
            _translate(item, title)
        elif isinstance(item, SigmaDetectionItem):
            if item.field is None:
                raise BadRuleError(
                    f"ルール「{title}」に、項目のない語だけの条件（keywords）があります。"
                    "どの項目を調べるかを書いてください。",
                    rule=title,
                )
            item.field = column_of(item.field, title)
            for value in item.value:
                if isinstance(value, SigmaFieldReference):
                    value.field = column_of(value.field, title)


def column_of(field: str, title: str) -> str:
    """Our column for a field of Sigma.

    Raises:
        BadRuleError: there is none; the message names the field.
    """
    try:
        return FIELDS[field]
    except KeyError:
        raise BadRuleError(
            f"ルール「{title}」の項目 {field} は、ログの項目にありません。"
            "docs/reference/log-schema.md にある項目に直してください。",
            rule=title,
            field=field,
        ) from None


def _try(where: str, title: str) -> None:
    """Let DuckDB bind the condition to an empty table, so that a bad one is refused now."""
    try:
        _empty().cursor().execute(f"select count(*) from events where {where}")
    except duckdb.Error as error:
        raise BadRuleError(
            f"ルール「{title}」の条件を実行できません（{_first_line(error)}）。"
            "正規表現と値の型を確かめてください。",
            rule=title,
        ) from None


@cache
def _empty() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    connection.execute("set enable_external_access = false")
    connection.execute(f"create table events as {nothing()}")
    # a row of nothing, so that constants such as regular expressions are looked at, too
    connection.execute("insert into events (class_uid) values (null)")
    return connection


def _course(sigma: SigmaCorrelationRule, made: dict[str, Rule], silent: set[str]) -> Rule:
    title = sigma.title
    try:
        kind = CorrelationKind(sigma.type.name.lower())
    except ValueError:
        raise BadRuleError(
            f"ルール「{title}」の相関の種類 {sigma.type.name.lower()} には対応していません。"
            "event_count、value_count、temporal、temporal_ordered を使ってください。",
            rule=title,
        ) from None
    parts = tuple(_id(reference.rule) for reference in sigma.rules or ())
    if not parts or any(part not in made for part in parts):
        raise BadRuleError(
            f"ルール「{title}」が参照するルールが、同じファイルのこれより前にありません。",
            rule=title,
        )
    seconds = sigma.timespan.seconds
    if not 0 < seconds <= LONGEST_SPAN:
        raise BadRuleError(
            f"ルール「{title}」の timespan は、1秒から24時間までにしてください。", rule=title
        )
    course = Course(
        kind=kind,
        parts=parts,
        seconds=seconds,
        group=_groups(sigma, parts),
        least=_least(sigma, kind, len(parts)),
        value=_value(sigma, kind),
    )
    return _rule(sigma, course=course, alone=_id(sigma) not in silent)


def _groups(
    sigma: SigmaCorrelationRule, parts: tuple[str, ...]
) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """For each group-by name the column of every rule."""
    aliases = {
        one.alias: {_id(reference.rule): field for reference, field in one.mapping.items()}
        for one in sigma.aliases
    }
    found = []
    for name in sigma.group_by or ():
        fields = aliases.get(name, {})
        columns = tuple((part, column_of(fields.get(part, name), sigma.title)) for part in parts)
        found.append((name, columns))
    return tuple(found)


def _least(sigma: SigmaCorrelationRule, kind: CorrelationKind, parts: int) -> int:
    condition = sigma.condition
    if kind in {CorrelationKind.TEMPORAL, CorrelationKind.TEMPORAL_ORDERED}:
        if isinstance(condition, SigmaCorrelationCondition):
            return parts
        raise BadRuleError(
            f"ルール「{sigma.title}」の相関の条件式には対応していません。rules に並べてください。",
            rule=sigma.title,
        )
    operators = SigmaCorrelationConditionOperator
    if isinstance(condition, SigmaCorrelationCondition):
        if condition.op is operators.GTE and condition.count >= 1:
            return condition.count
        if condition.op is operators.GT and condition.count >= 0:
            return condition.count + 1
    raise BadRuleError(
        f"ルール「{sigma.title}」の相関の条件は gte か gt で書いてください。"
        "起きなかったことは、流れてくるログからは決められません。",
        rule=sigma.title,
    )


def _value(sigma: SigmaCorrelationRule, kind: CorrelationKind) -> str:
    if kind is not CorrelationKind.VALUE_COUNT:
        return ""
    field = getattr(sigma.condition, "fieldref", None)
    if not isinstance(field, str):
        raise BadRuleError(
            f"ルール「{sigma.title}」の value_count には、数える項目（field）を1つ書いてください。",
            rule=sigma.title,
        )
    return column_of(field, sigma.title)


def _rule(
    sigma: SigmaRule | SigmaCorrelationRule,
    *,
    where: str = "",
    course: Course | None = None,
    alone: bool,
) -> Rule:
    if sigma.id is None:
        raise BadRuleError(
            f"ルール「{sigma.title}」に id（UUID）がありません。検知を見分けるために要ります。",
            rule=sigma.title,
        )
    own: Any = sigma.custom_attributes.get("jichitai") or {}
    if not isinstance(own, dict):
        own = {}
    key = own.get("key")
    columns = (
        tuple(column_of(str(one), sigma.title) for one in key)
        if isinstance(key, list)
        else tuple(name for name, _ in course.group)
        if course is not None
        else DEFAULT_KEY
    )
    return Rule(
        id=_id(sigma),
        name=sigma.name or _id(sigma),
        title=sigma.title[:200],
        description=(sigma.description or "").strip(),
        level=Severity(sigma.level.name.lower()) if sigma.level else Severity.MEDIUM,
        tags=tuple(str(tag) for tag in sigma.tags),
        false_positives=tuple(str(one) for one in sigma.falsepositives or ()),
        advice=str(own.get("advice") or "").strip()[:4000],
        key=columns,
        where=where,
        course=course,
        alone=alone,
    )


def _id(rule: SigmaRule | SigmaCorrelationRule) -> str:
    return str(rule.id)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:200]
