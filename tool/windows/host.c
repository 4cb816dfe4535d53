/* SPDX-License-Identifier: MIT */
/*
 * What the command needs of Windows. Inside it all text is UTF-8, as the library wants
 * it; only here it is UTF-16.
 */
#define WIN32_LEAN_AND_MEAN 1
#include "../host.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <wchar.h>
#include <windows.h>

#include "../tool.h"

int wmain(int argc, wchar_t **words);

/*
 * MinGW's start would fill in `*` and `?` itself; the command's words are not to
 * change.
 */
extern int _dowildcard;
int _dowildcard = 0;

/* ----------------------------------------------------------------------------- text */

/* The code point at @s, which moves on; a surrogate without its other half stands for
 * itself, as the library writes it. */
static uint32_t code_point(const wchar_t **s)
{
	uint32_t high = (uint16_t)*(*s)++, low = (uint16_t)**s;

	if (high < 0xd800 || high > 0xdbff || low < 0xdc00 || low > 0xdfff)
		return high;
	(*s)++;
	return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

static char *put(char *to, uint32_t c)
{
	int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	static const unsigned char first[] = { 0, 0xc0, 0xe0, 0xf0 };

	*to++ = (char)(first[more] | (c >> (6 * more)));
	while (more-- > 0)
		*to++ = (char)(0x80 | ((c >> (6 * more)) & 0x3f));
	return to;
}

static char *utf8(const wchar_t *wide)
{
	char *text = tool_alloc(wcslen(wide) + 1, 3), *to = text;

	while (*wide)
		to = put(to, code_point(&wide));
	return text;
}

int wmain(int argc, wchar_t **words)
{
	char **argv = tool_alloc((size_t)argc + 1, sizeof(*argv));
	int status;

	for (int i = 0; i < argc; i++)
		argv[i] = utf8(words[i]);
	status = tool_main(argc, argv);
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	free(argv);
	return status;
}

/* ----------------------------------------------------------------------------- time */

int64_t tool_now(void)
{
	LARGE_INTEGER now, per_second;

	QueryPerformanceCounter(&now);
	QueryPerformanceFrequency(&per_second);
	return now.QuadPart / per_second.QuadPart * WARD_NS_PER_S +
	       now.QuadPart % per_second.QuadPart * WARD_NS_PER_S / per_second.QuadPart;
}

int64_t tool_host_unix_ns(void)
{
	/* 1601 to 1970, in units of 100 ns. */
	const int64_t epoch = INT64_C(116444736000000000);
	FILETIME now;
	int64_t ticks;

	GetSystemTimeAsFileTime(&now);
	ticks = (int64_t)(((uint64_t)now.dwHighDateTime << 32) | now.dwLowDateTime);
	return (ticks - epoch) * 100;
}

void tool_host_pause(int64_t ns)
{
	Sleep((DWORD)(ns / WARD_NS_PER_MS));
}

bool tool_host_utc(int64_t unix_s, struct tm *ret)
{
	time_t seconds = (time_t)unix_s;
	const struct tm *date = gmtime(&seconds);

	if (date)
		*ret = *date;
	return date != NULL;
}

/* -------------------------------------------------------------- terminal and people */

/* Somebody sits there who may press Ctrl-C, and the command may read what is typed. */
bool tool_host_is_in_front(void)
{
	DWORD mode;

	return GetConsoleMode(GetStdHandle(STD_INPUT_HANDLE), &mode) != 0;
}

/* Users are no numbers here. */
const char *tool_host_user(uint32_t uid)
{
	(void)uid;
	return NULL;
}

int tool_host_group(const char *name, uint32_t *ret)
{
	(void)name, (void)ret;
	return -ENOTSUP;
}

/* ---------------------------------------------------------------------------- files */

bool tool_host_is_separator(char c)
{
	return c == '/' || c == '\\' || c == ':';
}

static int open_file(const char *path, int how)
{
	int n = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, NULL, 0), fd;
	wchar_t *wide;

	if (n <= 0)
		return -EILSEQ;
	wide = tool_alloc((size_t)n, sizeof(*wide));
	MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide, n);
	fd = _wopen(wide, how | _O_BINARY | _O_NOINHERIT, _S_IREAD | _S_IWRITE);
	n = errno;
	free(wide);
	return fd < 0 ? -n : fd;
}

int tool_host_create(const char *path)
{
	return open_file(path, _O_WRONLY | _O_CREAT | _O_TRUNC);
}

int tool_host_append(const char *path)
{
	return open_file(path, _O_WRONLY | _O_CREAT | _O_APPEND);
}

int tool_host_write(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		int n = _write(fd, bytes, size > 65536 ? 65536 : (unsigned)size);

		if (n < 0)
			return -errno;
		bytes += n;
		size -= (size_t)n;
	}
	return 0;
}

int tool_host_close(int fd)
{
	return _close(fd) < 0 ? -errno : 0;
}

/* Bytes as they are: the C library would make two of a newline. */
int64_t tool_host_write_some(int fd, const char *bytes, size_t size)
{
	int n;

	_setmode(fd, _O_BINARY);
	n = _write(fd, bytes, size > 65536 ? 65536 : (unsigned)size);
	return n < 0 ? -errno : n;
}

size_t tool_host_piece(void)
{
	return SIZE_MAX;
}

/* It does, but there is no way to know when it would not. */
bool tool_host_never_blocks(int fd)
{
	(void)fd;
	return true;
}

int tool_host_unblock(int fd)
{
	(void)fd;
	return -1;
}

/* ---------------------------------------------------------------------------- input */

static int read_all(int fd, struct tool_input *to)
{
	size_t room = 0;

	for (;;) {
		char *more;
		int n;

		if (to->size == room) {
			room = room ? room * 2 : 65536;
			more = realloc(to->data, room);
			if (!more)
				return -ENOMEM;
			to->data = more;
		}
		n = _read(fd, to->data + to->size,
		          room - to->size > 65536 ? 65536 : (unsigned)(room - to->size));
		if (n <= 0)
			return n < 0 ? -errno : 0;
		to->size += (size_t)n;
	}
}

int tool_host_input(const char *path, struct tool_input *ret)
{
	bool given = strcmp(path, "-") == 0;
	int fd = given ? 0 : open_file(path, _O_RDONLY), r;

	if (fd < 0)
		return fd;
	_setmode(fd, _O_BINARY);
	*ret = (struct tool_input){ .fd = -1 };
	r = read_all(fd, ret);
	if (!given)
		_close(fd);
	if (r < 0)
		free(ret->data);
	return r;
}

int64_t tool_host_pid(void)
{
	return GetCurrentProcessId();
}

/* There is no such limit. */
void tool_host_many_files(void)
{
}
