"""移行の状況: 1,788 bodies x 21 systems x 40 steps, late systems and costs, by data set and time."""
