"""A table as a file: nothing in it is run by a spreadsheet, nothing is rounded, nothing is left out."""

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from xml.etree import ElementTree
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import pytest

from generations.errors import LimitReached
from generations.reports import export
from generations.reports.sheet import Column, Named

XML = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


NAME, SPENT = Column("project", "Project", "text"), Column("spent", "Spent", "credits")
SHARE, DAY = Column("approved", "Approved", "percent"), Column("day", "Day", "date")
AT, TAKES = Column("at", "Counted", "date"), Column("takes", "Takes", "count")


def read_csv(columns, rows):
    text = "".join(export.csv_lines(columns, rows))
    return list(csv.reader(StringIO(text.removeprefix("\ufeff"), newline="")))


class Book:
    """An XLSX file as its parts say it: cells by place, as (text or number, format code)."""

    def __init__(self, content):
        self.zip = ZipFile(BytesIO(content))
        self.styles = self._part("xl/styles.xml")
        self.names = [sheet.get("name") for sheet in self._part("xl/workbook.xml").iterfind(".//m:sheet", XML)]

    def _part(self, name):
        return ElementTree.fromstring(self.zip.read(name))

    def sheet(self, number=1):
        return self._part(f"xl/worksheets/sheet{number}.xml")

    def cells(self, number=1):
        return {cell.get("r"): self._read(cell) for cell in self.sheet(number).iterfind(".//m:c", XML)}

    def _read(self, cell):
        if cell.get("t") == "inlineStr":
            return "".join(cell.itertext())
        if cell.get("t") == "s":
            shared = self._part("xl/sharedStrings.xml").findall("m:si", XML)
            return "".join(shared[int(cell.find("m:v", XML).text)].itertext())
        return float(cell.find("m:v", XML).text)

    def format_of(self, place):
        cell = next(cell for cell in self.sheet().iterfind(".//m:c", XML) if cell.get("r") == place)
        style = self.styles.find("m:cellXfs", XML)[int(cell.get("s"))]
        codes = {code.get("numFmtId"): code.get("formatCode") for code in self.styles.iterfind(".//m:numFmt", XML)}
        built_in = {"4": "#,##0.00", "3": "#,##0"}
        return {**built_in, **codes}[style.get("numFmtId")]


def test_a_csv_file_says_first_that_it_is_utf_8_and_then_its_headings():
    lines = list(export.csv_lines([NAME, SPENT], [["Fähre", Decimal("12.500")]]))

    assert lines == ["\ufeffProject,Spent\r\n", "Fähre,12.500\r\n"]


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+49 30", "-5", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", '=HYPERLINK("http://x","y")'],
)
def test_no_text_of_a_csv_file_begins_as_a_formula_does(text):
    _head, [cell] = read_csv([NAME], [[text]])

    assert cell == f"'{text}"


def test_a_heading_is_made_safe_as_a_cell_is():
    assert read_csv([Column("x", "=cmd", "text")], []) == [["'=cmd"]]


def test_numbers_of_a_csv_file_are_plain_and_exact():
    row = [Decimal("-1234567.125"), Decimal("1E+3"), 0, 0.5, None, True]

    [_head, cells] = read_csv([SPENT] * 6, [row])

    assert cells == ["-1234567.125", "1000", "0", "0.5", "", "yes"]


def test_a_percentage_of_a_csv_file_is_named_in_its_heading():
    assert read_csv([SHARE], [[Decimal("12.5")]]) == [["Approved (%)"], ["12.5"]]


def test_a_name_that_leads_somewhere_is_its_text():
    ferry = Named("The Last Ferry", "project", "c0ffee")

    assert read_csv([NAME], [[ferry]])[1] == ["The Last Ferry"]
    assert Book(export.xlsx_bytes("Spend", [NAME], [[ferry]])).cells()["A2"] == "The Last Ferry"


