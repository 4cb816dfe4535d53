/* SPDX-License-Identifier: MIT */
/*
 * A start: everything is laid out and opened first, then one CreateProcessW makes the
 * process, gives it its handles, puts it into its job and hands us its HANDLE. Whatever
 * can fail after that, the processors that it may run on, a terminal that is to end with
 * it, is done while it is suspended, and a failure ends it before it has run.
 */
#include "start.h"

#include <errno.h>
#include <string.h>

#include "../env.h"
#include "../gate.h"
#include "../memory.h"
#include "birth.h"
#include "channel.h"
#include "command_line.h"
#include "environment.h"
#include "handles.h"
#include "os_error.h"
#include "path.h"
#include "program.h"
#include "signals.h"
#include "text.h"

enum {
	ATTRIBUTES = 3,
	LINE_MAX_UNITS = 32767,       /* with the NUL */
	CMD_LINE_MAX_UNITS = 8191     /* cmd.exe reads no more */
};

struct plan {
	const struct ward__start *start;
	const struct ward_spawn_opts *opts;
	struct ward_windows_opts own;
	struct ward__birth birth;
	struct ward__handles handles;
	struct ward__program program;
	uint16_t *environment;
	uint16_t *directory;          /* the child's, full */
	uint16_t *line;
	uint16_t *shell;              /* cmd.exe, for a batch file */
	struct ward__terminal *terminal; /* lent; NULL: none */
	LPPROC_THREAD_ATTRIBUTE_LIST attributes;
};

/* Not in every <windows.h>. Its value is the console itself, and not where it is. */
#ifndef PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE
#define PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE 0x00020016
#endif

/* ---------------------------------------------------------------------- what to run */

static int fail_text(struct ward_error *error, int code, const char *path)
{
	return ward__fail(error, code == -ENOMEM ? WARD_STEP_MEMORY : WARD_STEP_OPTIONS,
	                  code, -1, path);
}

static int make_environment(struct plan *plan, struct ward_error *error)
{
	int r = ward__environment_block(&plan->environment, plan->start->env);

	return r < 0 ? fail_text(error, r, NULL) : 0;
}

static int full_directory(uint16_t **ret, const char *name)
{
	uint16_t *here, *path;
	int r = ward__path_here(&here);

	if (r < 0 || !name) {
		if (r == 0)
			*ret = here;
		return r;
	}
	r = ward__utf16(&path, name);
	if (r == 0) {
		r = ward__path_from(ret, here, path);
		ward__free(path);
	}
	ward__free(here);
	return r;
}

/* CreateProcessW has one error for all that can be wrong with a directory. */
static int check_directory(const uint16_t *directory)
{
	DWORD attributes;
	int r = ward__gate("GetFileAttributesW");

	if (r < 0)
		return r;
	attributes = GetFileAttributesW(directory);
	if (attributes == INVALID_FILE_ATTRIBUTES)
		return ward__last_error();
	return attributes & FILE_ATTRIBUTE_DIRECTORY ? 0 : -ENOTDIR;
}

static int find_directory(struct plan *plan, struct ward_error *error)
{
	const char *name = plan->opts->cwd;
	int r = full_directory(&plan->directory, name);

	if (r == -ENOMEM || r == -EILSEQ)
		return fail_text(error, r, name);
	if (r == 0 && name)
		r = check_directory(plan->directory);
	return r < 0 ? ward__fail_last(error, WARD_STEP_CHDIR, r, -1, name) : 0;
}

/* ------------------------------------------------------------------------- the line */

static int find_shell(uint16_t **ret)
{
	static const uint16_t name[] = { '\\', 'c', 'm', 'd', '.', 'e', 'x', 'e', 0 };
	uint16_t path[MAX_PATH + 16];
	UINT n = GetSystemDirectoryW(path, MAX_PATH);

	if (n == 0 || n >= MAX_PATH)
		return -ENOENT;
	memcpy(path + n, name, sizeof(name));
	return ward__path_from(ret, path, path);
}

static int copy_utf8(char **ret, const uint16_t *text)
{
	size_t n = ward__utf16_length(text);

	*ret = ward__alloc(ward__utf8_write(NULL, text, n) + 1);
	if (!*ret)
		return -ENOMEM;
	ward__utf8_write(*ret, text, n);
	return 0;
}

