/* SPDX-License-Identifier: MIT */
/* One table from the numbers of Windows to errno, and failures of a start. */
#include "fail.h"

#include <errno.h>
#include <string.h>

#include "system.h"

/* Not in every <windows.h>. */
#ifndef ERROR_ELEVATION_REQUIRED
#define ERROR_ELEVATION_REQUIRED 740
#endif
#ifndef ERROR_VIRUS_INFECTED
#define ERROR_VIRUS_INFECTED 225
#define ERROR_VIRUS_DELETED 226
#endif

static const struct {
	uint32_t os_error;
	int code;
} codes[] = {
	{ ERROR_FILE_NOT_FOUND, ENOENT },
	{ ERROR_PATH_NOT_FOUND, ENOENT },
	{ ERROR_INVALID_DRIVE, ENOENT },
	{ ERROR_BAD_NETPATH, ENOENT },
	{ ERROR_BAD_NET_NAME, ENOENT },
	{ ERROR_INVALID_NAME, ENOENT },
	{ ERROR_BAD_PATHNAME, ENOENT },
	{ ERROR_MOD_NOT_FOUND, ENOENT },
	{ ERROR_DIRECTORY, ENOTDIR },
	{ ERROR_FILENAME_EXCED_RANGE, ENAMETOOLONG },
	{ ERROR_CANT_RESOLVE_FILENAME, ELOOP },
	{ ERROR_FILE_EXISTS, EEXIST },
	{ ERROR_ALREADY_EXISTS, EEXIST },
	{ ERROR_NOT_SAME_DEVICE, EXDEV },
	{ ERROR_WRITE_PROTECT, EROFS },
	{ ERROR_DISK_FULL, ENOSPC },
	{ ERROR_HANDLE_DISK_FULL, ENOSPC },
	{ ERROR_NOT_READY, ENXIO },
	{ ERROR_BAD_UNIT, ENODEV },
	{ ERROR_SHARING_VIOLATION, EBUSY },
	{ ERROR_LOCK_VIOLATION, EBUSY },
	{ ERROR_BUSY, EBUSY },
	{ ERROR_PIPE_BUSY, EBUSY },
	{ ERROR_BROKEN_PIPE, EPIPE },
	{ ERROR_NO_DATA, EPIPE },

	{ ERROR_ACCESS_DENIED, EACCES },
	{ ERROR_ELEVATION_REQUIRED, EACCES },
	{ ERROR_ACCESS_DISABLED_BY_POLICY, EACCES },
	{ ERROR_CANT_ACCESS_FILE, EACCES },
	{ ERROR_VIRUS_INFECTED, EACCES },
	{ ERROR_VIRUS_DELETED, EACCES },
	{ ERROR_DELETE_PENDING, EACCES },
	{ ERROR_PRIVILEGE_NOT_HELD, EPERM },

	{ ERROR_BAD_FORMAT, ENOEXEC },
	{ ERROR_BAD_EXE_FORMAT, ENOEXEC },
	{ ERROR_CHILD_NOT_COMPLETE, ENOEXEC },
	{ ERROR_INVALID_MODULETYPE, ENOEXEC },
	{ ERROR_INVALID_EXE_SIGNATURE, ENOEXEC },
	{ ERROR_EXE_MARKED_INVALID, ENOEXEC },
	{ ERROR_EXE_MACHINE_TYPE_MISMATCH, ENOEXEC },
	{ ERROR_OLD_WIN_VERSION, ENOEXEC },
	{ ERROR_APP_WRONG_OS, ENOEXEC },
	{ ERROR_SXS_CANT_GEN_ACTCTX, ENOEXEC },
	{ ERROR_META_EXPANSION_TOO_LONG, E2BIG },

	{ ERROR_TOO_MANY_OPEN_FILES, EMFILE },
	{ ERROR_NO_MORE_FILES, ENFILE },
	{ ERROR_NO_PROC_SLOTS, EAGAIN },
	{ ERROR_MAX_THRDS_REACHED, EAGAIN },
	{ ERROR_NOT_ENOUGH_QUOTA, EAGAIN },
	{ ERROR_NOT_ENOUGH_MEMORY, ENOMEM },
	{ ERROR_OUTOFMEMORY, ENOMEM },
	{ ERROR_NO_SYSTEM_RESOURCES, ENOMEM },
	{ ERROR_NONPAGED_SYSTEM_RESOURCES, ENOMEM },
	{ ERROR_PAGED_SYSTEM_RESOURCES, ENOMEM },
	{ ERROR_WORKING_SET_QUOTA, ENOMEM },
	{ ERROR_PAGEFILE_QUOTA, ENOMEM },
	{ ERROR_COMMITMENT_LIMIT, ENOMEM },

	{ ERROR_INVALID_HANDLE, EBADF },
	{ ERROR_INVALID_PARAMETER, EINVAL },
	{ ERROR_BAD_ENVIRONMENT, EINVAL },
	{ ERROR_NOT_SUPPORTED, ENOTSUP },
	{ ERROR_INVALID_FUNCTION, ENOSYS },
	{ ERROR_CALL_NOT_IMPLEMENTED, ENOSYS },
	{ ERROR_PROC_NOT_FOUND, ENOSYS },
	{ ERROR_NOACCESS, EFAULT },
	{ ERROR_NO_UNICODE_TRANSLATION, EILSEQ },
	{ ERROR_OPERATION_ABORTED, ECANCELED },
	{ ERROR_TIMEOUT, ETIMEDOUT },
};

int ward__error_code(uint32_t os_error)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].os_error == os_error)
			return -codes[i].code;
	return -EIO;
}

int ward__last_error(void)
{
	return ward__error_code(GetLastError());
}

static void copy_text(char *to, size_t size, const char *from)
{
	size_t n = from ? strlen(from) : 0;

	if (n >= size)
		n = size - 1;
	if (n > 0)
		memcpy(to, from, n);
	to[n] = '\0';
}

int ward__fail(struct ward_error *error, int step, int code, int64_t number,
               const char *path)
{
	error->step = step;
	error->code = code;
	error->os_error = -code;
	error->number = number;
	copy_text(error->path, sizeof(error->path), path);
	return code;
}

/* A number that says something else is of an earlier call: the test's gate failed. */
int ward__fail_last(struct ward_error *error, int step, int code, int64_t number,
                    const char *path)
{
	DWORD os_error = GetLastError();

	ward__fail(error, step, code, number, path);
	if (os_error != 0 && ward__error_code(os_error) == code)
		error->os_error = (int64_t)os_error;
	return code;
}
