"""JSON lines: OCSF itself, and plain objects of end points and appliances (also Windows events).

Source: OCSF 1.x; Elastic Common Schema (names of fields); Microsoft security events (EventID).
"""

from typing import Final

from jichitai.security.monitoring.formats.reading import Reader, Variant, instant, json_parts
from jichitai.security.monitoring.model.schema import COLUMNS, EventClass

_OCSF: Final[dict[str, tuple[str, ...]]] = {
    "time": ("$.time", "$.time_dt", "$.start_time"),
    "class": ("$.class_uid",),
    "activity": ("$.activity_name", "$.activity_id"),
    "severity": ("$.severity_id",),
    "src": ("$.src_endpoint.ip", "$.device.ip"),
    "src_port": ("$.src_endpoint.port",),
    "dst": ("$.dst_endpoint.ip",),
    "dst_port": ("$.dst_endpoint.port",),
    "host": ("$.dst_endpoint.hostname", "$.http_request.url.hostname", "$.device.hostname"),
    "user": ("$.actor.user.name", "$.user.name", "$.actor.user.uid", "$.user.uid"),
    "url": ("$.http_request.url.url_string", "$.url.url_string"),
    "method": ("$.http_request.http_method",),
    "user_agent": ("$.http_request.user_agent",),
    "status_code": ("$.http_response.code",),
    "bytes_in": ("$.traffic.bytes_in",),
    "bytes_out": ("$.traffic.bytes_out",),
    "file_name": ("$.file.path", "$.file.name"),
    "file_hash": ("$.file.hashes[0].value", "$.process.file.hashes[0].value"),
    "process": ("$.process.cmd_line", "$.actor.process.cmd_line"),
    "query": ("$.query.hostname",),
    "signature": ("$.finding_info.title", "$.malware[0].name"),
    "message": ("$.message",),
    "outcome": ("$.status_id",),
    "disposition": ("$.disposition_id",),
    "body": ("$.metadata.tenant_uid", "$.cloud.org.uid"),
}
_PLAIN: Final[dict[str, tuple[str, ...]]] = {
    "time": ("$.time", "$.timestamp", '$."@timestamp"', "$.ts", "$.event.created"),
    "class": ("$.class_uid",),
    "category": ("$.category", "$.event.category"),
    "event_id": ("$.EventID", "$.event_id", "$.event.code", "$.winlog.event_id"),
    "activity": ("$.activity", "$.event.action", "$.action"),
    "severity": ("$.severity",),
    "src": ("$.src", "$.src_ip", "$.source.ip", "$.IpAddress"),
    "src_port": ("$.src_port", "$.source.port"),
    "dst": ("$.dst", "$.dst_ip", "$.dest_ip", "$.destination.ip"),
    "dst_port": ("$.dst_port", "$.dest_port", "$.destination.port"),
    "host": ("$.host.name", "$.host", "$.hostname", "$.Computer", "$.destination.domain"),
    "user": ("$.user.name", "$.user", "$.username", "$.TargetUserName", "$.User"),
    "url": ("$.url.original", "$.url.full", "$.url"),
    "method": ("$.method", "$.http.request.method"),
    "user_agent": ("$.user_agent.original", "$.user_agent"),
    "status_code": ("$.status_code", "$.http.response.status_code"),
    "bytes_in": ("$.bytes_in", "$.destination.bytes"),
    "bytes_out": ("$.bytes_out", "$.source.bytes"),
    "file_name": ("$.file_name", "$.file.path", "$.TargetFilename", "$.file.name"),
    "file_hash": ("$.file_hash", "$.file.hash.sha256", "$.sha256"),
    "process": ("$.process.command_line", "$.process", "$.CommandLine", "$.command_line"),
    "query": ("$.query", "$.dns.question.name", "$.QueryName"),
    "signature": ("$.signature", "$.rule.name", "$.threat"),
    "message": ("$.message",),
    "outcome": ("$.outcome", "$.event.outcome", "$.result"),
    "body": ("$.body_code", "$.tenant"),
}
_CATEGORIES: Final = {
    "authentication": EventClass.LOGON,
    "logon": EventClass.LOGON,
    "process": EventClass.PROCESS,
    "file": EventClass.FILE,
    "network": EventClass.NETWORK,
    "firewall": EventClass.NETWORK,
    "web": EventClass.HTTP,
    "http": EventClass.HTTP,
    "proxy": EventClass.HTTP,
    "dns": EventClass.DNS,
    "email": EventClass.MAIL,
    "mail": EventClass.MAIL,
    "malware": EventClass.FINDING,
    "alert": EventClass.FINDING,
    "intrusion_detection": EventClass.FINDING,
    "eventlog": EventClass.EVENT_LOG,
    "account": EventClass.ACCOUNT,
    "group": EventClass.GROUP,
}
# Windows security and Sysmon events: class, activity, outcome
_EVENTS: Final = {
    "4624": (EventClass.LOGON, "logon", "success"),
    "4625": (EventClass.LOGON, "logon", "failure"),
    "4771": (EventClass.LOGON, "logon", "failure"),
    "4688": (EventClass.PROCESS, "launch", "success"),
    "1": (EventClass.PROCESS, "launch", "success"),
    "11": (EventClass.FILE, "create", "success"),
    "1102": (EventClass.EVENT_LOG, "clear", "success"),
    "4720": (EventClass.ACCOUNT, "create", "success"),
    "4728": (EventClass.GROUP, "add-user", "success"),
    "4732": (EventClass.GROUP, "add-user", "success"),
}
_SEVERITIES: Final = {
    "informational": 1,
    "info": 1,
    "low": 2,
    "medium": 3,
    "warning": 3,
    "high": 4,
    "error": 4,
    "critical": 5,
}


