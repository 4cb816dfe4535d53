/* SPDX-License-Identifier: MIT */
/*
 * Medians, quantiles and ratios. Nothing here assumes a distribution: start times have
 * two humps (the child stays on the CPU or is moved) and a long tail of other people's
 * work, so a mean or a standard deviation would describe the neighbours.
 */
#include "common.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void series_add(struct series *series, double value)
{
	if (series->n == series->capacity) {
		series->capacity = series->capacity ? 2 * series->capacity : 1024;
		series->value = realloc(series->value,
		                        series->capacity * sizeof(*series->value));
		if (!series->value)
			die("realloc");
	}
	series->value[series->n++] = value;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double *sorted(const struct series *series)
{
	double *copy;

	copy = malloc(series->n * sizeof(*copy) + 1);
	if (!copy)
		die("malloc");
	if (series->n)
		memcpy(copy, series->value, series->n * sizeof(*copy));
	qsort(copy, series->n, sizeof(*copy), compare);
	return copy;
}

static double at_rank(const double *value, size_t n, double rank)
{
	double below;
	size_t i;

	rank = fmin(fmax(rank, 0), (double)(n - 1));
	below = floor(rank);
	i = (size_t)below;
	if (i + 1 == n)
		return value[i];
	return value[i] + (rank - below) * (value[i + 1] - value[i]);
}

double series_quantile(const struct series *series, double q)
{
	double *value, r;

	if (series->n == 0)
		return NAN;
	value = sorted(series);
	r = at_rank(value, series->n, q * (double)(series->n - 1));
	free(value);
	return r;
}

/* The interval of the median is one of ranks: half of n, +- 1.96 standard deviations of
 * the number of values that fall below the true median. */
static struct ratio summary(const struct series *ratios)
{
	double middle = 0.5 * (double)(ratios->n - 1), reach = 0.98 * sqrt((double)ratios->n);
	double *value = sorted(ratios);
	struct ratio r = {
		.n = (int)ratios->n,
		.median = at_rank(value, ratios->n, middle),
		.low = at_rank(value, ratios->n, middle - reach),
		.high = at_rank(value, ratios->n, middle + reach),
	};

	free(value);
	return r;
}

struct ratio series_ratio(const struct series *a, const struct series *b)
{
	struct ratio r = { 0, NAN, NAN, NAN };
	struct series ratios = { 0 };
	size_t i;

	for (i = 0; i < a->n && i < b->n; i++)
		if (!isnan(a->value[i]) && !isnan(b->value[i]))
			series_add(&ratios, a->value[i] / b->value[i]);
	if (ratios.n)
		r = summary(&ratios);
	free(ratios.value);
	return r;
}
