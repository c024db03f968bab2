"""How a page of IOM's Crisis Response Plans is read, step by step.

words.py        the labels, headings and fixed sentences of such pages
tokens.py       what a line is: a label, a figure, a heading, a list of names, text
lines.py        the lines of a document as tokens
runs.py         figures and labels that stand together, solved as one block
blocks.py       what belongs together: the head of the page, an objective, a sector, a block that lost its heading
values.py       a figure under a label as a value of a draft
header.py, objectives.py, sectors.py, shares.py, narratives.py, presence.py    the rows of a draft
"""
