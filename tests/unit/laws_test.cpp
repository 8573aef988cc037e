// SPDX-License-Identifier: Apache-2.0

// The laws of support/laws.hpp over every iterator and iterable of the library. A new one is added as a fixture here; the
// adaptors stand in adaptor_laws_test.cpp.

#include "pariter/containers/broadcast.hpp"
#include "pariter/containers/concurrent_log.hpp"
#include "pariter/containers/copy_on_write.hpp"
#include "pariter/core/any_iterable.hpp"
#include "pariter/core/fields.hpp"
#include "pariter/coro/expression.hpp"
#include "pariter/coro/generator.hpp"
#include "pariter/coro/generator_function.hpp"
#include "pariter/sharing/share.hpp"
#include "pariter/sharing/split.hpp"
#include "pariter/sharing/tee.hpp"
#include "support/laws.hpp"

#include <array>
#include <deque>
#include <forward_list>
#include <list>
#include <map>
#include <numeric>
#include <ranges>
#include <set>
#include <span>
#include <sstream>
#include <string>

using listing = std::vector<pariter::test::flat_item>;

namespace {

// Delivers 0 .. n-1; iter() may be called again.
struct numbered {
  static constexpr bool repeatable = true;
  static constexpr bool endless = false;

  explicit numbered(int n) : n_(n) {}
  listing expected() const {
    listing out;
    for (int i = 0; i < n_; ++i) out.push_back({i});
    return out;
  }
  std::vector<int> numbers() const {
    std::vector<int> v(static_cast<std::size_t>(n_));
    std::iota(v.begin(), v.end(), 0);
    return v;
  }

