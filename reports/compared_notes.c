/* The sentences around the rows of a comparison: see compared.h. */
#include "compared.h"
#include "text.h"
#include "../harness/base/mem.h"
#include "../harness/judge/words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NAMED 4 /* rows that a sentence names */

static void put_percent(struct buf *out, double share)
{
	char text[16];

	buf_printf(out, "%s %%", text_percent(text, sizeof(text), share));
}

/* "control alu: 1.3 % slower"; in B's turns, as every delta is. */
static void put_row(struct buf *out, const struct compared *x)
{
	compared_name(out, x);
	buf_puts(out, ": ");
	compared_change(out, x);
}

static bool moved(const struct compared *x)
{
	enum standing s = compared_standing(x);

	return s == STANDING_WORSE || s == STANDING_BETTER;
}

void compared_unproven(struct buf *out, const struct comparison *c)
{
	unsigned told = 0;

	if (!c->unproven)
		return;
	buf_puts(out, "The machine itself changed between the turns of the two sides, so no "
		      "difference can be laid to either of them");
	for (size_t i = 0; i < c->n; i++) {
		if (c->row[i].role != ROLE_CONTROL || !moved(&c->row[i]) || told == NAMED)
			continue;
		buf_puts(out, told++ ? "; " : " (");
		put_row(out, &c->row[i]);
		buf_printf(out, " in the turns of %s", c->b);
	}
	buf_puts(out, told ? ")" : "");
	buf_puts(out, ". Look for what else ran, for clocks and for temperatures; then run again.");
}

void compared_noisy(struct buf *out, const struct comparison *c)
{
	if (!c->noisy)
		return;
	buf_puts(out, "A gate must typically be off by ");
	put_percent(out, c->detectable);
	buf_printf(out,
		   " before this run would notice. That is not a pass. Free the machine of other "
		   "work, lock its clocks, or give it more %ss.",
		   compared_noun(c));
}

static void tell_confirmed(struct buf *out, const struct comparison *c)
{
	buf_printf(out,
		   ": %u showed a large shift and %s measured again in fresh blocks (%u regressed, "
		   "%u improved, %u equivalent, %u undecided)",
		   c->candidates, c->candidates == 1 ? "was" : "were",
		   c->confirmed[VERDICT_REGRESSED], c->confirmed[VERDICT_IMPROVED],
		   c->confirmed[VERDICT_EQUIVALENT], c->confirmed[VERDICT_INCONCLUSIVE]);
	if (c->dropped)
		buf_printf(out, "; %u more lay beyond their margin and were not measured again",
			   c->dropped);
	buf_putc(out, '.');
}

static void note_screens(struct buf *out, const struct comparison *c)
{
	if (!c->screens)
		return;
	words_count(out, c->screens, "more metric");
	buf_puts(out, c->screens == 1 ? " was looked at" : " were looked at");
	if (!c->candidates) {
		buf_puts(out, ": no large shift seen. Small ones are not looked for there.");
		return;
	}
	if (c->kind == COMPARE_BLOCKS)
		tell_confirmed(out, c);
	else
		buf_printf(out,
			   ": the shift of %u is larger than its margin, which decides nothing.",
			   c->candidates);
	buf_puts(out, c->dropped ? "" : " Of the others: no large shift seen.");
}

static void note_controls(struct buf *out, const struct comparison *c)
{
	const char *between = "";

	for (size_t i = 0; i < c->n; i++) {
		const struct compared *x = &c->row[i];

		if (x->role != ROLE_CONTROL)
			continue;
		buf_puts(out, between);
		put_row(out, x);
		buf_printf(out, " (%s %s)", standing_mark(compared_standing(x)),
			   standing_word(compared_standing(x)));
		between = "; ";
	}
	if (out->len)
		buf_puts(out, ". They run on the host before each process, outside of both sides.");
}

static void count_all(const struct comparison *c, unsigned *a, unsigned *b, bool lost)
{
	*a = *b = 0;
	for (size_t i = 0; i < c->n; i++) {
		const struct compared *x = &c->row[i];

		if (lost && x->role != ROLE_GATE)
			continue;
		*a += lost ? x->lost_a : x->strays_a;
		*b += lost ? x->lost_b : x->strays_b;
	}
}

static void name_strays(struct buf *out, const struct comparison *c)
{
	unsigned told = 0;

	for (size_t i = 0; i < c->n; i++) {
		const struct compared *x = &c->row[i];

		if (!(x->strays_a + x->strays_b) || told == NAMED)
			continue;
		buf_puts(out, told++ ? "; " : ": ");
		compared_name(out, x);
	}
}

static void note_strays(struct buf *out, const struct comparison *c)
{
	unsigned a, b;

	count_all(c, &a, &b, false);
	if (!a && !b) {
		if (c->gates && c->kind == COMPARE_BLOCKS)
			buf_puts(out, "none: no process lay far from the others of its metric.");
		return;
	}
	buf_printf(out, "%u of %s, %u of %s", a, c->a, b, c->b);
	name_strays(out, c);
	buf_puts(out, ". Verdicts are about the typical process; these were far from it.");
}

/* The first cause that is told, as the judge has it. */
static const char *first_cause(const struct comparison *c)
{
	for (size_t i = 0; i < c->n; i++)
		for (size_t k = 0; k < c->row[i].pairs; k++) {
			const struct pair *p = &c->row[i].pair[k];

			if (compared_lost(p))
				return p->cause;
		}
	return NULL;
}

static void note_lost(struct buf *out, const struct comparison *c)
{
	const char *cause = first_cause(c);
	unsigned a, b;

	count_all(c, &a, &b, true);
	if (!a && !b)
		return;
	buf_printf(out, "%u of %s, %u of %s, counted a gate", a, c->a, b, c->b);
	if (cause)
		buf_printf(out, "; the first: %s", cause);
	buf_puts(out, c->kind == COMPARE_BLOCKS
			      ? ". Both sides were measured again in their place, twice at most."
			      : ".");
}

static void note_detectable(struct buf *out, const struct comparison *c)
{
	if (!(c->detectable > 0))
		return;
	buf_puts(out, "A gate that is ");
	put_percent(out, c->detectable);
	buf_puts(out,
		 " worse would have been found nine times in ten (the typical gate; each has its "
		 "own, in verdicts.csv).");
	if (compared_count(c, STANDING_OPEN))
		buf_printf(out, " Smaller shifts need more %ss or a quieter machine.",
			   compared_noun(c));
}

size_t compared_notes(struct compared_note note[COMPARED_NOTES], const struct comparison *c)
{
	static const struct {
		const char *name;
		void (*make)(struct buf *out, const struct comparison *c);
	} all[COMPARED_NOTES - 1] = {
		{"Other metrics", note_screens}, {"Controls", note_controls},
		{"Strays", note_strays},	 {"Lost", note_lost},
		{"Detectable", note_detectable},
	};
	size_t n = 0;

	note[n] = (struct compared_note){.name = "Promise"};
	buf_puts(&note[n].text, c->guarantee);
	n += note[n].text.len > 0;
	for (size_t i = 0; i < COMPARED_NOTES - 1; i++) {
		note[n] = (struct compared_note){.name = all[i].name};
		all[i].make(&note[n].text, c);
		n += note[n].text.len > 0;
	}
	return n;
}
