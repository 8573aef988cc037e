// SPDX-License-Identifier: Apache-2.0
#include <pariter/containers/relay.hpp>
