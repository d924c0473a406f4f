"""zeek: logs of a network monitor, as tables with a heading (TSV) or as JSON.

Source: Zeek documentation, log formats (ASCII writer, JSON writer).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from jichitai.security.monitoring.formats.reading import Reader, Ref, Variant, instant, json_parts
from jichitai.security.monitoring.model.schema import EventClass

_FIELDS: Final = (
    *("_path", "ts", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p"),
    *("orig_bytes", "resp_bytes", "conn_state", "service", "proto"),
    *("query", "rcode_name", "rejected"),
    *("method", "host", "uri", "user_agent", "status_code", "username"),
    *("request_body_len", "response_body_len", "server_name"),
    *("filename", "sha256", "md5", "fuid", "auth_success", "auth_attempts"),
    *("note", "msg", "src", "dst", "p"),
)


def _variants(r: Ref, path: str) -> list[Variant]:
    ends = {
        "claimed_time": instant(r("ts")),
        "src": r("id.orig_h"),
        "src_port": r("id.orig_p"),
        "dst": r("id.resp_h"),
        "dst_port": r("id.resp_p"),
        "severity": "1",
    }
    url = (
        f"case when starts_with({r('uri')}, '/') then concat('http://', {r('host')}, {r('uri')})"
        f" else {r('uri')} end"
    )
    return [
        Variant(
            f"{path} = 'dns'",
            EventClass.DNS,
            {
                **ends,
                "activity": "'query'",
                "query": f"lower({r('query')})",
                "outcome": f"case when {r('rejected')} in ('T', 'true') then 'blocked'"
                f" when {r('rcode_name')} = 'NOERROR' then 'success'"
                f" when {r('rcode_name')} is null then 'unknown' else 'failure' end",
            },
        ),
        Variant(
            f"{path} = 'http'",
            EventClass.HTTP,
            {
                **ends,
                "activity": f"lower({r('method')})",
                "host": f"lower({r('host')})",
                "url": url,
                "method": r("method"),
                "user_agent": r("user_agent"),
                "status_code": r("status_code"),
                "user": r("username"),
                "bytes_in": r("response_body_len"),
                "bytes_out": r("request_body_len"),
                "outcome": f"case when {r('status_code')} between '200' and '399' then 'success'"
                f" when {r('status_code')} is null then 'unknown' else 'failure' end",
            },
        ),
        Variant(
            f"{path} = 'files'",
            EventClass.FILE,
            {
                **ends,
                "activity": "'transfer'",
                "file_name": r("filename"),
                "file_hash": f"coalesce({r('sha256')}, {r('md5')})",
            },
        ),
        Variant(
            f"{path} = 'ssh'",
            EventClass.LOGON,
            {
                **ends,
                "activity": "'logon'",
                "outcome": f"case when {r('auth_success')} in ('T', 'true') then 'success'"
                f" when {r('auth_success')} in ('F', 'false') then 'failure' else 'unknown' end",
            },
        ),
        Variant(
            f"{path} = 'notice'",
            EventClass.FINDING,
            {
                **ends,
                "activity": "'notice'",
                "severity": "3",
                "src": f"coalesce({r('src')}, {r('id.orig_h')})",
                "dst": f"coalesce({r('dst')}, {r('id.resp_h')})",
                "dst_port": f"coalesce({r('p')}, {r('id.resp_p')})",
                "signature": r("note"),
                "message": r("msg"),
                "outcome": "'unknown'",
            },
        ),
        Variant(
            f"{path} is not null and {r('ts')} is not null",
            EventClass.NETWORK,
            {
                **ends,
                "activity": path,
                "host": f"lower({r('server_name')})",
                "bytes_out": r("orig_bytes"),
                "bytes_in": r("resp_bytes"),
                "message": r("service"),
                "outcome": f"case when {r('conn_state')} in ('SF', 'S1', 'S2', 'S3', 'RSTO', 'RSTR')"
                f" then 'success' when {r('conn_state')} in ('REJ', 'S0') then 'failure'"
                " else 'unknown' end",
            },
        ),
    ]


def json_reader() -> Reader:
    """Reader of the JSON writer. Without `_path` the kind is seen by the fields."""
    parts, by_path = json_parts([f'$."{name}"' for name in _FIELDS])

    def ref(name: str) -> str:
        return by_path(f'$."{name}"')

    guessed = (
        f"coalesce({ref('_path')}, case when {ref('conn_state')} is not null then 'conn'"
        f" when {ref('query')} is not null then 'dns' when {ref('note')} is not null then 'notice'"
        f" when {ref('auth_attempts')} is not null then 'ssh'"
        f" when {ref('method')} is not null then 'http'"
        f" when {ref('fuid')} is not null then 'files'"
        f" when {ref('server_name')} is not null then 'ssl' end)"
    )
    return Reader(f"select *, {guessed} as path from ({parts})", _variants(ref, "path"))


@dataclass(frozen=True, slots=True)
class Heading:
    """What a table's heading says: the log's name and the order of its fields."""

    path: str
    fields: tuple[str, ...]

    @property
    def text(self) -> str:
        """The heading in one line, to be kept with the source."""
        return "\t".join((self.path, *self.fields))

    @classmethod
    def parse(cls, text: str) -> "Heading | None":
        """A kept heading."""
        path, *fields = text.split("\t")
        return cls(path, tuple(fields)) if path and fields else None


def table_reader(heading: Heading) -> Reader:
    """Reader of tables under this heading; `path` is a parameter, fields are places in a list."""
    places = {name: i for i, name in enumerate(heading.fields, start=1)}

    def ref(name: str) -> str:
        if name not in places:
            return "cast(null as varchar)"
        return f"nullif(nullif(f[{places[name]}], '-'), '(empty)')"

    parts = (
        "select *, cast($path as varchar) as path from ("
        "select line_no, line, mark, string_split(line, chr(9)) as f from staged)"
        f" where len(f) = {len(heading.fields)}"
    )
    return Reader(parts, _variants(ref, "path"), {"path": heading.path})


@dataclass(frozen=True, slots=True)
class Section:
    """Lines under one heading: their places in the batch's lists."""

    heading: Heading | None
    places: list[int]


def sections(texts: Sequence[str], known: Heading | None) -> list[Section]:
    """Lines of a batch by heading; lines before the first heading belong to the one known before.

    Source: Zeek documentation, ASCII writer (#fields, #path).
    """
    path, heading = "", known
    found = [Section(heading, [])]
    for place, text in enumerate(texts):
        if not text.startswith("#"):
            found[-1].places.append(place)
            continue
        name, _, rest = text[1:].partition("\t")
        if name == "path":
            path = rest.strip()
        elif name == "fields" and rest:
            heading = Heading(path, tuple(rest.split("\t")))
            found.append(Section(heading, []))
        elif name == "close":
            path = ""
    return found
