// SPDX-License-Identifier: Apache-2.0

// The laws of support/iterator_laws.hpp over every iterator and iterable of the library. A new one is added as a fixture here; the
// adaptors stand in adaptor_laws_test.cpp, what needs Boost in io_laws_test.cpp.

#include "pariter/containers/broadcast.hpp"
#include "pariter/containers/concurrent_log.hpp"
#include "pariter/containers/copy_on_write.hpp"
#include "pariter/core/any_iterable.hpp"
#include "pariter/core/any_iterator.hpp"
#include "pariter/core/fields.hpp"
#include "pariter/core/iter.hpp"
#include "pariter/core/optional_ref.hpp"
#include "pariter/coro/expression.hpp"
#include "pariter/coro/generator.hpp"
#include "pariter/coro/generator_function.hpp"
#include "pariter/sharing/share.hpp"
#include "pariter/sharing/split.hpp"
#include "pariter/sharing/tee.hpp"
#include "support/archetypes.hpp"
#include "support/iterator_laws.hpp"
#include "support/numbers.hpp"

#include <array>
#include <deque>
#include <forward_list>
#include <list>
#include <map>
#include <ranges>
#include <set>
#include <span>
#include <sstream>
#include <string>

namespace {

using pariter::test::items;

// Delivers 0 .. n-1; iter() may be called again.
struct numbered {
  static constexpr bool repeatable = true;
  static constexpr bool endless = false;

  explicit numbered(int n) : n_(n) {}
  items expected() const {
    items out;
    for (int i = 0; i < n_; ++i) out.push_back({i});
    return out;
  }
  std::vector<int> numbers() const { return pariter::test::numbers(n_); }

