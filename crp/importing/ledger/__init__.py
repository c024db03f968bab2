"""Bulk entry: contributions from a workbook or a CSV file that people fill in, all of it or nothing."""
