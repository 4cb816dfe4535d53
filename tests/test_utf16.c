/* SPDX-License-Identifier: MIT */
/*
 * UTF-8 to UTF-16 and back, on every system: every code point there is, and what is none.
 */
#include "../src/windows/text.c" /* NOLINT(bugprone-suspicious-include) */

#include <string.h>

#include "check.h"

static size_t encode(char *to, uint32_t point)
{
	if (point < 0x80) {
		to[0] = (char)point;
		return 1;
	}
	if (point < 0x800) {
		to[0] = (char)(0xC0 + point / 64);
		to[1] = (char)(0x80 + point % 64);
		return 2;
	}
	if (point < 0x10000) {
		to[0] = (char)(0xE0 + point / 4096);
		to[1] = (char)(0x80 + point / 64 % 64);
		to[2] = (char)(0x80 + point % 64);
		return 3;
	}
	to[0] = (char)(0xF0 + point / 262144);
	to[1] = (char)(0x80 + point / 4096 % 64);
	to[2] = (char)(0x80 + point / 64 % 64);
	to[3] = (char)(0x80 + point % 64);
	return 4;
}

static bool comes_back(const char *text)
{
	uint16_t units[64];
	char back[128];
	size_t n = 0;

	if (ward__utf16_write(NULL, text, &n) < 0 || n > 60)
		return false;
	memset(units, 0xEE, sizeof(units));
	if (ward__utf16_write(units, text, &n) < 0 || units[n] != 0 ||
	    ward__utf16_length(units) != n || units[n + 1] != 0xEEEE)
		return false;
	memset(back, 'x', sizeof(back));
	return ward__utf8_write(NULL, units, n) == strlen(text) &&
	       ward__utf8_write(back, units, n) == strlen(text) && !strcmp(back, text);
}

TEST(every_code_point_comes_back_lone_surrogates_too)
{
	char text[16] = "a";
	uint32_t point;

	for (point = 1; point <= 0x10FFFF; point++) {
		size_t n = encode(text + 1, point);

		text[1 + n] = 'z';
		text[2 + n] = '\0';
		if (!comes_back(text))
			break;
	}
	CHECK_EQ(point, 0x110000);
}

TEST(units_are_those_of_the_standard)
{
	uint16_t units[8];
	size_t n;

	CHECK_EQ(ward__utf16_write(units, "A\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
	                           &n),
	         0);
	CHECK_EQ(n, 5);
	CHECK(units[0] == 'A' && units[1] == 0xE4 && units[2] == 0x20AC);
	CHECK(units[3] == 0xD83D && units[4] == 0xDE00 && units[5] == 0);
}

TEST(every_unit_comes_back)
{
	char text[8];
	size_t n;

	for (uint32_t unit = 1; unit <= 0xFFFF; unit++) {
		uint16_t one[2] = { (uint16_t)unit, 0 }, back[4] = { 0 };

		ward__utf8_write(text, one, 1);
		if (ward__utf16_write(back, text, &n) < 0 || n != 1 || back[0] != unit) {
			CHECK_EQ(unit, 0);
			return;
		}
	}
}

TEST(what_is_not_utf_8_is_refused)
{
	static const char *const bad[] = {
		"\x80",             "\xbf",         "\xc0\x80",         "\xc1\xbf",
		"\xc3",             "\xc3(",        "\xe0\x80\x80",     "\xe0\x9f\xbf",
		"\xe2\x82",         "\xe2\x82(",    "\xf0\x8f\xbf\xbf", "\xf0\x9f\x98",
		"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xfe",         "\xff",
		/* a pair as twice three bytes would come back as four */
		"\xed\xa0\xbd\xed\xb8\x80",
	};
	uint16_t *untouched = (uint16_t[]){ 1 }, *units = untouched;
	size_t n = 7;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_EQ(ward__utf16_write(NULL, bad[i], &n), -EILSEQ);
		CHECK_EQ(ward__utf16(&units, bad[i]), -EILSEQ);
	}
	CHECK_EQ(n, 7);
	CHECK(units == untouched);
}

/* Two surrogates that are no pair, in this order. */
TEST(surrogates_that_are_no_pair_stay_two)
{
	CHECK(comes_back("\xed\xb8\x80\xed\xa0\xbd"));
	CHECK(comes_back("\xed\xa0\xbd\xed\xa0\xbd"));
	CHECK(comes_back("\xed\xa0\xbdx\xed\xb8\x80"));
}