def test_times_of_a_csv_file_name_their_zone():
    at = datetime(2026, 3, 29, 3, 0, tzinfo=ZoneInfo("Europe/Berlin"))

    [_head, cells] = read_csv([DAY, AT], [[date(2026, 3, 29), at]])

    assert cells == ["2026-03-29", "2026-03-29T03:00:00+02:00"]


def test_a_csv_file_is_made_line_by_line():
    asked = []

    def rows():
        for number in range(3):
            asked.append(number)
            yield [f"row {number}"]

    lines = export.csv_lines([NAME], rows())
    next(lines)
    next(lines)

    assert asked == [0]


def test_commas_quotes_and_lines_stay_in_their_cell():
    text = 'The "Last", Ferry\nand more'

    assert read_csv([NAME], [[text]])[1] == [text]


def test_an_xlsx_file_has_numbers_with_their_formats():
    columns = [NAME, SPENT, SHARE, DAY, AT, TAKES]
    at = datetime(2026, 11, 21, 18, 30, tzinfo=UTC)

    book = Book(
        export.xlsx_bytes(
            "Spend", columns, [["Ferry", Decimal("12.500"), Decimal("12.5"), date(2026, 11, 21), at, 1200]]
        )
    )

    cells = book.cells()
    assert [cells[f"{letter}1"] for letter in "ABCDEF"] == ["Project", "Spent", "Approved", "Day", "Counted", "Takes"]
    assert [cells[f"{letter}2"] for letter in "ABC"] == ["Ferry", 12.5, 0.125]
    assert cells["D2"] == 46347 and cells["E2"] == pytest.approx(46347 + 18.5 / 24)
    formats = [book.format_of(f"{letter}2") for letter in "BCDEF"]
    assert formats == ["#,##0.000", "0.0%", "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "#,##0"]


def test_an_xlsx_file_keeps_its_headings_in_view():
    book = Book(export.xlsx_bytes("Spend", [NAME], [["Ferry"]]))

    pane = book.sheet().find(".//m:pane", XML)
    assert (pane.get("ySplit"), pane.get("state")) == ("1", "frozen")


def test_text_of_an_xlsx_file_stays_text_whatever_it_looks_like():
    rows = [["=1+1"], ["http://example.com"], ["007"], ["{=A1}"]]

    book = Book(export.xlsx_bytes("Spend", [NAME], rows))

    assert [book.cells()[f"A{row}"] for row in range(2, 6)] == [row[0] for row in rows]
    assert book.sheet().findall(".//m:f", XML) == [] and book.sheet().findall(".//m:hyperlink", XML) == []


def test_an_xlsx_file_has_a_sheet_that_says_what_was_counted():
    notes = [("Project", "The Last Ferry"), ("Counted up to", "21 Nov 2026, 18:30")]

    book = Book(export.xlsx_bytes("Spend", [NAME], [], notes))

    assert book.names == ["Spend", "About these figures"]
    cells = book.cells(2)
    assert [cells[place] for place in ("A1", "B1", "A2", "B2")] == [word for note in notes for word in note]


def test_what_is_unknown_is_an_empty_cell():
    book = Book(export.xlsx_bytes("Spend", [NAME, SPENT], [["Ferry", None]]))

    assert "B2" not in book.cells()


@pytest.mark.parametrize("title", ["Cost [per] second: a/b?*\\", "'quoted'", "", "History", "x" * 80])
def test_any_title_makes_a_sheet(title):
    [name] = Book(export.xlsx_bytes(title, [NAME], [])).names

    assert 0 < len(name) <= 31


def test_more_rows_than_a_sheet_takes_are_refused_and_not_dropped(monkeypatch):
    monkeypatch.setattr(export, "_SHEET_ROWS", 4)
    rows = [["a"], ["b"], ["c"]]

    assert len(Book(export.xlsx_bytes("Spend", [NAME], rows)).cells()) == 4
    with pytest.raises(LimitReached, match="takes 3 rows"):
        export.xlsx_bytes("Spend", [NAME], [*rows, ["d"]])
