"""Documents in: a published page becomes a draft of a plan, each value with the lines that it was read from.

document.py   the text of a file, line by line, as it stands and as it is read
opening.py    from a file to its text: what it is, whether it is safe; isolation.py reads it in another process
formats/      one module for each format of file: it gives a document
draft.py      what a layout makes of a document: values with unit, basis, lines, confidence and question
layouts/      one module for each layout of pages: it gives a draft
names.py      the lists whose names a document uses: countries, sectors, objectives, target groups
judging/      what does not fit together in a draft, as questions and remarks
splits.py     rounded shares into money
"""
