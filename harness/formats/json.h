/* JSON for programs (jansson behind it): a value is built, printed once and freed. */
#ifndef ASSAY_FORMATS_JSON_H
#define ASSAY_FORMATS_JSON_H

#include <stdbool.h>
#include <stdio.h>

struct json; /* a value; owned by its parent once added */

struct json *json_object_new(void);
struct json *json_array_new(void);
/* Setters return the container, keys keep their order. Text that is no UTF-8 is replaced. */
struct json *json_str(struct json *o, const char *key, const char *v);
struct json *json_num(struct json *o, const char *key, double v); /* NaN and infinities: null */
struct json *json_int(struct json *o, const char *key, long long v);
struct json *json_flag(struct json *o, const char *key, bool v);
struct json *json_put(struct json *o, const char *key, struct json *child); /* takes child */
struct json *json_push(struct json *a, struct json *child);		    /* takes child */
/* Prints with a newline and frees. 0 or negative errno. */
int json_print(struct json *v, FILE *f);

#endif
