// SPDX-License-Identifier: Apache-2.0
#pragma once
// io_errc: what can be wrong with a file besides what the operating system reports by errno.
//
//   if (failure.error == io_errc::directory_loop) ...

#include <system_error>
#include <type_traits>

namespace pariter {

enum class io_errc {
  is_a_directory = 1,
  is_a_fifo,
  is_a_socket,
  is_a_character_device,
  is_a_block_device,
  is_of_unknown_kind,
  directory_loop,             // a followed link leads to a directory that we are in already
  changed_while_being_read,   // a large file got shorter while its parts were read
};

// The category of io_errc, named "pariter.io".
[[nodiscard]] const std::error_category& io_category() noexcept;

[[nodiscard]] inline std::error_code make_error_code(io_errc e) noexcept { return {static_cast<int>(e), io_category()}; }

}  // namespace pariter

template <>
struct std::is_error_code_enum<pariter::io_errc> : std::true_type {};
