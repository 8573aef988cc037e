// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "pariter/containers/orders.hpp"
#include <boost/asio/post.hpp>
#include <oneapi/tbb/task_arena.h>
#include "pariter/detail/upstairs_too.hpp"
