"""Pages of systems (/security/systems) and of the network (/security/network)."""