  int n_;
};
struct numbered_once : numbered {
  static constexpr bool repeatable = false;
  using numbered::numbered;
};

template <class C>
struct over_range : numbered {
  explicit over_range(int n) : numbered(n) {
    const auto v = numbers();
    range_ = C(v.begin(), v.end());
  }
  auto iter() { return pariter::iter(range_); }
  C range_;
};

struct over_temporary : numbered {
  using numbered::numbered;
  auto iter() { return pariter::iter(numbers()); }
};
struct over_temporary_string : numbered {  // short: its characters would move with it
  using numbered::numbered;
  auto iter() {
    std::string s;
    for (int i = 0; i < n_; ++i) s += static_cast<char>(i);
    return pariter::iter(std::move(s));
  }
};
struct over_c_array : numbered {
  explicit over_c_array(int) : numbered(3) {}
  auto iter() { return pariter::iter(array_); }
  int array_[3] = {0, 1, 2};
};
struct over_literal : numbered {
  explicit over_literal(int) : numbered(3) {}
  auto iter() { return pariter::iter("\0\1\2"); }
};
struct over_iota : numbered {
  using numbered::numbered;
  auto iter() { return pariter::iter(std::views::iota(0, n_)); }
};
struct over_transform : numbered {
  explicit over_transform(int n) : numbered(n), v_(numbers()) {}
  auto iter() {
    return pariter::iter(v_ | std::views::transform([](int i) { return i; }));
  }
  std::vector<int> v_;
};
struct over_map : numbered {
  explicit over_map(int n) : numbered(n) {
    for (int i : numbers()) map_[i] = -i;
  }
  auto iter() { return pariter::iter(map_); }
  listing expected() const {
    listing out;
    for (int i = 0; i < n_; ++i) out.push_back({i, -i});
    return out;
  }
  std::map<int, int> map_;
};
struct over_stream : numbered_once {
  explicit over_stream(int n) : numbered_once(n) {
    for (int i : numbers()) text_ += std::to_string(i) + " ";
    stream_.str(text_);
  }
  auto iter() { return pariter::iter(std::views::istream<int>(stream_)); }
  std::string text_;
  std::istringstream stream_;
};
struct over_index : numbered {
  using numbered::numbered;
  struct indexed {
    int n;
    int at(std::size_t i) const { return i < static_cast<std::size_t>(n) ? static_cast<int>(i) : throw std::out_of_range("at"); }
    std::size_t size() const { return 1000; }  // nobody asks
  };
  auto iter() { return pariter::iter(indexed{n_}); }
};
struct over_function : numbered_once {
  using numbered_once::numbered_once;
  auto iter() {
    return pariter::iter([i = 0]() mutable { return i++; }, n_);
  }
};
struct over_tuple : numbered {
  explicit over_tuple(int) : numbered(3) {}
  auto iter() { return pariter::iter(tuple_); }
  std::tuple<int, int, int> tuple_{0, 1, 2};
};
struct over_mixed_tuple : numbered {
  explicit over_mixed_tuple(int) : numbered(3) {}
  auto iter() { return pariter::iter(std::tuple(0, pariter::test::over_aligned(1), pariter::test::counted(2))); }
};
struct over_pair : numbered {
  explicit over_pair(int) : numbered(2) {}
  auto iter() { return pariter::iter(pair_); }
  std::pair<int, char> pair_{0, '\1'};
};
struct over_fields : numbered {
  explicit over_fields(int) : numbered(3) {}
  auto iter() { return pariter::iter(pariter::fields(aggregate_)); }
  struct { int a = 0, b = 1, c = 2; } aggregate_;
};
struct over_optional : numbered {
  explicit over_optional(int n) : numbered(n > 0 ? 1 : 0) {
    if (n > 0) optional_ = 0;
  }
  auto iter() { return pariter::iter(optional_); }
  std::optional<int> optional_;
};
struct over_temporary_optional : over_optional {
  using over_optional::over_optional;
  auto iter() { return pariter::iter(std::optional(optional_)); }
};
struct over_any_iterator : numbered {
  using numbered::numbered;
  auto iter() { return pariter::any_iterator<int>(pariter::iter(numbers())); }
};
struct over_any_iterable : numbered {
  explicit over_any_iterable(int n) : numbered(n), iterable_(numbers()) {}
  auto iter() { return iterable_.iter(); }
  pariter::any_iterable<int> iterable_;
};

pariter::generator<int> count(int to) {
  for (int i = 0; i < to; ++i) co_yield i;
}
pariter::generator<int> count_deep(int from, int to) {
  if (from < to) {
    co_yield from;
    auto rest = count_deep(from + 1, to);
    co_yield pariter::elements_of(std::move(rest));
  }
}
struct over_generator : numbered_once {
  using numbered_once::numbered_once;
  auto iter() { return count(n_); }
};
struct over_generator_of_references : numbered_once {
  using numbered_once::numbered_once;
  static pariter::generator<const int&> references(int to) {
    for (int i = 0; i < to; ++i) co_yield i;
  }
  auto iter() { return references(n_); }
};
struct over_delegation : numbered_once {
  using numbered_once::numbered_once;
  auto iter() { return count_deep(0, n_); }
};
struct over_generator_function : numbered {
  using numbered::numbered;
  auto iter() { return pariter::generator_function(count, n_).iter(); }
};
struct over_expression : numbered {
  using numbered::numbered;
  auto iter() {
    return pariter::expression(std::views::iota(0, 2 * n_), [](int i) { return i / 2; }, [](int i) { return i % 2 == 0; });
  }
};

struct over_log : numbered {
  explicit over_log(int n) : numbered(n) {
    for (int i : numbers()) log_.append(i);
    log_.close();
  }
  auto iter() { return log_.iter(); }
  pariter::concurrent_log<int> log_;
};
struct over_live_log : over_log {
  using over_log::over_log;
  auto iter() { return log_.live(); }
};
struct over_followed_log : over_log {
  using over_log::over_log;
  auto iter() { return log_.follow(); }
};
struct over_log_snapshot : over_log {
  using over_log::over_log;
  auto iter() { return pariter::iter(log_.snapshot()); }
};
template <enum pariter::policy Policy>
struct over_broadcast : numbered {
  explicit over_broadcast(int n) : numbered(n), broadcast_({.capacity = 64}) {
    for (int i : numbers()) broadcast_.append(i);
    broadcast_.close();
  }
  auto iter() { return broadcast_.iter({.policy = Policy}); }
  pariter::broadcast<int> broadcast_;
};
struct over_versions : numbered {
  explicit over_versions(int n) : numbered(n), versions_(numbers()) {}
  auto iter() { return versions_.iter(); }
  pariter::copy_on_write<std::vector<int>> versions_;
};

struct over_shared_vector : numbered_once {
  explicit over_shared_vector(int n) : numbered_once(n), v_(numbers()) {}
  auto iter() { return pariter::share(pariter::iter(v_)).iter(); }
  std::vector<int> v_;
};
struct over_shared_generator : numbered_once {
  using numbered_once::numbered_once;
  auto iter() { return pariter::share(count(n_)).iter(); }
};
struct over_shared_log : over_log {
  static constexpr bool repeatable = false;
  using over_log::over_log;
  auto iter() { return pariter::share(log_.follow()).iter(); }
};
struct over_part : numbered {
  explicit over_part(int n) : numbered(n), parts_(pariter::split(numbers(), 1)) {}
  auto iter() { return pariter::iter(parts_.front()); }
  decltype(pariter::split(std::vector<int>(), 1)) parts_;
};
struct over_tee : numbered_once {
  using numbered_once::numbered_once;
  auto iter() { return std::move(pariter::tee(count(n_), 1).front()); }
};

using fixtures = testing::Types<
    over_range<std::vector<int>>, over_range<std::list<int>>, over_range<std::forward_list<int>>, over_range<std::deque<int>>,
    over_range<std::set<int>>, over_range<std::string>, over_temporary, over_temporary_string, over_c_array, over_literal, over_iota,
    over_transform, over_map, over_stream, over_index, over_function, over_tuple, over_mixed_tuple, over_pair, over_fields,
    over_optional, over_temporary_optional, over_any_iterator, over_any_iterable, over_generator, over_generator_of_references,
    over_delegation, over_generator_function, over_expression, over_log, over_live_log, over_followed_log, over_log_snapshot,
    over_broadcast<pariter::policy::gating>, over_broadcast<pariter::policy::lossy>, over_broadcast<pariter::policy::kicked>,
    over_versions, over_shared_vector, over_shared_generator, over_shared_log, over_part, over_tee>;

}  // namespace

