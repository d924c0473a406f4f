"""suricata: EVE JSON of an intrusion detector.

Source: Suricata user guide, EVE JSON format.
"""

from typing import Final

from jichitai.security.monitoring.formats.reading import Reader, Variant, instant, json_parts
from jichitai.security.monitoring.model.schema import EventClass

_PATHS: Final = (
    *("$.timestamp", "$.event_type", "$.src_ip", "$.src_port", "$.dest_ip", "$.dest_port"),
    *("$.alert.signature", "$.alert.severity", "$.alert.action"),
    *("$.dns.rrname", "$.dns.queries[0].rrname", "$.dns.rcode"),
    *("$.http.hostname", "$.http.url", "$.http.http_method", "$.http.http_user_agent"),
    *("$.http.status", "$.http.length", "$.tls.sni"),
    *("$.fileinfo.filename", "$.fileinfo.sha256", "$.fileinfo.md5"),
    *("$.flow.bytes_toserver", "$.flow.bytes_toclient", "$.flow.state", "$.app_proto"),
)
_PARTS, _R = json_parts(_PATHS)
_TYPE: Final = _R("$.event_type")
_HOST: Final = _R("$.http.hostname")
_PATH: Final = _R("$.http.url")
_URL: Final = (
    f"case when starts_with({_PATH}, '/') then concat('http://', {_HOST}, {_PATH}) else {_PATH} end"
)
_ENDS: Final = {
    "claimed_time": instant(_R("$.timestamp")),
    "src": _R("$.src_ip"),
    "src_port": _R("$.src_port"),
    "dst": _R("$.dest_ip"),
    "dst_port": _R("$.dest_port"),
}
_HTTP: Final = {
    "host": f"lower({_HOST})",
    "url": _URL,
    "method": _R("$.http.http_method"),
    "user_agent": _R("$.http.http_user_agent"),
    "status_code": _R("$.http.status"),
}
_FILE: Final = {
    "file_name": _R("$.fileinfo.filename"),
    "file_hash": f"coalesce({_R('$.fileinfo.sha256')}, {_R('$.fileinfo.md5')})",
}

READER: Final = Reader(
    parts=_PARTS,
    variants=(
        Variant(
            f"{_TYPE} = 'alert'",
            EventClass.FINDING,
            {
                **_ENDS,
                **_HTTP,
                **_FILE,
                "activity": "'alert'",
                # Suricata counts down from 1, OCSF up to 5
                "severity": f"5 - least(greatest(try_cast({_R('$.alert.severity')} as integer), 1), 4)",
                "signature": _R("$.alert.signature"),
                "outcome": f"case {_R('$.alert.action')} when 'blocked' then 'blocked'"
                " when 'allowed' then 'success' else 'unknown' end",
            },
        ),
        Variant(
            f"{_TYPE} = 'dns'",
            EventClass.DNS,
            {
                **_ENDS,
                "activity": "'query'",
                "severity": "1",
                "query": f"lower(coalesce({_R('$.dns.rrname')}, {_R('$.dns.queries[0].rrname')}))",
                "outcome": f"case {_R('$.dns.rcode')} when 'NOERROR' then 'success'"
                " when 'NXDOMAIN' then 'failure' when 'REFUSED' then 'blocked' else 'unknown' end",
            },
        ),
        Variant(
            f"{_TYPE} = 'http'",
            EventClass.HTTP,
            {
                **_ENDS,
                **_HTTP,
                "activity": f"lower({_R('$.http.http_method')})",
                "severity": "1",
                "bytes_in": _R("$.http.length"),
                "outcome": f"case when {_R('$.http.status')} between '200' and '399' then 'success'"
                f" when {_R('$.http.status')} is null then 'unknown' else 'failure' end",
            },
        ),
        Variant(
            f"{_TYPE} = 'fileinfo'",
            EventClass.FILE,
            {**_ENDS, **_FILE, **_HTTP, "activity": "'transfer'", "severity": "1"},
        ),
        Variant(
            f"{_TYPE} is not null",
            EventClass.NETWORK,
            {
                **_ENDS,
                "activity": _TYPE,
                "severity": "1",
                "host": f"lower({_R('$.tls.sni')})",
                "bytes_out": _R("$.flow.bytes_toserver"),
                "bytes_in": _R("$.flow.bytes_toclient"),
                "outcome": f"case when {_R('$.flow.state')} in ('established', 'closed')"
                f" then 'success' when {_TYPE} = 'drop' then 'blocked' else 'unknown' end",
                "message": _R("$.app_proto"),
            },
        ),
    ),
)
