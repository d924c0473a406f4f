"""What monitoring speaks of: columns of an event, sources of logs, alerts, findings, terms."""
