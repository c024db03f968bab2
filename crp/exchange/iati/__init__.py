"""IATI 2.03: a published plan as an activity."""
