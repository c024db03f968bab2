"""Files of OCHA's Financial Tracking Service (FTS), as published on HDX, into plans, totals and contributions."""
