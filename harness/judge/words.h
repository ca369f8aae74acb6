/* Keys in words: what people read instead of gpu=3,memory=pinned,size=268435456. */
#ifndef ASSAY_JUDGE_WORDS_H
#define ASSAY_JUDGE_WORDS_H

#include "../base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* "GPU 3", "GPUs 0–7", "node 1", "256 MiB", "pinned": one label of a key. */
void words_label(struct buf *out, const char *name, const char *value);
/* The value alone, for a column under its name: "3", "256 MiB". */
void words_value(struct buf *out, const char *name, const char *value);
/* The name alone, for a column's head: "GPU", "CPU node", "size". */
void words_name(struct buf *out, const char *name);

/* Sorted values of one label: "0–2, 5" for numbers, "a, b" for words; some, then "and 12 more". */
void words_values(struct buf *out, const char *name, char *const *values, size_t n);

/* All labels of a key, the GPUs first ("GPU 0 to GPU 3"), ", " between them; "" for none. */
void words_labels(struct buf *out, const char *labels);

/* Those alone that name GPUs: gpu, peer, gpus, member. false where there is none. */
bool words_gpus(struct buf *out, const char *labels);
bool words_is_gpu(const char *name);

/*
 * Text whose keys ("in case dir=h2d,gpu=3") are put into words; without_gpu: where the GPU has been
 * named already.
 */
void words_text(struct buf *out, const char *text, bool without_gpu);

/* Appends at most n bytes of s, cut at a character's start, with "…" where something is missing. */
void words_cut(struct buf *out, const char *s, size_t n);

/* "1 step", "3 steps" */
void words_count(struct buf *out, unsigned n, const char *noun);

/*
 * Order of two values of a label, 0 only for equal ones: numbers by value and before words, numbers
 * within words ("0:7.0") too, "none", "half", "full" as they rise.
 */
int words_order(const char *a, const char *b);

/* Whether text is a plain decimal number; *v (may be NULL) its value. */
bool words_number(const char *text, double *v);

#endif