  int n_;
};
struct numbered_once : numbered {
  static constexpr bool repeatable = false;
  using numbered::numbered;
};
// Goes on for ever.
struct numbered_endless : numbered {
  static constexpr bool endless = true;
  explicit numbered_endless(int) : numbered(20) {}
};
struct numbered_endless_once : numbered_endless {
  static constexpr bool repeatable = false;
  using numbered_endless::numbered_endless;
};

template <class C>
struct over_range : numbered {
  explicit over_range(int n) : numbered(n) {
    const auto v = numbers();
    range_ = C(v.begin(), v.end());
  }
  auto iter() { return pariter::iter(range_); }
  auto& iterable() { return range_; }
  C range_;
};
// Whose iterators stay good when an item is added. What they see of it is the container's business.
template <class C>
struct over_nodes : over_range<C> {
  static constexpr bool grows_at_the_end_only = true;
  using over_range<C>::over_range;
  void grow() { this->range_.insert(this->range_.end(), this->n_); }
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
struct over_endless_iota : numbered_endless {
  using numbered_endless::numbered_endless;
  auto iter() { return pariter::iter(std::views::iota(0)); }
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
  auto& iterable() { return map_; }
  items expected() const {
    items out;
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
  static constexpr bool grows_at_the_end_only = true;  // the view reads a word ahead
  auto iter() { return pariter::iter(std::views::istream<int>(stream_)); }
  void grow() {
    stream_.clear();
    stream_.str(std::to_string(n_) + " ");
  }
  std::string text_;
  std::istringstream stream_;
};
struct counting {
  int n;
  int at(std::size_t i) const { return i < static_cast<std::size_t>(n) ? static_cast<int>(i) : throw std::out_of_range("at"); }
  std::size_t size() const { return 1000; }  // nobody asks
};
struct over_index : numbered {
  explicit over_index(int n) : numbered(n), indexed_{n} {}
  auto iter() { return pariter::iter(indexed_); }
  void grow() { ++indexed_.n; }
  counting indexed_;
};
struct over_temporary_index : numbered {
  using numbered::numbered;
  auto iter() { return pariter::iter(counting{n_}); }
};
struct over_function : numbered_once {
  explicit over_function(int n) : numbered_once(n), to_(n) {}
  auto iter() {
    return pariter::iter([this]() -> std::optional<int> { return at_ < to_ ? std::optional(at_++) : std::nullopt; }, -1);
  }
  void grow() { ++to_; }
  int at_ = 0, to_;
};
struct over_function_with_sentinel : numbered_once {
  using numbered_once::numbered_once;
  auto iter() {
    return pariter::iter([i = 0]() mutable { return i++; }, n_);
  }
};
struct over_endless_function : numbered_endless_once {
  using numbered_endless_once::numbered_endless_once;
  auto iter() {
    return pariter::iter([i = 0]() mutable { return i++; }, -1);
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
struct over_optional_ref : over_optional {
  using over_optional::over_optional;
  auto iter() { return pariter::iter(optional_ ? pariter::optional_ref<int>(*optional_) : pariter::optional_ref<int>()); }
};
struct over_any_iterator : numbered {
  using numbered::numbered;
  auto iter() { return pariter::any_iterator<int>(pariter::iter(numbers())); }
};
struct over_endless_any_iterator : numbered_endless {
  using numbered_endless::numbered_endless;
  auto iter() { return pariter::any_iterator<int>(pariter::iter(std::views::iota(0))); }
};
struct over_any_iterable : numbered {
  explicit over_any_iterable(int n) : numbered(n), iterable_(numbers()) {}
  auto iter() { return iterable_.iter(); }
  pariter::any_iterable<int> iterable_;
};
struct over_any_iterable_of_references : numbered {
  explicit over_any_iterable_of_references(int n) : numbered(n), v_(numbers()), iterable_(v_) {}
  auto iter() { return iterable_.iter(); }
  std::vector<int> v_;
  pariter::any_iterable<const int&> iterable_;
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
struct over_endless_generator : numbered_endless_once {
  using numbered_endless_once::numbered_endless_once;
  auto iter() { return count(1'000'000'000); }
};
struct over_receiving_generator : numbered_once {
  using numbered_once::numbered_once;
  static pariter::generator<int, int, int> told(int to) {
    for (int i = 0; i < to; ++i) co_yield i;
    co_return to;
  }
  auto iter() { return told(n_); }
};
struct over_generator_function : numbered {
  using numbered::numbered;
  auto iter() { return pariter::generator_function(count, n_).iter(); }
};
struct over_generator_function_that_keeps_its_arguments : numbered {
  explicit over_generator_function_that_keeps_its_arguments(int n) : numbered(n), function_(walk, numbers()) {}
  static pariter::generator<const int&> walk(const std::vector<int>& kept) { co_yield pariter::elements_of(kept); }
  auto iter() { return function_.iter(); }
  auto& iterable() { return function_; }
  pariter::generator_function<pariter::generator<const int&> (*)(const std::vector<int>&), std::vector<int>> function_;
};
struct over_generator_function_that_has_gone : numbered {  // its iterators keep what they need
  using numbered::numbered;
  auto iter() {
    return pariter::generator_function(over_generator_function_that_keeps_its_arguments::walk, numbers()).iter();
  }
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
  auto& iterable() { return log_; }
  pariter::concurrent_log<int> log_;
};
struct over_open_log : numbered {
  explicit over_open_log(int n) : numbered(n) {
    for (int i : numbers()) log_.append(i);
  }
  auto iter() { return log_.iter(); }
  auto& iterable() { return log_; }
  void grow() { log_.append(n_); }
  pariter::concurrent_log<int> log_;
};
struct over_open_live_log : over_open_log {
  using over_open_log::over_open_log;
  auto iter() { return log_.live(); }
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
  explicit over_log_snapshot(int n) : over_log(n), snapshot_(log_.snapshot()) {}
  auto iter() { return pariter::iter(snapshot_); }
  auto& iterable() { return snapshot_; }
  decltype(std::declval<pariter::concurrent_log<int>&>().snapshot()) snapshot_;
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
  [[gnu::noinline]] auto iter() { return versions_.iter(); }  // inlined further, g++ 12 warns of a use after free that is none
  void grow() {
    versions_.update([this](std::vector<int>& v) { v.push_back(n_); });
  }
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
struct over_endless_share : numbered_endless_once {
  using numbered_endless_once::numbered_endless_once;
  auto iter() { return pariter::share(count(1'000'000'000)).iter(); }
};
struct over_unbuffered_share : numbered_once {
  using numbered_once::numbered_once;
  auto iter() { return pariter::share(count(n_), pariter::unbuffered).iter(); }
};
struct over_unbuffered_share_of_vector : numbered_once {
  using numbered_once::numbered_once;
  auto iter() { return pariter::share(numbers(), pariter::unbuffered).iter(); }
};
struct over_part : numbered {
  explicit over_part(int n) : numbered(n), parts_(pariter::split(numbers(), 1)) {}
  auto iter() { return pariter::iter(parts_.front()); }
  auto& iterable() { return parts_.front(); }
  decltype(pariter::split(std::vector<int>(), 1)) parts_;
};
struct over_tee : numbered_once {
  using numbered_once::numbered_once;
  auto iter() { return std::move(pariter::tee(count(n_), 1).front()); }
};
struct over_endless_tee : numbered_endless_once {
  using numbered_endless_once::numbered_endless_once;
  auto iter() { return std::move(pariter::tee(count(1'000'000'000), 1).front()); }
};

using pariter::test::fixture_called;
const std::vector<pariter::test::fixture_type>& all_fixtures() {
  static const std::vector<pariter::test::fixture_type> all{
      fixture_called<over_range<std::vector<int>>>("vector"),
      fixture_called<over_nodes<std::list<int>>>("list"),
      fixture_called<over_range<std::forward_list<int>>>("forward_list"),
      fixture_called<over_range<std::deque<int>>>("deque"),
      fixture_called<over_nodes<std::set<int>>>("set"),
      fixture_called<over_range<std::string>>("string"),
      fixture_called<over_temporary>("temporary"),
      fixture_called<over_temporary_string>("temporary_string"),
      fixture_called<over_c_array>("c_array"),
      fixture_called<over_literal>("literal"),
      fixture_called<over_iota>("iota"),
      fixture_called<over_endless_iota>("endless_iota"),
      fixture_called<over_transform>("transform"),
      fixture_called<over_map>("map"),
      fixture_called<over_stream>("stream"),
      fixture_called<over_index>("index"),
      fixture_called<over_temporary_index>("temporary_index"),
      fixture_called<over_function>("function"),
      fixture_called<over_function_with_sentinel>("function_with_sentinel"),
      fixture_called<over_endless_function>("endless_function"),
      fixture_called<over_tuple>("tuple"),
      fixture_called<over_mixed_tuple>("mixed_tuple"),
      fixture_called<over_pair>("pair"),
      fixture_called<over_fields>("fields"),
      fixture_called<over_optional>("optional"),
      fixture_called<over_temporary_optional>("temporary_optional"),
      fixture_called<over_optional_ref>("optional_ref"),
      fixture_called<over_any_iterator>("any_iterator"),
      fixture_called<over_endless_any_iterator>("endless_any_iterator"),
      fixture_called<over_any_iterable>("any_iterable"),
      fixture_called<over_any_iterable_of_references>("any_iterable_of_references"),
      fixture_called<over_generator>("generator"),
      fixture_called<over_endless_generator>("endless_generator"),
      fixture_called<over_generator_of_references>("generator_of_references"),
      fixture_called<over_receiving_generator>("receiving_generator"),
      fixture_called<over_delegation>("delegation"),
      fixture_called<over_generator_function>("generator_function"),
      fixture_called<over_generator_function_that_keeps_its_arguments>("generator_function_that_keeps_its_arguments"),
      fixture_called<over_generator_function_that_has_gone>("generator_function_that_has_gone"),
      fixture_called<over_expression>("expression"),
      fixture_called<over_log>("log"),
      fixture_called<over_live_log>("live_log"),
      fixture_called<over_followed_log>("followed_log"),
      fixture_called<over_open_log>("open_log"),
      fixture_called<over_open_live_log>("open_live_log"),
      fixture_called<over_log_snapshot>("log_snapshot"),
      fixture_called<over_broadcast<pariter::policy::gating>>("gating_broadcast"),
      fixture_called<over_broadcast<pariter::policy::lossy>>("lossy_broadcast"),
      fixture_called<over_broadcast<pariter::policy::kicked>>("kicked_broadcast"),
      fixture_called<over_versions>("versions"),
      fixture_called<over_shared_vector>("shared_vector"),
      fixture_called<over_shared_generator>("shared_generator"),
      fixture_called<over_shared_log>("shared_log"),
      fixture_called<over_endless_share>("endless_share"),
      fixture_called<over_unbuffered_share>("unbuffered_share"),
      fixture_called<over_unbuffered_share_of_vector>("unbuffered_share_of_vector"),
      fixture_called<over_part>("part"),
      fixture_called<over_tee>("tee"),
      fixture_called<over_endless_tee>("endless_tee"),
  };
  return all;
}

}  // namespace

class Laws : public testing::TestWithParam<pariter::test::fixture_type> {};
INSTANTIATE_TEST_SUITE_P(, Laws, testing::ValuesIn(all_fixtures()), pariter::test::name_of);

TEST_P(Laws, delivers_what_it_should) { pariter::test::delivers_what_it_should(GetParam()); }
TEST_P(Laws, is_at_its_end_for_ever) { pariter::test::is_at_its_end_for_ever(GetParam()); }
TEST_P(Laws, growth_is_seen_as_claimed) { pariter::test::growth_is_seen_as_claimed(GetParam()); }
TEST_P(Laws, iter_of_it_is_it) { pariter::test::iter_of_it_is_it(GetParam()); }
TEST_P(Laws, range_for_continues_after_break) { pariter::test::range_for_continues_after_break(GetParam()); }
TEST_P(Laws, an_iterable_is_looped_over) { pariter::test::an_iterable_is_looped_over(GetParam()); }
TEST_P(Laws, a_moved_iterator_continues) { pariter::test::a_moved_iterator_continues(GetParam()); }
TEST_P(Laws, a_size_hint_counts_what_is_left) { pariter::test::a_size_hint_counts_what_is_left(GetParam()); }
TEST_P(Laws, several_iterators_are_independent) { pariter::test::several_iterators_are_independent(GetParam()); }
TEST_P(Laws, each_thread_with_its_own_iterator_sees_everything) { pariter::test::each_thread_with_its_own_iterator_sees_everything(GetParam()); }
TEST_P(Laws, a_fork_goes_its_own_way) { pariter::test::a_fork_goes_its_own_way(GetParam()); }
TEST_P(Laws, a_seek_goes_where_it_is_told) { pariter::test::a_seek_goes_where_it_is_told(GetParam()); }
TEST_P(Laws, items_that_stay_stay) { pariter::test::items_that_stay_stay(GetParam()); }
TEST_P(Laws, is_a_standard_input_range) { pariter::test::is_a_standard_input_range(GetParam()); }
