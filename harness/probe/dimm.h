/* What the machine's memory modules carry at most, as the firmware's tables tell root. */
#ifndef ASSAY_PROBE_DIMM_H
#define ASSAY_PROBE_DIMM_H

struct dimms {
	int populated;
	double bytes_per_s; /* all of them together; 0: not known */
	char why[128];	    /* "16 modules of 4800 MT/s", or why it is not known */
};

/* Never an error: who is not root knows nothing. */
void dimms_read(struct dimms *d);

#endif
