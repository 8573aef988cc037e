// SPDX-License-Identifier: Apache-2.0
#include <pariter/containers/far.hpp>
#include <pariter/core/endless.hpp>
#include <pariter/core/no_guard.hpp>
#include <pariter/core/no_licence.hpp>
#include <pariter/coro/promise.hpp>
