"""What the pages of reports show: tables that can be sorted, drawings, days, and the overview."""
