"""SQL of monitoring: sources and batches, files of events, rules, alerts, findings."""
