"""Conditions of a Sigma rule as SQL of DuckDB.

The DuckDB backend of pySigma 0.1.4 does the grammar; what it gets wrong on our table is put right
here, each with a test:

- `not` over an absent value was unknown instead of true, and the row was lost;
- `=` told capitals apart, although Sigma does not;
- `%` and `_` of a value were wildcards of SQL;
- a quote in a regular expression ended the string;
- a name such as `user` unquoted is a function of SQL and not a column;
- a number against a column of text failed at run time.
"""

from typing import Any, Final

from sigma.conditions import ConditionFieldEqualsValueExpression, ConditionNOT
from sigma.conversion.state import ConversionState
from sigma.processing.pipeline import ProcessingPipeline
from sigma.types import SigmaCIDRExpression, SigmaRegularExpression, SigmaString, SpecialChars
from sigma_backend_duckdb import DuckDBBackend

from jichitai.security.monitoring.model.schema import BY_NAME

_MANY: Final = SpecialChars.WILDCARD_MULTI
_ONE: Final = SpecialChars.WILDCARD_SINGLE


class UnusableValueError(ValueError):
    """A value that does not fit its column; the argument says why, in Japanese."""


class Conditions(DuckDBBackend):  # type: ignore[misc]  # pySigma's backend has no types
    """Writes the condition of a rule, and nothing around it."""

    def __init__(self) -> None:
        super().__init__(processing_pipeline=ProcessingPipeline())

    def escape_and_quote_field(self, field_name: str) -> str:
        """A column, always quoted."""
        return f'"{field_name}"'

    def convert_condition_not(self, cond: ConditionNOT, state: ConversionState) -> str:
        """`not`: what is unknown does not hold, so its negation does.

        Unknown parts under `and` and `or` only make a whole unknown where it would else be false,
        so that it is enough to settle each negated whole.
        """
        return f"not coalesce(({self.convert_condition(cond.args[0], state)}), false)"

    def convert_condition_field_eq_val_str(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        """Text with wildcards, capitals not told apart."""
        return _like(cond.field, _string(cond.value), cased=False)

    def convert_condition_field_eq_val_str_case_sensitive(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        """The same with capitals told apart (`|cased`)."""
        return _like(cond.field, _string(cond.value), cased=True)

    def convert_condition_field_eq_val_num(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        """A number, as text where the column is text."""
        value = str(cond.value)
        return f'"{cond.field}" = ' + (f"'{value}'" if BY_NAME[cond.field].text else value)

    def convert_condition_field_eq_val_bool(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        """A truth value, as text."""
        return _like(cond.field, SigmaString(str(cond.value).lower()), cased=False)

    def convert_condition_field_compare_op_val(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        """Greater or less, on numbers only."""
        if BY_NAME[cond.field].text:
            raise UnusableValueError(f"項目 {cond.field} は文字なので、大小を比べられません。")
        return str(super().convert_condition_field_compare_op_val(cond, state))

    def convert_condition_field_eq_val_re(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        """A regular expression (RE2)."""
        value = cond.value
        if not isinstance(value, SigmaRegularExpression):
            raise UnusableValueError(f"項目 {cond.field} の正規表現を読み取れません。")
        pattern = str(value.escape([], "", escape_escape_char=True, flag_prefix=True)).replace(
            "'", "''"
        )
        return f"regexp_matches({_text(cond.field)}, '{pattern}')"

    def convert_condition_field_eq_val_cidr(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        """A network of IPv4 by the beginnings of its addresses."""
        value = cond.value
        if not isinstance(value, SigmaCIDRExpression) or value.network.version != 4:
            raise UnusableValueError(
                f"項目 {cond.field} のネットワークは、IPv4で書いてください（IPv6の範囲には対応して"
                "いません）。"
            )
        parts = [_like(cond.field, SigmaString(text), cased=False) for text in value.expand()]
        return "(" + " or ".join(parts) + ")"

    def finalize_query_default(self, rule: Any, query: str, index: int, state: Any) -> str:
        """The condition alone."""
        return query


def _like(field: str, value: SigmaString, *, cased: bool) -> str:
    """SQL for text that may hold wildcards, as cheap as its form allows."""
    column = _text(field)
    parts = [part if cased or not isinstance(part, str) else part.lower() for part in value.s]
    if not parts:
        return f"{column} = ''"
    if any(not isinstance(part, str) and part not in {_MANY, _ONE} for part in parts):
        raise UnusableValueError(f"項目 {field} の値に、置き換えられていない記号があります。")
    if parts == [_MANY]:
        return f"{column} is not null"
    subject = column if cased else f"lower({column})"
    match parts:
        case [str(only)]:
            return f"{subject} = {_quoted(only)}"
        case [str(only), end] if end is _MANY:
            return f"starts_with({subject}, {_quoted(only)})"
        case [start, str(only)] if start is _MANY:
            return f"ends_with({subject}, {_quoted(only)})"
        case [start, str(only), end] if start is _MANY and end is _MANY:
            return f"contains({subject}, {_quoted(only)})"
        case _:
            pattern = "".join(_pattern(part) for part in parts)
            return f"{subject} like {_quoted(pattern)} escape '\\'"


def _string(value: object) -> SigmaString:
    if not isinstance(value, SigmaString):
        raise UnusableValueError("値を文字として読み取れません。")
    return value


def _pattern(part: object) -> str:
    if part is _MANY:
        return "%"
    if part is _ONE:
        return "_"
    text = str(part)
    for special in ("\\", "%", "_"):
        text = text.replace(special, "\\" + special)
    return text


def _text(field: str) -> str:
    return f'"{field}"' if BY_NAME[field].text else f'cast("{field}" as varchar)'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
