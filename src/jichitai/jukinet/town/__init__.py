"""市町村CS: what the register tells the network, and what the network tells the register."""
