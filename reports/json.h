/* Parts of the JSON output. Inner header of json*.c. */
#ifndef ASSAY_REPORTS_JSON_H
#define ASSAY_REPORTS_JSON_H

#include "report.h"
#include "../harness/formats/json.h"

/* Verdicts, shifts as shares (+ is worse), what differs; d may be NULL. */
struct json *json_comparison(const struct comparison *c, const struct differences *d);

#endif
