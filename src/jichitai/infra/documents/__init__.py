"""Documents that leave the system: PDF, spreadsheets, word-processor files."""
