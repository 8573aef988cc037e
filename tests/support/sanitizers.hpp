// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a sanitizer cannot do.

#include <dlfcn.h>

// UBSan looks into memory by means of a pipe, and takes it for invalid where no descriptor is left.
#if defined(__has_feature)
#if __has_feature(undefined_behavior_sanitizer)
#define PARITER_TEST_NEEDS_DESCRIPTORS 1
#endif
#endif
#ifndef PARITER_TEST_NEEDS_DESCRIPTORS
#define PARITER_TEST_NEEDS_DESCRIPTORS (::dlsym(RTLD_DEFAULT, "__ubsan_vptr_type_cache") != nullptr)  // g++ does not say, but it is a library
#endif