template <class Fixture>
class Laws : public testing::Test {};
TYPED_TEST_SUITE(Laws, fixtures);

TYPED_TEST(Laws, delivers_what_it_should) { pariter::test::delivers_what_it_should<TypeParam>(); }
TYPED_TEST(Laws, is_at_its_end_for_ever) { pariter::test::is_at_its_end_for_ever<TypeParam>(); }
TYPED_TEST(Laws, iter_of_it_is_it) { pariter::test::iter_of_it_is_it<TypeParam>(); }
TYPED_TEST(Laws, range_for_continues_after_break) { pariter::test::range_for_continues_after_break<TypeParam>(); }
TYPED_TEST(Laws, a_moved_iterator_continues) { pariter::test::a_moved_iterator_continues<TypeParam>(); }
TYPED_TEST(Laws, a_size_hint_counts_what_is_left) { pariter::test::a_size_hint_counts_what_is_left<TypeParam>(); }
TYPED_TEST(Laws, several_iterators_are_independent) { pariter::test::several_iterators_are_independent<TypeParam>(); }
TYPED_TEST(Laws, a_fork_goes_its_own_way) { pariter::test::a_fork_goes_its_own_way<TypeParam>(); }
TYPED_TEST(Laws, a_seek_goes_where_it_is_told) { pariter::test::a_seek_goes_where_it_is_told<TypeParam>(); }
TYPED_TEST(Laws, is_a_standard_input_range) { pariter::test::is_a_standard_input_range<TypeParam>(); }
