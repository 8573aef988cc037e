// SPDX-License-Identifier: Apache-2.0
//
// The slot of copy_on_write, as shipped, under Relacy: versions are taken, replaced, settled and freed by several threads.

#include "run.hpp"

#include "pariter/detail/version_slot.hpp"

namespace {

struct node {
  explicit node(int v) : items(v) {}
  model::late_counter refs_{std::int64_t(1) << 40};
  model::item items;
};

// Settles the slot's count at every other reference, which a program does after 16,384.
using slot = pariter::detail::version_slot<node, model::atomic, 2>;
static_assert(slot::in_slot == std::int64_t(1) << 40);

// One thread replaces twice; the others take, look, share and drop. Whoever frees must come after everybody's look.
template <unsigned Readers, int Rounds>
struct versions : rl::test_suite<versions<Readers, Rounds>, Readers + 1> {
  std::unique_ptr<slot> shared;
  void before() {
    ++model::of_this_run->begun;
    shared = std::make_unique<slot>(new node(0));
  }
  void thread(unsigned index) {
    if (index == 0) {
      for (int i = 1; i <= 2; ++i) (void)shared->replace(new node(i));
      return;
    }
    int last = 0;
    for (int round = 0; round < Rounds; ++round) {
      node* const seen = shared->take();
      slot::share(seen);
      MODEL_CHECK(seen->items.value() >= last);
      last = seen->items.value();
      slot::drop(seen);
      MODEL_CHECK(seen->items.value() == last);
      slot::drop(seen);
    }
  }
  void after() { shared.reset(); }
};

// As many references as settle the slot's count are held by one reader while the node is replaced: they are all that keeps it.
template <unsigned Readers>
struct held : rl::test_suite<held<Readers>, Readers + 1> {
  std::unique_ptr<slot> shared;
  void before() {
    ++model::of_this_run->begun;
    shared = std::make_unique<slot>(new node(0));
  }
  void thread(unsigned index) {
    if (index == 0) {
      (void)shared->replace(new node(1));
      return;
    }
    node* seen[3];
    for (node*& n : seen) n = shared->take();
    for (node* n : seen) {
      MODEL_CHECK(n->items.value() <= 1);
      MODEL_CHECK(n->items.value() >= 0);
    }
    for (node* n : seen) slot::drop(n);
  }
  void after() { shared.reset(); }
};

constexpr model::check checks[] = {
    {"one reader", true, model::schedules_until_failure<versions<1, 3>>},
    {"two readers", false, model::schedules_until_failure<versions<2, 2>>},
    {"three readers", false, model::schedules_until_failure<versions<3, 2>>},
    {"one that holds many", true, model::schedules_until_failure<held<1>>},
    {"two that hold many", false, model::schedules_until_failure<held<2>>},
};

constexpr model::planted mutants[] = {
    {40, "take: without acquire"},
    {41, "replace: without release"},
    {42, "replace: what was taken is not settled"},
    {43, "drop: without acquire or release"},
    {44, "settle: the slot's count first, the node's after"},
    {45, "settle: not undone when the node was replaced"},
    {46, "settle: moved without release"},
    {47, "replace: without acquire"},
};

}  // namespace

int main(int argc, char** argv) { return model::run(checks, mutants, 20'000, argc, argv); }
