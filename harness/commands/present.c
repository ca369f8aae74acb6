/* From a bundle to everything that is made of it: see present.h. */
#include "present.h"
#include "../../reports/report.h"
#include "../base/log.h"
#include "../judge/compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static unsigned columns(void)
{
	struct winsize w;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) && w.ws_col >= 60)
		return w.ws_col > 120 ? 120 : w.ws_col;
	return 80;
}

static int render(const struct report *r, bool json, struct err *e)
{
	struct terminal_style style = {log_colour(stdout), log_utf8(), columns()};
	struct buf html = BUF_INIT, text = BUF_INIT;
	int rc;

	report_html(&html, r);
	rc = bundle_write_file(r->data->dir, "report.html", buf_str(&html), html.len, e);
	if (json)
		report_json(&text, r);
	else
		report_terminal(&text, r, &style);
	fputs(buf_str(&text), stdout);
	if (!json)
		printf("\nreport: %s/report.html\n", r->data->dir);
	buf_free(&html);
	buf_free(&text);
	return rc;
}

/* Of a bundle with two arms: verdicts.csv; *code: its exit code. */
static int compare_arms(const struct bundle_data *d, const struct results *r, enum exit_code *code,
			struct err *e)
{
	struct comparison c;
	struct buf csv = BUF_INIT;
	int rc = comparison_of_arms(&c, d, r, e);

	if (!rc) {
		comparison_csv(&csv, &c);
		rc = bundle_write_file(d->dir, "verdicts.csv", buf_str(&csv), csv.len, e);
		*code = c.exit;
	}
	buf_free(&csv);
	comparison_free(&c);
	return rc;
}

int present_bundle(const char *dir, bool json, struct err *e)
{
	struct bundle_data d;
	struct results r = {0};
	struct outcome o;
	enum exit_code code = EXIT_PASSED;
	int rc = bundle_load(&d, dir, e);

	if (rc)
		return EXIT_USAGE;
	rc = results_make(&r, &d, e);
	if (!rc)
		rc = results_write(&r, &d, e);
	if (!rc && comparison_is_ab(&d))
		rc = compare_arms(&d, &r, &code, e);
	if (!rc) {
		outcome_make(&o, &r, &d);
		if (o.exit == EXIT_PASSED || (o.exit == EXIT_INCONCLUSIVE && code == EXIT_FAILED))
			o.exit = code;
		rc = render(&(struct report){&d, &r, &o}, json, e);
	}
	results_free(&r);
	bundle_data_free(&d);
	return rc ? EXIT_FAILED : (int)o.exit;
}
