#!/usr/bin/env bats
# The report in headless Chromium: made-up pages, a real one, and that the checks can fail.

@test "each check of a page can fail" {
	tests/browser/check --self-test
}

@test "made-up reports are good in light, dark, at 400 px and on paper" {
	for t in html compute matrix standout wiring comparison compare history; do
		REPORT_OUT=$BATS_TEST_TMPDIR "${ASSAY%/*}/tests/unit/test_report_$t"
	done
	tests/browser/check --shots "$BATS_TEST_TMPDIR/shots" "$BATS_TEST_TMPDIR"/*.html
	[ "$(find "$BATS_TEST_TMPDIR/shots" -name '*.png' | wc -l)" -ge 33 ]
}

@test "the report of a run is good" {
	"$ASSAY" run null --out "$BATS_TEST_TMPDIR/b"
	tests/browser/check "$BATS_TEST_TMPDIR/b/report.html"
}

@test "the report of two arms is good" {
	"$ASSAY" ab null --quick --out "$BATS_TEST_TMPDIR/b"
	grep -q 'id="comparison"' "$BATS_TEST_TMPDIR/b/report.html"
	tests/browser/check "$BATS_TEST_TMPDIR/b/report.html"
}
