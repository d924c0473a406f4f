"""Correlations as windowed SQL with true spans of time.

`hits` holds one row per event and rule (`rule` is the rule's number); a course reads the rows of its
parts and adds the rows at which its condition is fulfilled, so that a course may be part of another
course. Windows slide: they end at each event and reach back by the span, both ends included. Events
without a value in a group-by field belong to no group. Bodies are never taken together.

Source: Sigma specification 2, correlation rules.
"""

from collections.abc import Mapping

from jichitai.security.monitoring.model.rules import CorrelationKind, Course


def fired(course: Course, numbers: Mapping[str, int]) -> str:
    """SQL of the rows of `hits` at which a course is fulfilled.

    Args:
        course: what is looked for.
        numbers: id of a rule -> its number in `hits`.

    Returns:
        A query: the columns of `hits` but `rule`, and `began` (start of the window), `counted`
        (events, values or rules in it), `keys` (values of the group).

    Source: Sigma specification 2, correlation rules.
    """
    steps = [f"grouped as ({_grouped(course, numbers)})"]
    match course.kind:
        case CorrelationKind.EVENT_COUNT:
            steps.append(f"seen as ({_windowed(course, 'count(*)')})")
        case CorrelationKind.VALUE_COUNT:
            different = f'count(distinct "{course.value}")'
            steps.append(f"seen as ({_windowed(course, different)})")
        case CorrelationKind.TEMPORAL:
            steps.append(f"seen as ({_windowed(course, 'count(distinct rule)')})")
        case CorrelationKind.TEMPORAL_ORDERED:
            steps.extend(_chain(course, numbers))
    return (
        f"with {', '.join(steps)} select * exclude (rule) from seen where counted >= {course.least}"
    )


def _grouped(course: Course, numbers: Mapping[str, int]) -> str:
    """Rows of the parts with the values of their group, each part by its own columns."""
    listed = ", ".join(str(numbers[part]) for part in course.parts)
    values = []
    for _, columns in course.group:
        if len({column for _, column in columns}) == 1:
            values.append(f'cast("{columns[0][1]}" as varchar)')
        else:
            cases = " ".join(
                f'when {numbers[part]} then cast("{column}" as varchar)' for part, column in columns
            )
            values.append(f"case rule {cases} end")
    keys = f"[{', '.join(values)}]" if values else "cast([] as varchar[])"
    present = f" where list_count(keys) = {len(values)}" if values else ""
    return f"select * from (select *, {keys} as keys from hits where rule in ({listed})){present}"


def _windowed(course: Course, counted: str) -> str:
    window = (
        "partition by body_code, keys order by time range between"
        f" interval {course.seconds} seconds preceding and current row"
    )
    return f"select *, min(time) over w as began, {counted} over w as counted from grouped window w as ({window})"


def _chain(course: Course, numbers: Mapping[str, int]) -> list[str]:
    """Steps in order: each step carries the latest start of a chain that reaches it.

    The latest start is the best one: any chain that ends in time with an earlier start does so with
    the latest. Rows of one event are taken backwards, so that one event is one step at most.
    """
    places = " ".join(
        f"when {numbers[part]} then {step}" for step, part in enumerate(course.parts, start=1)
    )
    stepped = f"select *, case rule {places} end as step from grouped"
    steps = [f"chain1 as (select *, case when step = 1 then time end as start from ({stepped}))"]
    for step in range(2, len(course.parts) + 1):
        before = (
            f"max(start) filter (where step = {step - 1}) over (partition by body_code, keys"
            " order by time, raw_id, step desc rows between unbounded preceding and current row)"
        )
        steps.append(
            f"chain{step} as (select * replace (case when step = {step} then {before}"
            f" else start end as start) from chain{step - 1})"
        )
    last = len(course.parts)
    steps.append(
        f"seen as (select * exclude (step, start), start as began,"
        f" case when step = {last} and start >= time - interval {course.seconds} seconds"
        f" then {last} else 0 end as counted from chain{last})"
    )
    return steps
