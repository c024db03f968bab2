"""A revision's objectives, sectors, projects and amounts as one workbook: out, and what was edited in it back in."""
