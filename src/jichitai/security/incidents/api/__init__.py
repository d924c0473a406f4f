"""Incidents for programs: report, handle, hand in; alerts, the CSIRT and exercises."""
