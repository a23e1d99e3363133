"""The weekly report: what the dashboards show, for those who read one page a week."""
