// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a sanitizer cannot do.

// UBSan looks into memory by means of a pipe, and takes it for invalid where no descriptor is left.
#if defined(__has_feature)
#if __has_feature(undefined_behavior_sanitizer)
#define PARITER_TEST_NEEDS_DESCRIPTORS 1
#endif
#endif
#ifndef PARITER_TEST_NEEDS_DESCRIPTORS
#define PARITER_TEST_NEEDS_DESCRIPTORS 0
#endif
