"""What every quarantine, every store of verdicts and every memory of imported files does."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from algo_trading.domain.quality import QualityResult, QuarantinedRow
from algo_trading.repositories.quality import ImportedFile, ImportRepository, QualityRepository, QuarantineRepository

ROW = QuarantinedRow("csv_files", "a.csv:7", "IBM", "2013-01-02", "negative volume", {"open": "1", "volume": "-5"})
ROWS = st.builds(
    QuarantinedRow,
    source=st.text(max_size=5),
    place=st.text(max_size=20),
    symbol=st.text(max_size=10),
    session=st.text(max_size=10),
    reason=st.text(max_size=20),
    row=st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=4),
)


class QuarantineContract:
    """Subclasses give the fixture `quarantine`, an empty repository."""

    def test_at_first_there_is_nothing(self, quarantine: QuarantineRepository) -> None:
        assert quarantine.add([]) == 0
        assert quarantine.count() == 0
        assert quarantine.newest() == []
        assert quarantine.reasons() == {}
        assert quarantine.holds([])
        assert not quarantine.holds([ROW])

    def test_a_row_comes_back_as_it_came(self, quarantine: QuarantineRepository) -> None:
        assert quarantine.add([ROW]) == 1
        assert quarantine.newest() == [ROW]

    def test_the_same_row_is_held_once(self, quarantine: QuarantineRepository) -> None:
        assert quarantine.add([ROW, ROW]) == 1
        assert quarantine.add([ROW]) == 0
        assert quarantine.count() == 1

    @pytest.mark.parametrize(
        "change",
        [
            {"source": "yahoo"},
            {"place": "a.csv:8"},
            {"reason": "not a session"},
            {"row": {"open": "2", "volume": "-5"}},
        ],
    )
    def test_another_source_place_reason_or_content_is_another_row(
        self, quarantine: QuarantineRepository, change: Mapping[str, object]
    ) -> None:
        other = replace(ROW, **change)  # type: ignore[arg-type]  # fields by name
        assert quarantine.add([ROW, other]) == 2
        assert quarantine.newest() == [other, ROW]

    def test_it_tells_what_it_holds(self, quarantine: QuarantineRepository) -> None:
        other, dirty = replace(ROW, place="a.csv:8"), replace(ROW, place="a\0")
        quarantine.add([ROW, dirty])
        assert quarantine.holds([ROW, dirty, ROW])
        assert not quarantine.holds([ROW, other])
        quarantine.add([other])
        assert quarantine.holds([ROW, other])

    def test_the_newest_come_first(self, quarantine: QuarantineRepository) -> None:
        rows = [replace(ROW, place=f"a.csv:{line}", reason="odd" if line % 2 else "even") for line in range(6)]
        quarantine.add(rows[:3])
        quarantine.add(rows[3:])
        assert quarantine.newest() == rows[::-1]
        assert quarantine.newest(2) == [rows[5], rows[4]]
        assert quarantine.newest(2, "even") == [rows[4], rows[2]]
        assert quarantine.newest(reason="none") == []

    def test_reasons_come_by_their_number_then_by_name(self, quarantine: QuarantineRepository) -> None:
        numbers = {"b": 2, "Z": 1, "a": 2, "_": 1, "c": 3}
        quarantine.add([replace(ROW, reason=reason, place=str(n)) for reason, many in numbers.items()
                        for n in range(many)])  # fmt: skip
        assert list(quarantine.reasons().items()) == [("c", 3), ("a", 2), ("b", 2), ("Z", 1), ("_", 1)]

    def test_a_large_file_at_once(self, quarantine: QuarantineRepository) -> None:
        rows = [replace(ROW, place=f"a.csv:{line}") for line in range(4_500)]
        assert quarantine.add([*rows, rows[0]]) == 4_500
        assert quarantine.add(rows) == 0
        assert quarantine.newest(2) == [rows[-1], rows[-2]]

    def test_what_no_database_holds_is_marked(self, quarantine: QuarantineRepository) -> None:
        dirty = QuarantinedRow("s\0", "p\0\ud800", "A\0B", "\udfff", "r\0", {"o\0": "\0\ud83d"})
        assert quarantine.add([dirty]) == 1
        assert quarantine.add([dirty]) == 0
        held = QuarantinedRow("s\ufffd", "p\ufffd\ufffd", "A\ufffdB", "\ufffd", "r\ufffd", {"o\ufffd": "\ufffd\ufffd"})
        assert quarantine.newest() == [held]
        assert quarantine.reasons() == {"r\ufffd": 1}

    @settings(
        max_examples=40,
        deadline=None,
        # Rows of earlier examples do not matter; the same test runs in several subclasses.
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(row=ROWS)
    def test_any_row_is_held_once(self, quarantine: QuarantineRepository, row: QuarantinedRow) -> None:
        before = quarantine.count()
        assert quarantine.add([row, row]) <= 1
        assert quarantine.add([row]) == 0
        assert quarantine.count() - before <= 1


VERDICT = QualityResult(
    suite="daily_bars",
    source="sample",
    batch="2013-01-02",
    evaluated=5,
    passed=4,
    expectations={"negative volume": 1, "duplicate key": 0},
    gaps={"IBM": ("2012-12-28", "2012-12-31"), "BRK/B": ()},
    errors={"FB": "the source does not know it: \"'; --"},
)


class QualityContract:
    """Subclasses give the fixture `quality`, an empty repository."""

    def test_a_verdict_comes_back(self, quality: QualityRepository) -> None:
        assert quality.newest(5) == []
        quality.record(VERDICT)
        assert quality.newest(5) == [VERDICT]
        assert not VERDICT.success

    def test_a_batch_judged_again_replaces_its_verdict_and_is_the_newest(self, quality: QualityRepository) -> None:
        second = replace(VERDICT, batch="2013-01-03")
        again = replace(VERDICT, passed=5, expectations={}, gaps={}, errors={})
        for verdict in (VERDICT, second, again):
            quality.record(verdict)
        assert quality.newest(5) == [again, second]
        assert quality.newest(1) == [again]
        assert again.success
        newest, older = quality.judged(5)
        assert (newest.result, older.result) == (again, second)
        assert newest.judged_at.astimezone(UTC) >= older.judged_at
        assert quality.judged(1) == [newest]

    def test_several_verdicts_at_once(self, quality: QualityRepository) -> None:
        quality.record()
        quality.record(VERDICT, replace(VERDICT, batch="another"))
        quality.record(replace(VERDICT, passed=0), replace(VERDICT, batch="third"))
        assert {(found.batch, found.passed) for found in quality.newest(10)} == {
            (VERDICT.batch, 0),
            ("another", VERDICT.passed),
            ("third", VERDICT.passed),
        }

    def test_suite_source_and_batch_name_a_verdict(self, quality: QualityRepository) -> None:
        verdicts = [VERDICT, replace(VERDICT, suite="s"), replace(VERDICT, source="s"), replace(VERDICT, batch="s")]
        for verdict in verdicts:
            quality.record(verdict)
        assert quality.newest(5) == verdicts[::-1]


class ImportContract:
    """Subclasses give the fixture `imports`, an empty repository."""

    def test_a_file_is_found_by_what_is_in_it(self, imports: ImportRepository) -> None:
        file = ImportedFile("0f3c", "/data/ü '; --.csv", 17)
        assert imports.find("0f3c") == {}
        imports.add(file)
        assert imports.find("0f3c") == {"0f3c": file}
        assert imports.find("0F3C") == imports.find() == {}

    def test_a_known_file_stays_as_it_is(self, imports: ImportRepository) -> None:
        imports.add(ImportedFile("0f3c", "/data/first.csv", 17))
        imports.add(ImportedFile("0f3c", "/data/second.csv", 18))
        assert imports.find("0f3c") == {"0f3c": ImportedFile("0f3c", "/data/first.csv", 17)}

    def test_paths_from_which_something_came(self, imports: ImportRepository) -> None:
        imports.add(ImportedFile("0f3c", "/data/first.csv", 17), ImportedFile("1f3c", "/data/first.csv", 18))
        assert imports.at("/data/first.csv", "/data/other.csv") == {"/data/first.csv"}
        assert imports.at() == set()

    def test_many_files_at_once(self, imports: ImportRepository) -> None:
        files = [ImportedFile(f"{number:04}", f"/data/{number}.csv", number) for number in range(1000)]
        imports.add(*files)
        imports.add()
        assert imports.find("0007", "0999", "1000") == {"0007": files[7], "0999": files[999]}