/* What a line is made of; @shell and @script are NULL but for a batch file. */
struct words {
	char *shell, *script;
	const char *const *argv;
};

static int write_line(char *to, const struct words *words, size_t *n)
{
	if (words->script)
		return ward__command_line_batch(to, words->shell, words->script,
		                                words->argv, n);
	return ward__command_line(to, words->argv, n);
}

static int make_line(uint16_t **ret, const struct words *words, size_t most)
{
	char *line;
	size_t n;
	int r = write_line(NULL, words, &n);

	if (r < 0)
		return r;
	line = ward__alloc(n + 1);
	if (!line)
		return -ENOMEM;
	write_line(line, words, &n);
	r = ward__utf16_write(NULL, line, &n);
	if (r == 0 && n >= most)
		r = -E2BIG;
	if (r == 0)
		r = ward__utf16(ret, line);
	ward__free(line);
	return r;
}

/* What protects percent signs is the directory's variable: it must have a value. */
static int check_variable(const char *const *env)
{
	const char *directory = ward__env_get(env, "CD");

	return directory && !*directory ? -EINVAL : 0;
}

static int make_batch_line(struct plan *plan, struct ward_error *error)
{
	struct words words = { NULL, NULL, plan->start->argv };
	int r = check_variable(plan->start->env);

	if (r == 0)
		r = find_shell(&plan->shell);
	if (r == 0)
		r = copy_utf8(&words.shell, plan->shell);
	if (r == 0)
		r = copy_utf8(&words.script, plan->program.path);
	if (r == 0)
		r = make_line(&plan->line, &words, CMD_LINE_MAX_UNITS);
	ward__free(words.shell);
	ward__free(words.script);
	if (r == -ENOMEM || r == -EILSEQ)
		return fail_text(error, r, NULL);
	return r < 0 ? ward__fail(error, WARD_STEP_BATCH, r, -1, plan->opts->file) : 0;
}

static int make_program_line(struct plan *plan, struct ward_error *error)
{
	const struct words words = { NULL, NULL, plan->start->argv };
	int r = make_line(&plan->line, &words, LINE_MAX_UNITS);

	if (r == -E2BIG)
		return ward__fail(error, WARD_STEP_EXEC, r, -1, plan->opts->file);
	return r < 0 ? fail_text(error, r, NULL) : 0;
}

static int find_program(struct plan *plan, struct ward_error *error)
{
	int r = ward__program_find(&plan->program, plan->start, plan->directory,
	                           plan->own.flags, error);

	if (r < 0)
		return r;
	return plan->program.batch ? make_batch_line(plan, error) :
	                             make_program_line(plan, error);
}

/* ----------------------------------------------------------------------- attributes */

static int set_attributes(struct plan *plan)
{
	struct ward__handles *h = &plan->handles;
	struct ward__birth *birth = &plan->birth;

	if (h->n_list > 0 &&
	    !UpdateProcThreadAttribute(plan->attributes, 0,
	                               PROC_THREAD_ATTRIBUTE_HANDLE_LIST, h->list,
	                               h->n_list * sizeof(*h->list), NULL, NULL))
		return ward__last_error();
	if (birth->n > 0 &&
	    !UpdateProcThreadAttribute(plan->attributes, 0,
	                               PROC_THREAD_ATTRIBUTE_JOB_LIST, birth->jobs,
	                               birth->n * sizeof(*birth->jobs), NULL, NULL))
		return ward__last_error();
	if (plan->terminal &&
	    !UpdateProcThreadAttribute(plan->attributes, 0,
	                               PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE,
	                               ward__terminal_console(plan->terminal),
	                               sizeof(void *), NULL, NULL))
		return ward__last_error();
	return 0;
}

