// SPDX-License-Identifier: Apache-2.0
#pragma once
// PARITER_COLD: a function that is seldom called and stays out of line, so that the loops around its callers stay small.

#if defined(__GNUC__)
#define PARITER_COLD [[gnu::noinline, gnu::cold]]
#else
#define PARITER_COLD
#endif
