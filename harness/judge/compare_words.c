/*
 * A comparison in words, for people who know no statistics: the sentence to quote, what the
 * verdicts promise, and for each row without a verdict why, and what to do.
 */
#include "../base/mem.h"
#include "compare_parts.h"
#include "words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- small pieces ---- */

/* "2 %", "0.4 %", "12 %": two digits below ten percent. */
static void put_share(struct buf *out, double share)
{
	double percent = fabs(share) * 100;
	char text[32];

	snprintf(text, sizeof(text), percent < 9.95 ? "%.1f" : "%.0f", percent);
	size_t n = strlen(text);
	if (n > 2 && !strcmp(text + n - 2, ".0"))
		text[n - 2] = '\0';
	buf_printf(out, "%s %%", text);
}

void compared_name(struct buf *out, const struct compared *row)
{
	struct buf labels = BUF_INIT;

	buf_puts(out, row->bench);
	buf_putc(out, ' ');
	words_name(out, row->metric);
	words_labels(&labels, row->labels);
	if (labels.len)
		buf_printf(out, " %s", labels.s);
	buf_free(&labels);
}

/* What one unit of a comparison is called. */
static const char *unit_of(const struct comparison *c)
{
	return c->kind == COMPARE_BLOCKS     ? "block"
	       : c->kind == COMPARE_SESSIONS ? "session"
					     : "node";
}

/* ---- reasons ---- */

static void put_interval(struct buf *out, const struct compared *row)
{
	buf_puts(out, "the shift lies between ");
	put_share(out, row->lo);
	buf_puts(out, row->lo < 0 ? " faster and " : " slower and ");
	put_share(out, row->hi);
	buf_puts(out, row->hi < 0 ? " faster" : " slower");
}

/* The causes of invalid pairs, each once with its count. */
static void put_causes(struct buf *out, const struct compared *row)
{
	unsigned told = 0;

	for (size_t i = 0; i < row->pairs; i++) {
		unsigned n = 0;
		bool seen = false;

		for (size_t k = 0; k < row->pairs; k++) {
			bool same = !row->pair[k].valid &&
				    !strcmp(row->pair[k].cause, row->pair[i].cause);
			n += same;
			seen |= same && k < i;
		}
		if (row->pair[i].valid || seen || !*row->pair[i].cause)
			continue;
		buf_printf(out, "%s%s (%u)", told++ ? ", " : ": ", row->pair[i].cause, n);
	}
}

static void put_what_to_do(struct buf *out, const struct comparison *c, const struct compared *row)
{
	if (row->decision.wants)
		buf_printf(out, "go on to %u blocks", row->decision.wants);
	else if (row->needed)
		buf_printf(out, "measure %u sessions a side, each after a reboot", row->needed);
	else if (c->kind == COMPARE_SESSIONS)
		buf_puts(out, "a shift this close to the margin takes more sessions than anybody "
			      "measures; choose another --margin");
	else if (c->kind == COMPARE_NODES)
		buf_puts(out, "measure more nodes, or accept a wider --margin");
	else
		buf_puts(out, "make it quieter (lock the clocks, stop other work) and measure "
			      "again, or accept a wider --margin");
}

static void put_wide(struct buf *out, const struct comparison *c, const struct compared *row)
{
	put_interval(out, row);
	buf_puts(out, ", which reaches over the margin of ");
	put_share(out, row->margin);
	buf_puts(out, "; only shifts of ");
	put_share(out, row->detectable);
	buf_printf(out, " or more are found with so few %ss and such noise: ", unit_of(c));
	put_what_to_do(out, c, row);
}

static void put_few(struct buf *out, const struct comparison *c, const struct compared *row)
{
	unsigned valid = 0;

	for (size_t i = 0; i < row->pairs; i++)
		valid += row->pair[i].valid;
	words_count(out, valid, unit_of(c));
	if (c->kind == COMPARE_BLOCKS)
		buf_printf(out, " of %u that the first look needs %s valid", row->decision.wants,
			   valid == 1 ? "is" : "are");
	else
		buf_puts(out, " with a number before and after; two are the least");
	put_causes(out, row);
}

static void put_lopsided(struct buf *out, const struct comparison *c, const struct compared *row)
{
	buf_printf(out, "%s lost %u blocks and %s %u", c->a, row->lost_a, c->b, row->lost_b);
	put_causes(out, row);
	buf_puts(out, "; what was lost may have been the slow ones, so nothing is called equal: "
		      "find out why they were lost, and measure again");
}

static void put_why(struct buf *out, const struct comparison *c, const struct compared *row)
{
	switch (row->decision.look.why) {
	case UNRESOLVED_NO:
		break;
	case UNRESOLVED_WIDE:
		put_wide(out, c, row);
		break;
	case UNRESOLVED_NOT_WORSE:
		buf_puts(out, "not worse: ");
		put_interval(out, row);
		buf_puts(out, ", so it is not slower by the margin; whether it is faster is open");
		break;
	case UNRESOLVED_FLAT:
		buf_printf(out,
			   "all %ss show the very same difference, which no real measurement "
			   "does: look whether the metric is measured at all",
			   unit_of(c));
		break;
	case UNRESOLVED_LOPSIDED:
		put_lopsided(out, c, row);
		break;
	case UNRESOLVED_FEW:
		put_few(out, c, row);
		break;
	case UNRESOLVED_LIBRARY:
		buf_puts(out, "the history is too short to tell how much sessions differ: measure "
			      "more sessions and name their folder with --history");
		break;
	}
}

