// SPDX-License-Identifier: Apache-2.0
#pragma once
// latched<I>: the source of an adaptor; at its end it is gone, and is at its end for ever.
//
// An iterator need not be asked again after its end, and what it holds (a file, a frame, another adaptor) is not kept longer than it is
// of use. A copy is a fork, as forking.hpp says.

#include "pariter/core/iterator.hpp"
#include "pariter/core/size_hint.hpp"
#include "pariter/detail/forking.hpp"
#include "pariter/detail/renew.hpp"

#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

namespace pariter::detail {

template <iterator I>
class latched {
 public:
  constexpr latched(I&& it) noexcept(std::is_nothrow_move_constructible_v<I>) : it_(std::move(it)) {}

  // Throws what the source throws, which is no end.
  constexpr step_t<I> next() {
    step_t<I> s;  // the only one that is returned, so that it is not moved once more
    if (it_) [[likely]] {
      renew(s, [this] { return (*it_)->next(); });
      if (!s) [[unlikely]] release();
    }
    return s;
  }

  // What is left, 0 at the end; nothing if the source cannot tell.
  constexpr std::optional<std::size_t> size_hint() const {
    if (!it_) return 0;
    return pariter::size_hint(**it_);
  }

  constexpr void release() noexcept { it_.reset(); }
  // False: at its end, or released.
  constexpr explicit operator bool() const noexcept { return it_.has_value(); }

 private:
  std::optional<forking<I>> it_;
};

}  // namespace pariter::detail
