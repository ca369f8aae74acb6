/* From a bundle to everything that is made of it: see present.h. */
#include "present.h"
#include "../../reports/report.h"
#include "../base/log.h"

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

void present_style(struct terminal_style *style)
{
	*style = (struct terminal_style){log_colour(stdout), log_utf8(), columns()};
}

static int render(const struct report *r, bool json, struct err *e)
{
	struct terminal_style style;
	struct buf html = BUF_INIT, text = BUF_INIT;
	int rc;

	present_style(&style);
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

/* Of a bundle with two arms: what they came to, what differs between them, verdicts.csv. */
static int compare_arms(struct comparison *c, struct differences *diff, const struct bundle_data *d,
			const struct results *r, struct err *e)
{
	struct buf csv = BUF_INIT;
	int rc = comparison_of_arms(c, d, r, e);

	if (!rc)
		rc = differences_make(diff, d, c->a, d, c->b, c, e);
	if (!rc) {
		comparison_csv(&csv, c);
		rc = bundle_write_file(d->dir, "verdicts.csv", buf_str(&csv), csv.len, e);
	}
	buf_free(&csv);
	return rc;
}

/* Judges and renders; *code: what the program says to its caller. */
static int present(const struct bundle_data *d, bool json, enum exit_code *code, struct err *e)
{
	struct results r;
	struct outcome o;
	struct comparison c = {.n = 0};
	struct differences diff = {.n = 0};
	struct report report = {.data = d, .results = &r, .outcome = &o};
	int rc = results_make(&r, d, e);

	if (!rc)
		rc = results_write(&r, d, e);
	if (!rc && comparison_is_ab(d)) {
		rc = compare_arms(&c, &diff, d, &r, e);
		report.comparison = &c;
		report.differences = &diff;
	}
	if (!rc) {
		outcome_make(&o, &r, d);
		*code = report_exit(&report);
		rc = render(&report, json, e);
	}
	differences_free(&diff);
	comparison_free(&c);
	results_free(&r);
	return rc;
}

int present_bundle(const char *dir, bool json, struct err *e)
{
	struct bundle_data d;
	enum exit_code code = EXIT_FAILED;
	int rc = bundle_load(&d, dir, e);

	if (rc)
		return EXIT_USAGE;
	rc = present(&d, json, &code, e);
	bundle_data_free(&d);
	return rc ? EXIT_FAILED : (int)code;
}