char *compared_reason(const struct comparison *c, const struct compared *row)
{
	const struct look *l = &row->decision.look;
	struct buf out = BUF_INIT;

	if (row->role == ROLE_SCREEN && !row->candidate)
		return NULL;
	if (l->verdict == VERDICT_EQUIVALENT && (row->lo > 0 || row->hi < 0)) {
		buf_puts(&out, "shift ");
		put_share(&out, row->ratio);
		buf_puts(&out, row->ratio > 0 ? " slower, inside the margin"
					      : " faster, inside the margin");
	} else if (!l->verdict) {
		put_why(&out, c, row);
	}
	return out.len ? buf_steal(&out) : NULL;
}

/* ---- the sentence ---- */

/* " within 2 %" where all gates with that verdict have one margin, else " within their margins". */
static void put_margins(struct buf *out, const struct comparison *c)
{
	double lo = INFINITY, hi = 0;

	for (size_t i = 0; i < c->n; i++) {
		if (c->row[i].role != ROLE_GATE ||
		    c->row[i].decision.look.verdict != VERDICT_EQUIVALENT)
			continue;
		lo = fmin(lo, c->row[i].margin);
		hi = fmax(hi, c->row[i].margin);
	}
	buf_puts(out, " within ");
	if (lo < hi) {
		buf_puts(out, "margins of ");
		put_share(out, lo);
		buf_puts(out, " to ");
	}
	put_share(out, hi);
}

/* The row of that role and verdict whose shift is the largest. */
static const struct compared *largest(const struct comparison *c, enum role role, enum verdict v)
{
	const struct compared *best = NULL;

	for (size_t i = 0; i < c->n; i++) {
		const struct compared *r = &c->row[i];

		if (r->role != role || r->decision.look.verdict != v || !r->decision.look.k)
			continue;
		if (!best || fabs(r->ratio) > fabs(best->ratio))
			best = r;
	}
	return best;
}

/* ": copy bandwidth GPU 3, h2d by 3.1 % ± 0.4 %" */
static void put_largest(struct buf *out, const struct compared *row, unsigned n)
{
	if (!row)
		return;
	buf_puts(out, n > 1 ? ", most of all " : ": ");
	compared_name(out, row);
	buf_puts(out, " by ");
	put_share(out, row->ratio);
	buf_puts(out, " ± ");
	put_share(out, (row->hi - row->lo) / 2);
}

static void put_verdicts(struct buf *out, const struct comparison *c)
{
	static const struct {
		enum verdict v;
		const char *one;
	} kinds[] = {{VERDICT_REGRESSED, "slower"}, {VERDICT_IMPROVED, "faster"}};

	for (size_t i = 0; i < 2; i++) {
		unsigned n = c->of_gates[kinds[i].v];

		if (!n)
			continue;
		buf_printf(out, ", %u %s %s", n, n == 1 ? "is" : "are", kinds[i].one);
		put_largest(out, largest(c, ROLE_GATE, kinds[i].v), n);
	}
	unsigned open = c->of_gates[VERDICT_INCONCLUSIVE] - c->not_worse - c->skipped;
	if (c->not_worse)
		buf_printf(out, ", %u not worse", c->not_worse);
	if (open)
		buf_printf(out, ", %u undecided", open);
	if (c->skipped)
		buf_printf(out, ", %u skipped on both sides", c->skipped);
}

static void put_screens(struct buf *out, const struct comparison *c)
{
	unsigned worse = c->confirmed[VERDICT_REGRESSED], better = c->confirmed[VERDICT_IMPROVED];

	if (!c->screens)
		return;
	buf_printf(out, "; of %u screened ", c->screens);
	if (!c->candidates) {
		buf_puts(out, "none shows a large shift");
		return;
	}
	buf_printf(out, "%u %s a shift beyond the margin", c->candidates + c->dropped,
		   c->candidates + c->dropped == 1 ? "shows" : "show");
	if (c->kind != COMPARE_BLOCKS) {
		buf_puts(out, " (not judged)");
		return;
	}
	buf_printf(out, ", of which fresh blocks confirm %u as slower", worse);
	put_largest(out, largest(c, ROLE_SCREEN, VERDICT_REGRESSED), worse);
	buf_printf(out, " and %u as faster", better);
	if (c->dropped)
		buf_printf(out, " (%u more were not measured again)", c->dropped);
}

