/* SPDX-License-Identifier: MIT */
/*
 * A limit bounds memory: what the whole process takes at its peak while much more comes
 * than is kept, as Linux counts it.
 */
#include "run.h"

#ifdef __linux__
/* A line of /proc/self/status, in bytes. */
static uint64_t status_bytes(const char *key)
{
	char line[256];
	unsigned long long kib = 0;
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, key, strlen(key)) == 0)
			sscanf(line + strlen(key), ": %llu", &kib);
	if (f)
		fclose(f);
	return kib << 10;
}

static void check_peak(uint32_t how, uint64_t limit)
{
	struct ward_run_opts opts =
		*WARD_RUN_OPTS(.out = { .keep = how, .limit = limit });
	uint64_t before = status_bytes("VmHWM"), peak;
	struct ward_result r = run_or_fail(PLAY("fill", "1", "104857600"), &opts);

	peak = status_bytes("VmHWM") - before;
	CHECK_EQ(r.out.size, limit);
	CHECK_EQ(r.out.total, 104857600);
	if (!CHECK(peak <= limit + (1u << 20)))
		check_note("... policy %u, limit %llu KiB: %llu KiB more", how,
		           (unsigned long long)limit >> 10,
		           (unsigned long long)peak >> 10);
	ward_result_free(&r);
}

/* The first one is what memory was never touched yet, so the dearest comes first. */
static void check_peaks(uint32_t how)
{
	if (on_slow_tool() || on_emulator())
		SKIP("memory is counted otherwise under a tool");
	check_peak(how, 4u << 20);
	check_peak(how, 20u << 20);
}

/* [bounded] */
TEST(the_begin_needs_no_more_memory_than_its_limit)
{
	check_peaks(WARD_KEEP_HEAD);
}

/* [bounded] */
TEST(the_end_needs_no_more_memory_than_its_limit)
{
	check_peaks(WARD_KEEP_TAIL);
}

/* [bounded] */
TEST(both_ends_need_no_more_memory_than_their_limit)
{
	check_peaks(WARD_KEEP_ENDS);
}
#else
TEST(no_run_needs_more_memory_than_its_limit)
{
	SKIP("this system does not say what a process took at its peak");
}
#endif
