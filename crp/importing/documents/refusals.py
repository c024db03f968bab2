"""What is said of a file that is not read, or not wholly: each a sentence that says what to do about it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from crp.importing.tables import FileRefused

from .formats import Notice


class DocumentRefused(FileRefused):
    """A file that no document can be made of."""


REFUSALS = {
    "empty": _("It is empty: nothing but spaces stands in it."),
    "no_text": _("It has no text that a reader would see: save the page again when all of it has come, or as text."),
    "binary": _("It is binary, no text: save the page as text, HTML, PDF or DOCX and take that."),
    "broken_utf_16": _("It begins as text in UTF-16 and breaks off or is damaged: save it again, as UTF-8."),
    "no_encoding": _(
        "Line %(line)s is neither in UTF-8 nor in Windows-1252 (byte %(byte)s): save the file as UTF-8 and take that."
    ),
    "too_many_bytes": _(
        "It has %(size)s bytes: at most %(most)s are read of such a file. Take the page of one plan alone."
    ),
    "too_much_text": _("It has more than %(most)s characters of text: no page of a plan has. Take one plan alone."),
    "too_many_lines": _("It has more than %(most)s lines: no page of a plan has. Take the page of one plan alone."),
    "line_too_long": _(
        "Line %(line)s has more than %(most)s characters: it is no text for people, or its line ends are lost."
    ),
    "too_many_pages": _("It has more than %(most)s pages: save the pages of the plan as a PDF of their own."),
    "needs_ocr": _(
        "It has no text that can be taken out, only pictures of it: it needs OCR (recognition of text) first, or the "
        "text of the page itself."
    ),
    "password": _("It is protected with a password: take the password off and save it again."),
    "encrypted": _("It is encrypted: print it into a new PDF, or save it without protection, and take that."),
    "cut": _("It breaks off: the end of the PDF is missing. Download it again."),
    "broken": _("It can't be read: it was cut, is damaged, or breaks the rules of its format. Save it again."),
    "broken_archive": _("It is a damaged archive, or one that was cut: download or save the document again."),
    "too_slow": _("It took longer than %(most)s seconds to read, and reading was stopped: save it again, or as text."),
    "too_heavy": _("It needs more memory to read than any plan does: save it again, or as text."),
    "macros": _("It has macros: save it as a document without macros (.docx). Nothing of it was run."),
    "old_word": _("It is an old document of Word (.doc): save it as .docx and take that."),
    "old_excel": _(
        "It is an old workbook (.xls), no document: save it as .xlsx and use bulk entry or the page of the draft."
    ),
    "ole": _("It is a file of an old office program: save it as .docx or as PDF and take that."),
    "workbook": _(
        "It is a workbook (.xlsx): the workbook of a revision is uploaded on the page of its draft, contributions in "
        "bulk entry. Documents are text, HTML, PDF or DOCX."
    ),
    "slides": _("They are slides (.pptx): save them as PDF and take that."),
    "open_document": _("It is an OpenDocument or e-book file: save it as .docx or as PDF and take that."),
    "rtf": _("It is rich text (.rtf): save it as .docx or as plain text and take that."),
    "image": _("It is a picture: it needs OCR (recognition of text) first, or the text of the page itself."),
    "packed": _("It is an archive of files: unpack it and take the document in it."),
    "mail": _("It is an e-mail or a page saved as one file (.mht): save the page as HTML (“HTML only”) and take that."),
    "xml": _("It is XML, no page for people: save the page as HTML or as text and take that."),
}
WARNINGS = {
    "windows_1252": _(
        "It is not in UTF-8 (line %(line)s, byte %(byte)s) and was read as Windows-1252: look whether accents and "
        "quotes are right."
    ),
    "page_breaks_off": _("The page has no end: it was cut, and what came after its last line is missing."),
    "left_out_of_page": _(
        "Left out, because a reader of the page does not see it: scripts and styles (%(scripts)s), hidden and struck "
        "out parts (%(hidden)s), navigation (%(navigation)s), comments (%(comments)s)."
    ),
    "shares_without_place": _(
        "A script holds the shares of several charts (%(count)s) without saying to which figures each belongs: they "
        "were left out."
    ),
    "left_out_of_document": _("Heads and feet of pages, footnotes and comments of the document were left out."),
    "pages_without_text": _("Pages without text, perhaps pictures of it, were left out: %(pages)s."),
    "running_lines_left_out": _(
        "Heads, feet and numbers of pages were left out, so that none of them is read as a figure."
    ),
    "named_otherwise": _("Its name says %(named)s, but it is %(found)s, and was read so."),
}
FORMATS = {
    "plain": _("plain text"),
    "html": _("a web page (HTML)"),
    "pdf": _("a PDF"),
    "docx": _("a document of Word (DOCX)"),
}


def refusal_of(notice: Notice) -> DocumentRefused:
    """Return the refusal of a file, in the language of the reader."""
    return DocumentRefused(_filled(str(REFUSALS[notice.code]), notice))


def warning_of(notice: Notice) -> str:
    """Return the sentence about a file that is read, in the language of the reader."""
    return _filled(str(WARNINGS[notice.code]), notice)


def _filled(sentence: str, notice: Notice) -> str:
    figures = {name: f"{value:,}" if isinstance(value, int) else value for name, value in notice.figures.items()}
    return sentence % figures
