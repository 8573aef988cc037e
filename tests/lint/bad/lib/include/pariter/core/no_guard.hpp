// SPDX-License-Identifier: Apache-2.0
// #pragma once stands in a comment only
