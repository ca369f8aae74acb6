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

int present_bundle(const char *dir, bool json, struct err *e)
{
	struct bundle_data d;
	struct results r = {0};
	struct outcome o;
	int rc = bundle_load(&d, dir, e);

	if (rc)
		return EXIT_USAGE;
	rc = results_make(&r, &d, e);
	if (!rc)
		rc = results_write(&r, &d, e);
	if (!rc) {
		outcome_make(&o, &r, &d);
		rc = render(&(struct report){&d, &r, &o}, json, e);
	}
	results_free(&r);
	bundle_data_free(&d);
	return rc ? EXIT_FAILED : (int)o.exit;
}
