"""測定指標: what is measured, its targets and its actuals with all their editions."""
