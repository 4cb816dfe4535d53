/* SPDX-License-Identifier: MIT */
/*
 * Which process it is, as data and as text. The text is util-linux' PID:INODE, extended
 * by what other systems can tell and by the boot; reading is strict, since a lenient
 * reader would take one process for another.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "call.h"
#include "handle.h"
#include "sized.h"

int ward_identity(struct ward *w, struct ward_id *ret)
{
	struct ward_id id = WARD_ID_INIT;
	struct ward__call call;
	int r;

	if (!w || !ret || ward__sized_check(ret, sizeof(id)) < 0)
		return -EINVAL;
	call = ward__call_begin();
	ward__enter(w);
	r = ward__process_identity(w->process, &id);
	ward__leave(w);
	if (r == 0)
		ward__sized_write(ret, &id, sizeof(id));
	ward__call_end(&call);
	return r;
}

int ward_info(struct ward *w, struct ward_info *ret)
{
	struct ward_info info = { .size = sizeof(info) };
	struct ward__call call;
	int r;

	if (!w || !ret || ward__sized_check(ret, sizeof(info)) < 0)
		return -EINVAL;
	call = ward__call_begin();
	ward__enter(w);
	r = ward__process_info(w->process, &info);
	ward__leave(w);
	if (r == 0)
		ward__sized_write(ret, &info, sizeof(info));
	ward__call_end(&call);
	return r;
}

/* ----------------------------------------------------------------------------- text */

static void add_boot(char *text, const uint8_t boot[16])
{
	*text++ = '@';
	for (int i = 0; i < 16; i++, text += 2)
		snprintf(text, 3, "%02x", boot[i]);
}

int ward_id_format(const struct ward_id *id, uint32_t flags, char *buf, size_t size)
{
	char text[WARD_ID_TEXT_MAX];
	int n;

	if (!id || !buf || size == 0 || (flags & ~(uint32_t)WARD_ID_WITH_BOOT) != 0)
		return -EINVAL;
	if (ward__sized_check(id, sizeof(*id)) < 0 || id->kind > WARD_ID_START)
		return -EINVAL;
	n = snprintf(text, sizeof(text), "%" PRId64, id->pid);
	if (id->kind != WARD_ID_NONE)
		n += snprintf(text + n, sizeof(text) - (size_t)n, ":%s%" PRIu64,
		              id->kind == WARD_ID_START ? "s" : "", id->number);
	if (id->kind != WARD_ID_NONE && id->has_boot && (flags & WARD_ID_WITH_BOOT)) {
		add_boot(text + n, id->boot);
		n += 33;
	}
	snprintf(buf, size, "%s", text);
	return n;
}

/* Decimal digits without sign or leading zeros; *text moves behind them. */
static int read_number(const char **text, uint64_t *ret)
{
	const char *p = *text;
	uint64_t value = 0;

	if (*p < '0' || *p > '9' || (p[0] == '0' && p[1] >= '0' && p[1] <= '9'))
		return -EINVAL;
	for (; *p >= '0' && *p <= '9'; p++) {
		uint64_t digit = (uint64_t)(*p - '0');

		if (value > (UINT64_MAX - digit) / 10)
			return -EINVAL;
		value = value * 10 + digit;
	}
	*text = p;
	*ret = value;
	return 0;
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -EINVAL;
}

static int read_boot(const char **text, uint8_t boot[16])
{
	for (int i = 0; i < 16; i++) {
		int high = hex_digit((*text)[0]);
		int low = high < 0 ? high : hex_digit((*text)[1]);

		if (low < 0)
			return -EINVAL;
		boot[i] = (uint8_t)(high << 4 | low);
		*text += 2;
	}
	return 0;
}

static int read_kind(const char **text, struct ward_id *id)
{
	if (**text != ':')
		return 0;
	++*text;
	id->kind = WARD_ID_INODE;
	if (**text == 's') {
		id->kind = WARD_ID_START;
		++*text;
	}
	return read_number(text, &id->number);
}

static int read_id(const char *text, struct ward_id *id)
{
	uint64_t pid;

	if (read_number(&text, &pid) < 0 || pid < 1 || pid > INT64_MAX)
		return -EINVAL;
	id->pid = (int64_t)pid;
	if (read_kind(&text, id) < 0)
		return -EINVAL;
	if (*text == '@' && id->kind != WARD_ID_NONE) {
		text++;
		id->has_boot = 1;
		if (read_boot(&text, id->boot) < 0)
			return -EINVAL;
	}
	return *text ? -EINVAL : 0;
}

int ward_id_parse(const char *text, struct ward_id *ret)
{
	struct ward_id id = WARD_ID_INIT;

	if (!text || !ret || ward__sized_check(ret, sizeof(id)) < 0 ||
	    read_id(text, &id) < 0)
		return -EINVAL;
	ward__sized_write(ret, &id, sizeof(id));
	return 0;
}
