"""squid: the proxy's native access log.

Source: Squid access.log native format (time elapsed client code/status bytes method URL ...).
"""

from typing import Final

from jichitai.security.monitoring.formats.reading import Reader, Variant
from jichitai.security.monitoring.model.schema import EventClass

_LINE: Final = (
    "case when left(line, 1) = '<' then regexp_replace(line, '^<\\d+>.*?: +', '') else line end"
)
_SERVER: Final = "split_part(split_part(url, '://', 2), '/', 1)"
# user names and IPv6 addresses in a URL are rare, and only they need a pattern
_HOST: Final = (
    "case when method = 'CONNECT' and left(url, 1) <> '[' then split_part(url, ':', 1)"
    f" when contains({_SERVER}, '@') or contains(url, '[')"
    " then regexp_extract(url, '^(?:[a-z]+://)?(?:[^/@]*@)?(\\[[^]]*\\]|[^/:]*)', 1)"
    f" else split_part({_SERVER}, ':', 1) end"
)

READER: Final = Reader(
    parts=(
        f"select *, {_HOST} as host from ("
        "select line_no, line, mark, try_cast(f[1] as double) as t, f[3] as client, f[4] as code,"
        " f[5] as size, f[6] as method, f[7] as url, f[8] as ident, split_part(f[9], '/', 2) as peer"
        f" from (select *, list_filter(string_split({_LINE}, ' '), lambda x: x <> '') as f"
        " from staged) where len(f) >= 9 and contains(f[4], '/'))"
    ),
    variants=(
        Variant(
            "t between 0 and 99999999999",
            EventClass.HTTP,
            {
                "claimed_time": "make_timestamp(cast(t * 1000000 as bigint))",
                "activity": "lower(method)",
                "severity": "1",
                "src": "client",
                "dst": "case when translate(peer, '0123456789abcdefABCDEF.:', '') = ''"
                " then nullif(peer, '') end",
                "dst_port": "case when method = 'CONNECT' then split_part(url, ':', -1) end",
                "host": "lower(host)",
                "user": "nullif(ident, '-')",
                "url": "url",
                "method": "method",
                "status_code": "nullif(split_part(code, '/', 2), '000')",
                "bytes_in": "size",
                "outcome": "case when starts_with(code, 'TCP_DENIED') then 'blocked'"
                " when split_part(code, '/', 2) between '200' and '399' then 'success'"
                " else 'failure' end",
            },
        ),
    ),
)