class _Fields:
    """Fields of a JSON object under any of their names."""

    def __init__(self, names: dict[str, tuple[str, ...]]) -> None:
        paths = list(dict.fromkeys(path for group in names.values() for path in group))
        self.parts, ref = json_parts(paths)
        self._sql = {
            name: f"coalesce({', '.join(map(ref, group))})" if len(group) > 1 else ref(group[0])
            for name, group in names.items()
        }

    def __getitem__(self, name: str) -> str:
        return self._sql[name]

    def columns(self) -> dict[str, str]:
        """Columns whose text is taken as it is."""
        names = {column.name for column in COLUMNS}
        return {name: sql for name, sql in self._sql.items() if name in names and name != "time"}


def _match(value: str, table: dict[str, object], otherwise: str) -> str:
    cases = " ".join(f"when '{key}' then {result}" for key, result in table.items())
    return f"case {value} {cases} else {otherwise} end"


def _ocsf() -> Reader:
    fields = _Fields(_OCSF)
    return Reader(
        parts=fields.parts,
        variants=(
            Variant(
                f"try_cast({fields['class']} as integer) is not null",
                None,
                {
                    **fields.columns(),
                    "class_uid": fields["class"],
                    "claimed_time": instant(fields["time"]),
                    "activity": f"lower({fields['activity']})",
                    "host": f"lower({fields['host']})",
                    "outcome": f"case when {fields['disposition']} in ('2', '6') then 'blocked'"
                    f" when {fields['outcome']} = '1' then 'success'"
                    f" when {fields['outcome']} = '2' then 'failure' else 'unknown' end",
                },
                body=fields["body"],
            ),
        ),
    )


def _plain() -> Reader:
    fields = _Fields(_PLAIN)
    event, category = fields["event_id"], f"lower({fields['category']})"
    seen = (
        f"case when {fields['process']} is not null then {int(EventClass.PROCESS)}"
        f" when {fields['file_name']} is not null then {int(EventClass.FILE)}"
        f" when {fields['query']} is not null then {int(EventClass.DNS)}"
        f" when {fields['url']} is not null then {int(EventClass.HTTP)}"
        f" when {fields['signature']} is not null then {int(EventClass.FINDING)}"
        f" when {fields['dst']} is not null then {int(EventClass.NETWORK)} else 0 end"
    )
    by_category = _match(category, {k: int(v) for k, v in _CATEGORIES.items()}, seen)
    by_event = _match(event, {k: int(v[0]) for k, v in _EVENTS.items()}, by_category)
    severity = f"lower({fields['severity']})"
    levels: dict[str, object] = {name: f"'{level}'" for name, level in _SEVERITIES.items()}
    activity = _match(event, {k: f"'{v[1]}'" for k, v in _EVENTS.items()}, "null")
    outcome = _match(event, {k: f"'{v[2]}'" for k, v in _EVENTS.items()}, "'unknown'")
    return Reader(
        parts=fields.parts,
        variants=(
            Variant(
                "true",
                None,
                {
                    **fields.columns(),
                    "class_uid": f"coalesce(try_cast({fields['class']} as integer), {by_event})",
                    "claimed_time": instant(fields["time"]),
                    "activity": f"lower(coalesce({fields['activity']}, {activity}))",
                    "severity": _match(severity, levels, f"coalesce({severity}, '1')"),
                    "host": f"lower({fields['host']})",
                    "outcome": f"lower(coalesce({fields['outcome']}, {outcome}))",
                },
                body=fields["body"],
            ),
        ),
    )


OCSF_READER: Final = _ocsf()
PLAIN_READER: Final = _plain()
