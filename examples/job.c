/* SPDX-License-Identifier: MIT */
/* Start a program that leaves a daemon behind; it ignores being asked to end. End it. */
#include <stdio.h>
#include <ward.h>

int main(void)
{
	const char *const argv[] = { "sh", "-c",
		                     "exec 9<&0; trap '' TERM; read -r x <&9 & echo started",
		                     NULL };
	static const struct ward_stop_step steps[] = {
		{ 15, WARD_STOP_CONTINUE, WARD_NS_PER_S / 10 }, /* TERM */
		{ 9, 0, 10 * WARD_NS_PER_S },                   /* KILL */
	};
	struct ward_job_result end = WARD_JOB_RESULT_INIT;
	struct ward_spawn_opts opts;
	struct ward_job *job;
	struct ward *w;
	char line[16];
	int r;

	ward_spawn_opts_init(&opts);
	opts.in.kind = opts.out.kind = WARD_FD_PIPE;
	/* Not a mere process group: what is left behind may be in another. */
	if (ward_job_new(&job, WARD_JOB_OPTS(.at_least = WARD_STRENGTH_TREE)) < 0) {
		fprintf(stderr, "nothing here holds a whole tree\n");
		return 77;
	}
	opts.job = job;
	r = ward_spawn(&w, argv, &opts);
	if (r < 0) {
		ward_job_close(job);
		return 1;
	}
	ward_read(w, 1, line, sizeof(line), WARD_FOREVER);

	/* The program is over. What it left behind is not, and nobody knows its number. */
	r = ward_job_stop(job, steps, 2, &end);
	printf("held by %s; ended after step %d, %lld killed, %lld survived\n",
	       ward_means_name(end.means), (int)end.step, (long long)end.n_killed,
	       (long long)end.n_survivors);
	ward_close(w);
	ward_job_close(job);
	return r == 2 ? 0 : 1;
}
