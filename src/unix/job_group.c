/* SPDX-License-Identifier: MIT */
/*
 * The least of all means: nothing but the groups of the wards, which the layer above
 * reaches through the wards themselves.
 */
#include "job.h"

const struct ward__means ward__job_group = { .means = WARD_MEANS_GROUP };
