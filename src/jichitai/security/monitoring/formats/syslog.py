"""syslog: RFC 5424, RFC 3164 and what programs write into them (sshd, key=value of firewalls).

Source: RFC 5424; RFC 3164; RFC 6587.
"""

from typing import Final

from jichitai.security.monitoring.formats.reading import Reader, Variant, instant
from jichitai.security.monitoring.model.schema import EventClass

_NEW: Final = (
    r"^<(\d{1,3})>1 (\S+) (\S+) (\S+) (\S+) (\S+)"
    r" (-|(?:\[(?:[^]\\\\]|\\\\.)*\])+) ?(?:\x{FEFF})?(.*)$"
)
_OLD: Final = (
    r"^(?:<(\d{1,3})>)?([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+)"
    r" (\S+) ([^:\[ ]+)(?:\[([^]]*)\])?:? ?(.*)$"
)
_LOGIN: Final = (
    r"(Failed|Accepted|Invalid) (?:[a-z/-]+ for )?(?:invalid user |user )?(\S+) from (\S+)"
    r"(?: port (\d+))?"
)


def _pair(*names: str) -> str:
    """Value of key=value (or key="value") by any of these names."""
    keys = " or ".join(f"starts_with(x, '{name}=')" for name in names)
    found = f"list_filter(pairs, lambda x: {keys})[1]"
    return f"nullif(trim(substr({found}, strpos({found}, '=') + 1), '\"'), '')"


_PAIRS: Final = """[A-Za-z_]+=(?:"[^"]*"|[^ ,;|"]+)"""
_ACTION: Final = f"lower({_pair('action', 'act', 'disposition', 'status')})"
_BLOCKED: Final = "('deny', 'denied', 'drop', 'dropped', 'block', 'blocked', 'reject', 'reset')"
_PASSED: Final = "('accept', 'accepted', 'allow', 'allowed', 'pass', 'permit', 'permitted')"
# the year that RFC 3164 leaves out is that of the receipt; December read in January is last year's
_CLASSIC: Final = (
    "case when dated.guess > dated.received_jst + interval 2 days"
    " then dated.guess - interval 1 year else dated.guess end - interval 9 hours"
)
_TIME: Final = f"case when substr(stamp, 5, 1) = '-' then {instant('stamp')} else {_CLASSIC} end"

_PARTS: Final = f"""
select line_no, line, mark, msg, host, app, stamp,
       case when contains(msg, 'src') then regexp_extract_all(msg, '{_PAIRS}') end as pairs,
       try_cast(pri as integer) % 8 as level,
       case when contains(msg, ' from ')
            then regexp_extract(msg, '{_LOGIN}', ['what', 'who', 'from', 'port']) end as login,
       case when substr(stamp, 5, 1) <> '-' then struct_pack(
           guess := try_strptime(
               concat(strftime(cast($received_at as timestamp) + interval 9 hours, '%Y '),
                      regexp_replace(stamp, '  +', ' ')), '%Y %b %d %H:%M:%S'),
           received_jst := cast($received_at as timestamp) + interval 9 hours) end as dated
  from (
    select line_no, line, mark,
           case when new.stamp <> '' then new.pri else old.pri end as pri,
           case when new.stamp <> '' then nullif(new.stamp, '-') else old.stamp end as stamp,
           nullif(case when new.stamp <> '' then new.host else old.host end, '-') as host,
           case when new.stamp <> '' then new.app else old.app end as app,
           case when new.stamp <> '' then trim(concat(nullif(new.data, '-'), ' ', new.msg))
                else old.msg end as msg,
           new.stamp <> '' or old.stamp <> '' as readable
      from (
        select line_no, line, mark,
               regexp_extract(line, '{_NEW}',
                   ['pri', 'stamp', 'host', 'app', 'proc', 'id', 'data', 'msg'], 's') as new,
               regexp_extract(line, '{_OLD}',
                   ['pri', 'stamp', 'host', 'app', 'proc', 'msg'], 's') as old
          from staged)
  ) where readable
"""

_BASE: Final = {
    "claimed_time": _TIME,
    # severity of syslog counts down from 7, OCSF up from 1
    "severity": "case when level <= 2 then 5 when level = 3 then 4 when level = 4 then 3"
    " when level = 5 then 2 else 1 end",
    "host": "lower(host)",
    "message": "msg",
}

READER: Final = Reader(
    parts=_PARTS,
    variants=(
        Variant(
            "login.who <> ''",
            EventClass.LOGON,
            {
                **_BASE,
                "activity": "'logon'",
                "user": "login.who",
                "src": "login.from",
                "src_port": "nullif(login.port, '')",
                "outcome": "case when login.what = 'Accepted' then 'success' else 'failure' end",
            },
        ),
        Variant(
            f"{_pair('src', 'srcip', 'src_ip')} is not null"
            f" and {_pair('dst', 'dstip', 'dst_ip')} is not null",
            EventClass.NETWORK,
            {
                **_BASE,
                "activity": "'traffic'",
                "src": _pair("src", "srcip", "src_ip"),
                "src_port": _pair("spt", "srcport", "src_port", "sport"),
                "dst": _pair("dst", "dstip", "dst_ip"),
                "dst_port": _pair("dpt", "dstport", "dst_port", "dport"),
                "user": _pair("user", "suser"),
                "url": _pair("url", "request"),
                "bytes_in": _pair("rcvdbyte", "bytes_in", "in"),
                "bytes_out": _pair("sentbyte", "bytes_out", "out"),
                "outcome": f"case when {_ACTION} in {_BLOCKED} then 'blocked'"
                f" when {_ACTION} in {_PASSED} then 'success' else 'unknown' end",
            },
        ),
        Variant(
            "true",
            EventClass.OTHER,
            {**_BASE, "activity": "app", "outcome": "'unknown'"},
        ),
    ),
)
