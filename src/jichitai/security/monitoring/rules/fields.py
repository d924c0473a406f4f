"""Names: of fields as Sigma rules say them, and of log sources as classes of events.

Source: Sigma taxonomy (appendix: field names of proxy, web server, firewall, DNS, process
creation); OCSF class_uid.
"""

from typing import Final

from jichitai.security.monitoring.model.schema import COLUMNS, EventClass

_INTERNAL: Final = {"time", "claimed_time", "received_at", "source_id", "raw_id", "raw", "marks"}

FIELDS: Final[dict[str, str]] = {
    **{column.name: column.name for column in COLUMNS if column.name not in _INTERNAL},
    # Sigma taxonomy: proxy and web server
    "c-ip": "src",
    "c-uri": "url",
    "cs-uri": "url",
    "cs-uri-query": "url",
    "cs-uri-stem": "url",
    "c-useragent": "user_agent",
    "cs-user-agent": "user_agent",
    "cs-method": "method",
    "cs-host": "host",
    "r-dns": "host",
    "sc-status": "status_code",
    "cs-username": "user",
    "cs-bytes": "bytes_out",
    "sc-bytes": "bytes_in",
    # firewall and network
    "src_ip": "src",
    "dst_ip": "dst",
    "SourceIp": "src",
    "DestinationIp": "dst",
    "SourcePort": "src_port",
    "DestinationPort": "dst_port",
    "DestinationHostname": "host",
    "action": "outcome",
    # DNS
    "record": "query",
    "QueryName": "query",
    # end points
    "CommandLine": "process",
    "Image": "process",
    "TargetFilename": "file_name",
    "User": "user",
    "TargetUserName": "user",
    "IpAddress": "src",
    "Computer": "host",
    "Hashes": "file_hash",
    "sha256": "file_hash",
    "Signature": "signature",
}

_WEB: Final = "('WEB', 'TMP')"
_CATEGORIES: Final[dict[str, str]] = {
    "proxy": f"class_uid = {int(EventClass.HTTP)} and product not in {_WEB}",
    "webserver": f"class_uid = {int(EventClass.HTTP)} and product in {_WEB}",
    "dns": f"class_uid = {int(EventClass.DNS)}",
    "dns_query": f"class_uid = {int(EventClass.DNS)}",
    "firewall": f"class_uid = {int(EventClass.NETWORK)}",
    "network_connection": f"class_uid = {int(EventClass.NETWORK)}",
    "process_creation": f"class_uid = {int(EventClass.PROCESS)}",
    "file_event": f"class_uid = {int(EventClass.FILE)}",
    "file_change": f"class_uid = {int(EventClass.FILE)}",
    "file_rename": f"class_uid = {int(EventClass.FILE)} and activity = 'rename'",
    "file_delete": f"class_uid = {int(EventClass.FILE)} and activity = 'delete'",
    "authentication": f"class_uid = {int(EventClass.LOGON)}",
    "account": f"class_uid in ({int(EventClass.ACCOUNT)}, {int(EventClass.GROUP)})",
    "antivirus": f"class_uid = {int(EventClass.FINDING)} and product in ('AV', 'SBX', 'EDR')",
    "ids": f"class_uid = {int(EventClass.FINDING)}",
    "eventlog": f"class_uid = {int(EventClass.EVENT_LOG)}",
    "mail": f"class_uid = {int(EventClass.MAIL)}",
    "application": f"class_uid = {int(EventClass.OTHER)}",
}


def condition_of(category: str | None) -> str | None:
    """SQL that picks the events of a log source's category; None when there is no such category.

    Source: Sigma specification, log sources.
    """
    return _CATEGORIES.get(category or "")


CATEGORIES: Final = tuple(sorted(_CATEGORIES))
