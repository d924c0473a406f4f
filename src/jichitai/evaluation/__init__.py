"""政策評価: logic models, indicators and reports from one source."""