static int make_attributes(struct plan *plan, struct ward_error *error)
{
	SIZE_T size = 0;
	int r = ward__gate("InitializeProcThreadAttributeList");

	if (r == 0) {
		InitializeProcThreadAttributeList(NULL, ATTRIBUTES, 0, &size);
		plan->attributes = ward__alloc(size);
		r = plan->attributes ? 0 : -ENOMEM;
	}
	if (r == 0 && !InitializeProcThreadAttributeList(plan->attributes, ATTRIBUTES, 0,
	                                                 &size)) {
		ward__free(plan->attributes);
		plan->attributes = NULL;
		r = -ENOMEM;
	}
	if (r < 0)
		return ward__fail(error, WARD_STEP_MEMORY, r, -1, NULL);
	r = set_attributes(plan);
	return r < 0 ? ward__fail_last(error, WARD_STEP_PROCESS, r, -1, NULL) : 0;
}

/* --------------------------------------------------------------------------- create */

static DWORD priority_class(int nice)
{
	if (nice <= -15)
		return HIGH_PRIORITY_CLASS;
	if (nice <= -5)
		return ABOVE_NORMAL_PRIORITY_CLASS;
	if (nice < 5)
		return NORMAL_PRIORITY_CLASS;
	return nice < 15 ? BELOW_NORMAL_PRIORITY_CLASS : IDLE_PRIORITY_CLASS;
}

static DWORD creation_flags(const struct plan *plan)
{
	static const DWORD consoles[] = { 0, CREATE_NO_WINDOW, CREATE_NEW_CONSOLE,
		                          DETACHED_PROCESS };
	DWORD flags = CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT;

	if (plan->opts->flags & WARD_SPAWN_PGROUP)
		flags |= CREATE_NEW_PROCESS_GROUP;
	if (plan->opts->flags & WARD_SPAWN_NICE)
		flags |= priority_class(plan->opts->nice);
	if (plan->opts->n_cpus > 0 || plan->terminal)
		flags |= CREATE_SUSPENDED;
	return flags | consoles[plan->own.console];
}

/* Why CreateProcessW failed, and at which step that was. */
static int fail_create(const struct plan *plan, struct ward_error *error)
{
	int code = ward__last_error(), step = WARD_STEP_EXEC;
	const char *path = plan->opts->file;

	switch (GetLastError()) {
	case ERROR_DIRECTORY:
		step = WARD_STEP_CHDIR;
		path = plan->opts->cwd;
		break;
	case ERROR_NOT_ENOUGH_QUOTA:  /* JOB_OBJECT_LIMIT_ACTIVE_PROCESS */
		step = plan->birth.n > 0 ? WARD_STEP_JOB : WARD_STEP_PROCESS;
		path = NULL;
		break;
	case ERROR_NO_SYSTEM_RESOURCES:
	case ERROR_NOT_ENOUGH_MEMORY:
	case ERROR_COMMITMENT_LIMIT:
	case ERROR_NO_PROC_SLOTS:
		step = WARD_STEP_PROCESS;
		path = NULL;
		break;
	default:
		break;
	}
	return ward__fail_last(error, step, code, -1, path);
}

static int create(PROCESS_INFORMATION *ret, struct plan *plan, struct ward_error *error)
{
	struct ward__handles *h = &plan->handles;
	STARTUPINFOEXW info = { .StartupInfo = { .cb = sizeof(info) } };
	const uint16_t *program = plan->shell ? plan->shell : plan->program.path;
	int r = ward__gate("CreateProcessW");

	if (r < 0)
		return ward__fail(error, WARD_STEP_PROCESS, r, -1, NULL);
	info.lpAttributeList = plan->attributes;
	info.StartupInfo.lpReserved2 = h->block;
	info.StartupInfo.cbReserved2 = h->block_size;
	if (!h->own_console) {
		info.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
		info.StartupInfo.hStdInput = h->standard[0];
		info.StartupInfo.hStdOutput = h->standard[1];
		info.StartupInfo.hStdError = h->standard[2];
	}
	if (!CreateProcessW(program, plan->line, NULL, NULL, h->n_list > 0,
	                    creation_flags(plan), plan->environment,
	                    plan->opts->cwd ? plan->directory : NULL, &info.StartupInfo,
	                    ret))
		return fail_create(plan, error);
	return 0;
}

