"""Who changed what, from what to what, when and why: one page over the history of every model."""
