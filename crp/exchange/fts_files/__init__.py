"""Files in the shape in which OCHA's FTS publishes on HDX, from what CRP has."""
