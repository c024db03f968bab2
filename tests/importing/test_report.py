"""The report of an import counts rows and groups what went wrong."""

from __future__ import annotations

from crp.importing.report import MOST_KEPT, Outcome, Problem, Report


def test_lines_with_the_same_problem_stand_together_in_the_order_of_the_file() -> None:
    report = Report("file.csv")
    report.count("rows", Outcome.READ, 3)
    report.count("rows", Outcome.SKIPPED, 2)
    report.add_problem(9, "amount", "It is 0.")
    report.add_problem(4, "amount", "It is 0.")
    report.add_problem(None, "", "The file has no end.")
    assert list(report.text()) == [
        "file.csv",
        "  rows: 3 read, 2 skipped",
        "  The file has no end.",
        "  lines 4, 9: amount: It is 0.",
    ]


def test_a_thousand_problems_are_kept_and_the_rest_counted() -> None:
    report = Report("file.csv")
    for line in range(MOST_KEPT + 5):
        report.add_problem(line, "amount", "It is 0.")
    assert len(report.problems) == MOST_KEPT
    assert report.problem_count == MOST_KEPT + 5
    text = list(report.text())
    assert text[1].startswith("  lines 0, 1, 2,")
    assert f"and {MOST_KEPT - 12:,} more" in text[1]
    assert text[2] == "  5 more problems: only the first 1,000 are listed."


def test_changes_are_what_was_created_and_updated() -> None:
    report = Report("file.csv")
    report.count("plans", Outcome.CREATED, 2)
    report.count("totals", Outcome.UPDATED)
    report.count("totals", Outcome.UNCHANGED, 7)
    report.count("flows", Outcome.CREATED, 0)
    assert report.changes == 3
    assert "flows" not in report.counts


def test_a_refused_file_says_why_and_no_more() -> None:
    assert list(Report("x.csv", refused="It is empty.").text()) == ["x.csv", "  REFUSED, nothing changed: It is empty."]


def test_a_problem_reads_as_a_sentence() -> None:
    assert str(Problem(3, "amount", "It is 0.")) == "line 3, amount: It is 0."
    assert str(Problem(None, "", "It is 0.")) == "It is 0."
