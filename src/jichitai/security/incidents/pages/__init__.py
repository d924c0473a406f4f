"""Pages of incidents: report from a phone, board, record, clocks and papers, CSIRT, exercises."""
