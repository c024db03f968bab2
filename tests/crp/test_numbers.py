"""Figures as their reader writes them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.utils.formats import date_format
from django.utils.translation import override

from crp.common.numbers import LEFT_TO_RIGHT, MINUS, write_change, write_compact, write_number, write_percent
from crp.common.text import fold
from crp.templatetags.figures import (
    as_printed,
    number,
    number_cell,
    one_line,
    percent,
    pledge_cell,
    share,
    size_of,
)

THIN, WIDE = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("language", "value", "written"),
    [
        ("en", "37360000.00", "37,360,000"),
        ("en", "0.00", "0"),
        ("en", "-1234.50", "-1,234.50"),
        ("en", "1234567.005", "1,234,567.01"),
        ("fr", "37360000.00", f"37{THIN}360{THIN}000"),
        ("fr", "1234.50", f"1{THIN}234,50"),
        ("es", "37360000.00", f"37{THIN}360{THIN}000"),
        ("es", "1234.50", f"1{THIN}234,50"),
        ("ar", "37360000.00", "37,360,000"),
        ("ar", "1234.50", "1,234.50"),
        ("ar", "-1234.50", f"{LEFT_TO_RIGHT}-1,234.50"),
    ],
)
def test_a_number_is_grouped_and_has_cents_only_where_it_has_some(language: str, value: str, written: str) -> None:
    with override(language):
        assert write_number(Decimal(value)) == written


@pytest.mark.parametrize(
    ("language", "value", "decimals", "written"),
    [
        ("en", "0.3", 2, f"0.30{WIDE}%"),
        ("en", "1364.005", 2, f"1,364.01{WIDE}%"),
        ("en", "42.00", None, f"42{WIDE}%"),
        ("fr", "0.30", 2, f"0,30{WIDE}%"),
    ],
)
def test_a_percentage(language: str, value: str, decimals: int | None, written: str) -> None:
    with override(language):
        assert write_percent(Decimal(value), decimals) == written


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", "37.4M"),
        ("fr", f"37,4{WIDE}M"),
        ("fr-ca", f"37,4{WIDE}M"),
        ("es", f"37,4{WIDE}M"),
        ("ar", f"37.4{WIDE}مليون"),
    ],
)
def test_a_label_of_a_chart_is_short(language: str, written: str) -> None:
    with override(language):
        assert write_compact(Decimal(37360000)) == written


def test_no_figure_is_told_in_words() -> None:
    assert "Not reported" in number(None)
    assert "Not reported" in number_cell(None)
    assert "–" in number_cell(None)
    assert "Not reported" in percent(None)
    assert "none" in pledge_cell(None)
    assert number(0) == "0"


def test_a_stated_share_and_an_index_keep_the_decimals_of_their_source() -> None:
    assert share(Decimal("12.50")) == f"12.50{WIDE}%"
    assert as_printed(Decimal("7.10")) == "7.1"
    assert as_printed(Decimal("5.00")) == "5"
    assert as_printed(Decimal("10.00")) == "10"


def test_a_row_of_figures_shrinks_with_its_longest() -> None:
    assert size_of(Decimal("69713500.00"), None) == ""
    assert size_of(Decimal("15776491456.00")) == "is-long"
    assert size_of(Decimal("157764914563.00")) == "is-longest"
    assert size_of(Decimal("1.00"), Decimal("63832485247.03")) == "is-longest"


def test_text_is_compared_without_accents_and_capitals() -> None:
    assert fold("Côte d’Ivoire ŒUVRE") == "cote d'ivoire œuvre"


def test_the_lines_of_a_note_stand_apart() -> None:
    assert one_line("Seeds and tools.\r\n\n  Budget year: 2020\n") == "Seeds and tools. · Budget year: 2020"
    assert one_line("") == ""


@pytest.mark.parametrize(
    ("language", "value", "written"),
    [
        ("en", "-500", f"{MINUS}500"),
        ("es", "1500.00", f"+1{THIN}500"),
        ("ar", "-500", f"{LEFT_TO_RIGHT}{MINUS}500"),
        ("ar", "500", f"{LEFT_TO_RIGHT}+500"),
        ("ar", "0", "0"),
    ],
)
def test_a_sign_stays_before_its_number_whichever_way_the_text_runs(language: str, value: str, written: str) -> None:
    with override(language):
        assert write_change(Decimal(value)) == written


@pytest.mark.parametrize(
    ("language", "written"),
    [("en", "5 March 2025"), ("fr", "5 mars 2025"), ("es", "5 de marzo de 2025"), ("ar", "5 مارس 2025")],
)
def test_a_day_has_the_order_and_the_month_of_the_language(language: str, written: str) -> None:
    with override(language):
        assert date_format(date(2025, 3, 5), "DATE_FORMAT") == written
