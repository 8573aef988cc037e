// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <boost/asio/post.hpp>
#include <pariter/coro/promise.hpp>
