/*
 * NVML's reasons for a clock that is below the greatest, as telemetry keeps them (clock_reasons;
 * nvmlDeviceGetCurrentClocksEventReasons). Others are no matter of ours.
 */
#ifndef ASSAY_BASE_CLOCK_EVENTS_H
#define ASSAY_BASE_CLOCK_EVENTS_H

enum clock_event {
	CLOCK_POWER_CAP = 0x4,
	CLOCK_HW = 0x8, /* one of the two below that begin with HW, where the driver tells which */
	CLOCK_SW_THERMAL = 0x20,
	CLOCK_HW_THERMAL = 0x40,
	CLOCK_HW_BRAKE = 0x80,
};

/* All that NVML names but "idle" (0x1): what is known to hold a clock down. */
#define CLOCK_EVENTS_KNOWN 0x1feu

#endif