/* The control whose shift is the largest of those that moved. */
static void put_unproven(struct buf *out, const struct comparison *c)
{
	const struct compared *up = largest(c, ROLE_CONTROL, VERDICT_REGRESSED),
			      *down = largest(c, ROLE_CONTROL, VERDICT_IMPROVED);

	buf_puts(out, "UNPROVEN: the control that runs outside both arms moved as well");
	put_largest(out,
		    up && down && fabs(down->ratio) > fabs(up->ratio) ? down
		    : up					      ? up
								      : down,
		    1);
	buf_puts(out, ", so the machine itself changed while it was measured. ");
}

static void sentence(struct buf *out, const struct comparison *c)
{
	unsigned gates = 0;

	for (int v = 0; v < VERDICT_N; v++)
		gates += c->of_gates[v];
	if (c->exit == EXIT_NOTHING) {
		buf_puts(out, "Nothing can be compared: no metric has a number on both sides.");
		return;
	}
	if (c->unproven)
		put_unproven(out, c);
	if (c->noisy) {
		buf_puts(out, c->kind == COMPARE_BLOCKS
				      ? "This machine is too noisy to tell: only shifts of "
				      : "Too noisy to tell: only shifts of ");
		put_share(out, c->detectable);
		buf_puts(out, " or more would be found. ");
	}
	buf_printf(out, "Of %u gate metric%s %u %s equivalent", gates, gates == 1 ? "" : "s",
		   c->of_gates[VERDICT_EQUIVALENT],
		   c->of_gates[VERDICT_EQUIVALENT] == 1 ? "is" : "are");
	if (c->of_gates[VERDICT_EQUIVALENT])
		put_margins(out, c);
	put_verdicts(out, c);
	put_screens(out, c);
	if (c->kind == COMPARE_NODES)
		buf_printf(out, " (%u node%s before and after, %u untouched).", c->blocks,
			   c->blocks == 1 ? "" : "s", c->untouched);
	else
		buf_printf(out, " (%s against %s).", c->b, c->a);
}

/* ---- the guarantee ---- */

static void guarantee_blocks(struct buf *out, const struct comparison *c)
{
	unsigned m = c->gates + c->controls, strays = 0;
	struct verdict_family f = verdict_family_gates(c->gates, c->controls, c->screens, 1);

	for (size_t i = 0; i < c->n; i++)
		strays += c->row[i].strays_a + c->row[i].strays_b;
	buf_printf(out,
		   "Each verdict rests on pairs of fresh processes, one of %s and one of %s, "
		   "that ran one after the other in shuffled order. ",
		   c->a, c->b);
	buf_printf(out,
		   "If nothing differs, or all of it by just the margin, the chance that any "
		   "verdict on gates and controls (%u in all) is wrong is at most ",
		   m);
	put_share(out, f.alpha);
	if (c->screens) {
		buf_puts(out, ", and ");
		put_share(out, VERDICT_ALPHA_SCREENS);
		buf_puts(out, " for the screened metrics that were measured again");
	}
	buf_puts(out, ".");
	if (isfinite(c->detectable)) {
		buf_puts(out, " A typical gate shows a shift of ");
		put_share(out, c->detectable);
		buf_puts(out, " nine times in ten.");
	}
	buf_puts(out, " This is about the typical process: what befalls fewer than one in eleven "
		      "can stay unseen; ");
	buf_printf(out, "%u process%s strayed.", strays, strays == 1 ? "" : "es");
}

static void guarantee_before_after(struct buf *out, const struct comparison *c)
{
	bool assumed = false;

	for (size_t i = 0; i < c->n; i++)
		assumed |= c->row[i].assumed;
	if (assumed) {
		buf_puts(out,
			 "Nothing is promised: how much sessions differ is assumed, not known. "
			 "Intervals are shown to say what to expect.");
		return;
	}
	if (c->kind == COMPARE_SESSIONS)
		buf_puts(out, "Each verdict weighs the shift against how much sessions of an "
			      "unchanged machine differ, as the history has it. ");
	else
		buf_puts(out, "Each node is compared with itself; what it changed by is weighed "
			      "against how much the nodes differ in that. ");
	buf_printf(out,
		   "If nothing differs, or all of it by just the margin, the chance that any "
		   "verdict on gates (%u in all) is wrong is at most ",
		   c->gates);
	put_share(out, VERDICT_ALPHA);
	buf_puts(out, c->kind == COMPARE_NODES && !c->untouched
			      ? ". No untouched node is there, so a drift of all of them cannot be "
				"told from the change."
			      : ".");
}

static void copy_cut(char *to, size_t size, struct buf *from)
{
	struct buf cut = BUF_INIT;

	words_cut(&cut, buf_str(from), size - 4);
	memcpy(to, buf_str(&cut), cut.len + 1);
	buf_free(&cut);
	buf_free(from);
}

void comparison_words(struct comparison *c)
{
	struct buf text = BUF_INIT;

	sentence(&text, c);
	copy_cut(c->sentence, sizeof(c->sentence), &text);
	if (c->kind == COMPARE_BLOCKS)
		guarantee_blocks(&text, c);
	else
		guarantee_before_after(&text, c);
	copy_cut(c->guarantee, sizeof(c->guarantee), &text);
}
