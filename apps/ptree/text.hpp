// SPDX-License-Identifier: Apache-2.0
#pragma once

// text: how bytes and numbers are written.

#include <cstdint>
#include <string>
#include <string_view>

namespace ptree {

/// `text` such that a terminal shows it and does nothing else: control characters and bytes that are not UTF-8 as \xNN, and a
/// backslash as two. Different texts give different results.
[[nodiscard]] std::string printable(std::string_view text);

[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// Two digits per byte.
[[nodiscard]] std::string hexadecimal(std::string_view bytes);

/// "1 file", "2 files".
[[nodiscard]] std::string counted(std::uint64_t n, std::string_view noun);

}  // namespace ptree