/* Nothing of it has run yet, so that its end cannot be refused. */
static void undo(PROCESS_INFORMATION *child)
{
	TerminateProcess(child->hProcess, WARD__KILLED_CODE);
	WaitForSingleObject(child->hProcess, INFINITE);
	CloseHandle(child->hThread);
	CloseHandle(child->hProcess);
}

static int set_processors(const PROCESS_INFORMATION *child,
                          const struct ward_spawn_opts *opts)
{
	DWORD_PTR mask = 0;
	int r = opts->n_cpus > 0 ? ward__gate("SetProcessAffinityMask") : 0;

	if (r < 0 || opts->n_cpus == 0)
		return r;
	for (size_t i = 0; i < opts->n_cpus; i++)
		mask |= (DWORD_PTR)1 << opts->cpus[i];
	return SetProcessAffinityMask(child->hProcess, mask) ? 0 : ward__last_error();
}

/* What is done while it is suspended; then let it run. */
static int release(const PROCESS_INFORMATION *child, const struct plan *plan,
                   struct ward_error *error)
{
	int r = set_processors(child, plan->opts);

	if (r < 0)
		return ward__fail_last(error, WARD_STEP_AFFINITY, r, -1, NULL);
	r = plan->terminal ? ward__terminal_follow(plan->terminal, child->hProcess) : 0;
	if (r < 0)
		return ward__fail_last(error, WARD_STEP_PTY, r, -1, NULL);
	if (ResumeThread(child->hThread) == (DWORD)-1)
		return ward__fail_last(error, WARD_STEP_PROCESS, ward__last_error(), -1,
		                       NULL);
	return 0;
}

static int run(struct ward__started *ret, struct plan *plan, struct ward_error *error)
{
	PROCESS_INFORMATION child;
	int r = create(&child, plan, error);

	if (r < 0)
		return r;
	if (creation_flags(plan) & CREATE_SUSPENDED)
		r = release(&child, plan, error);
	if (r < 0) {
		undo(&child);
		return r;
	}
	CloseHandle(child.hThread);
	ret->handle = child.hProcess;
	ret->guard = plan->birth.guard;
	plan->birth.guard = NULL;
	ret->pid = (int64_t)child.dwProcessId;
	ret->leads_group = (plan->opts->flags & WARD_SPAWN_PGROUP) && !plan->terminal &&
	                   plan->own.console == WARD_CONSOLE_INHERIT;
	return 0;
}

/* ----------------------------------------------------------------------------- plan */

/* A terminal is the console that it has. */
static int check_console(const struct plan *plan, struct ward_error *error)
{
	if (plan->terminal && plan->own.console != WARD_CONSOLE_INHERIT)
		return ward__fail(error, WARD_STEP_OPTIONS, -EINVAL, -1, NULL);
	return 0;
}

static int lay_out(struct plan *plan, struct ward_error *error)
{
	const struct ward__console console = { plan->own.console,
		                               plan->terminal != NULL };
	int r = check_console(plan, error);

	if (r == 0)
		r = make_environment(plan, error);

	if (r == 0)
		r = ward__birth_prepare(&plan->birth, plan->start, plan->own.job, error);
	if (r == 0)
		r = ward__handles_open(&plan->handles, plan->opts, console, error);
	if (r == 0)
		r = find_directory(plan, error);
	if (r == 0)
		r = find_program(plan, error);
	return r == 0 ? make_attributes(plan, error) : r;
}

static void clean(struct plan *plan)
{
	if (plan->attributes)
		DeleteProcThreadAttributeList(plan->attributes);
	ward__free(plan->attributes);
	ward__birth_clean(&plan->birth);
	ward__handles_close(&plan->handles);
	ward__free(plan->shell);
	ward__free(plan->line);
	ward__free(plan->program.path);
	ward__free(plan->directory);
	ward__free(plan->environment);
}

int ward__start(struct ward__started *ret, const struct ward__start *start,
                struct ward_error *error)
{
	struct plan plan = { .start = start, .opts = start->opts };
	int r = ward__start_check(&plan.own, start->opts, error);

	if (r < 0)
		return r;
	if (start->terminal)
		plan.terminal = ward__channel_terminal(start->terminal);
	r = lay_out(&plan, error);
	if (r == 0)
		r = run(ret, &plan, error);
	clean(&plan);
	return r;
}
