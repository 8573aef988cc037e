// SPDX-License-Identifier: Apache-2.0

// Memory orders are a graph, and the graph is checked.
//
//   published_.store(n, std::memory_order_release);   // (1) release: pairs with acquire (2), publishes the slots below n
//   const auto n = published_.load(std::memory_order_acquire);   // (2) acquire: pairs with release (1)
//   const auto n = claimed_.load(std::memory_order_relaxed);     // relaxed: hint, checked again at (2)
//
// A note `(number) kind: ... pairs with <partners>` stands in the statement, or in the comment right above it; where the same
// edge has several operations, the others say just `(number)`, or `other.hpp(number)`. Partners are numbers of this file,
// `other.hpp(3)` for those of another, and kinds where they help; `itself` is a partner too. Numbers count per file. Checked:
//
//   order-note      an operation with an order has a note; a note has an operation, a partner, and its number to itself
//   order-kind      the note says the kind that the code says, and calls its partners by their kind
//   order-pair      partners exist, name each other, and one can release what the other can acquire
//   relaxed-reason  a relaxed operation says in a comment why that is enough
//   order-implicit  no operation leaves its order to the default
//   order-idle      a read-modify-write that changes nothing has a value that is used: compilers leave it out otherwise (clang 19 for
//                   x86 makes nothing of `x.fetch_add(0, acq_rel);`)
//
// Bugs planted for the model tests (`if (mutant(n)) ...`) need no note. A note of kind `barrier` stands at a call that orders without being an atomic operation (a system call, for instance).

#include "source.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <optional>
#include <set>

namespace lint {

namespace {

constexpr std::array<std::string_view, 5> kinds{"acquire", "release", "acq_rel", "seq_cst", "barrier"};

struct partner {
  std::string file;  // as written; empty: this file
  unsigned number = 0;
  std::string kind;  // as claimed; empty: not claimed
};

struct note {
  std::size_t line = 0;  // index
  unsigned number = 0;
  std::string kind;
  std::vector<partner> partners;
};

struct statement {
  std::size_t above;  // first line of the comment that stands right above, or first
  std::size_t first;
  std::size_t last;
};

bool can_release(std::string_view kind) { return kind != "acquire"; }
bool can_acquire(std::string_view kind) { return kind != "release"; }

// An acq_rel operation may be called by the half of it that is meant; a seq_cst one too.
bool may_be_called(const note& n, std::string_view kind) {
  return n.kind == kind || ((kind == "acquire" || kind == "release") && (n.kind == "acq_rel" || n.kind == "seq_cst")) ||
         (kind == "acq_rel" && n.kind == "seq_cst");
}

// ---- reading notes ----

class reader {
 public:
  explicit reader(std::string_view text) : rest_(trimmed(text)) {}

  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_ = trimmed(rest_.substr(word.size()));
    return true;
  }
  std::optional<unsigned> take_number() {  // "(12)"
    std::size_t end = 1;
    while (end < rest_.size() && std::isdigit(static_cast<unsigned char>(rest_[end])) != 0) ++end;
    if (rest_.size() < 3 || rest_[0] != '(' || end == 1 || end > 4 || end >= rest_.size() || rest_[end] != ')') return {};
    const unsigned number = static_cast<unsigned>(std::stoul(std::string(rest_.substr(1, end - 1))));
    rest_ = trimmed(rest_.substr(end + 1));
    return number;
  }
  std::string_view peek_word() const {
    std::size_t end = 0;
    while (end < rest_.size() && (std::isalnum(static_cast<unsigned char>(rest_[end])) != 0 || rest_[end] == '_' ||
                                  rest_[end] == '/' || rest_[end] == '.')) {
      ++end;
    }
    return rest_.substr(0, end);
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

std::string take_kind(reader& r) {
  const std::string_view word = r.peek_word();
  for (const std::string_view kind : kinds) {
    if (word == kind && r.take(kind)) return std::string(kind);
  }
  return {};
}

bool is_file(std::string_view word) { return word.ends_with(".hpp") || word.ends_with(".cpp") || word.ends_with(".inc"); }

// The list behind "pairs with": numbers, files, kinds and small words, up to the first other word.
void read_partners(std::string_view text, unsigned self, std::vector<partner>& out) {
  static constexpr std::array<std::string_view, 19> small{"and",      "or",   "the",   "with", "both",  "of",  "in",
                                                          "store",    "load", "exchange", "CAS", "stores", "loads", "each",
                                                          "failed", "successful", "operation", "all", "by"};
  reader r(text);
  std::string kind;
  while (!r.rest().empty()) {
    if (const auto number = r.take_number()) {
      out.push_back({{}, *number, kind});
    } else if (r.take(",") || r.take("/") || r.take("+") || r.take("-") || r.take("`")) {
      continue;
    } else if (std::string next = take_kind(r); !next.empty()) {
      kind = std::move(next);
    } else if (const std::string_view word = r.peek_word(); word == "itself") {
      r.take(word);
      out.push_back({{}, self, {}});
    } else if (is_file(word)) {
      const std::string file(word);
      r.take(word);
      r.take("`");
      while (const auto foreign = r.take_number()) out.push_back({file, *foreign, kind});
    } else if (std::find(small.begin(), small.end(), word) != small.end()) {
      r.take(word);
    } else {
      break;
    }
  }
}

// Where in `comment` a note starts: at its beginning, or behind the end of a sentence. npos: nowhere from `from` on.
std::size_t find_note(const std::string& comment, std::size_t from) {
  for (std::size_t at = comment.find('(', from); at != comment.npos; at = comment.find('(', at + 1)) {
    const std::string_view before = trimmed(std::string_view(comment).substr(0, at));
    if (!before.empty() && before.back() != '.' && before.back() != ';') continue;
    reader r(std::string_view(comment).substr(at));
    if (r.take_number() && !take_kind(r).empty()) return at;
  }
  return comment.npos;
}

std::vector<note> read_notes(const source& file) {
  std::vector<note> out;
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    const std::string& comment = file.lines[i].comment;
    for (std::size_t at = find_note(comment, 0); at != comment.npos;) {
      const std::size_t next = find_note(comment, at + 1);
      std::string text = comment.substr(at, next == comment.npos ? next : next - at);
      if (next == comment.npos) {  // the comment may go on in the lines below
        for (std::size_t j = i + 1; j < file.lines.size(); ++j) {
          const line& more = file.lines[j];
          if (!trimmed(more.code).empty() || trimmed(more.comment).empty() || find_note(more.comment, 0) == 0) break;
          const std::size_t other = find_note(more.comment, 0);
          text += ' ' + more.comment.substr(0, other);
          if (other != more.comment.npos) break;
        }
      }
      reader r(text);
      note n{.line = i, .number = *r.take_number(), .kind = take_kind(r), .partners = {}};
      constexpr std::string_view pairs = "pairs with";
      for (std::size_t p = text.find(pairs); p != text.npos; p = text.find(pairs, p + 1)) {
        read_partners(std::string_view(text).substr(p + pairs.size()), n.number, n.partners);
      }
      out.push_back(std::move(n));
      at = next;
    }
  }
  return out;
}

// ---- reading code ----

bool ends_statement(std::string_view code) {
  code = trimmed(code);
  return code.empty() || code.front() == '#' || code.back() == ';' || code.back() == '{' || code.back() == '}';
}

bool only_comment(const line& l) { return trimmed(l.code).empty() && !trimmed(l.comment).empty(); }

statement statement_at(const source& file, std::size_t at) {
  statement s{.above = at, .first = at, .last = at};
  while (s.first > 0 && !ends_statement(file.lines[s.first - 1].code)) --s.first;
  while (s.last + 1 < file.lines.size() && !ends_statement(file.lines[s.last].code)) ++s.last;
  s.above = s.first;
  while (s.above > 0 && only_comment(file.lines[s.above - 1])) --s.above;
  return s;
}

std::set<std::string> orders_in(std::string_view code) {
  std::set<std::string> out;
  for (const std::string_view kind : {"relaxed", "acquire", "release", "acq_rel", "seq_cst"}) {
    if (contains_word(code, "memory_order_" + std::string(kind)) ||
        code.find("memory_order::" + std::string(kind)) != code.npos) {
      out.emplace(kind);
    }
  }
  return out;
}

// Whether the code calls an atomic operation; by name, since this is no compiler. `load` and `store` count as such only where
// the statement names an order (`named`): other types have functions of these names.
bool calls_operation(std::string_view code, bool named) {
  static constexpr std::array<std::string_view, 9> always{
      "load()",     "fetch_add(",             "fetch_sub(",               "fetch_or(", "fetch_and(",
      "fetch_xor(", "compare_exchange_weak(", "compare_exchange_strong(", "test_and_set("};
  static constexpr std::array<std::string_view, 5> with_order{"load(", "store(", "exchange(", "wait(", "clear("};
  const auto called = [&](std::string_view name) {
    return code.find("." + std::string(name)) != code.npos || code.find("->" + std::string(name)) != code.npos;
  };
  return std::any_of(always.begin(), always.end(), called) ||
         (named && std::any_of(with_order.begin(), with_order.end(), called));
}

// `x.fetch_add(0, ...);` and its like, as a statement of their own, also behind `(void)`.
bool is_idle(std::string_view code) {
  if (constexpr std::string_view cast = "(void)"; code.starts_with(cast)) code.remove_prefix(cast.size());
  static constexpr std::array<std::string_view, 4> idle{".fetch_add(0,", ".fetch_sub(0,", ".fetch_or(0,", ".fetch_xor(0,"};
  return std::any_of(idle.begin(), idle.end(), [&](std::string_view call) {
    const std::size_t at = code.find(call);
    return at != code.npos && code.substr(0, at).find_first_of(" =(") == code.npos && code.ends_with(';');
  });
}

// ---- the checks ----

class graph {
 public:
  graph(const std::vector<source>& tree, std::vector<finding>& out) : out_(out) {
    for (const source& file : tree) {
      if (file.is_cpp() && (file.below("lib/"))) files_.push_back({&file, read_notes(file)});
    }
  }

  void check() {
    for (const entry& e : files_) {
      check_operations(e);
      check_partners(e);
    }
  }

 private:
  struct entry {
    const source* file;
    std::vector<note> notes;
  };

  void report(const entry& e, std::size_t index, std::string rule, std::string sentence) {
    out_.push_back({e.file->path, index + 1, std::move(rule), std::move(sentence)});
  }

  void check_operations(const entry& e) {
    const source& file = *e.file;
    std::set<std::size_t> with_operation;  // lines of notes that have one
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const std::set<std::string> here = orders_in(file.lines[i].code);
      if (here.empty() && !calls_operation(file.lines[i].code, false)) continue;

      const statement s = statement_at(file, i);
      std::string code;
      bool comment = false;
      std::vector<const note*> notes;
      std::vector<const note*> repeats;
      for (std::size_t j = s.above; j <= s.last; ++j) {
        code += file.lines[j].code + ' ';
        comment = comment || !trimmed(file.lines[j].comment).empty();
        if (const note* n = repeated(e, file.lines[j].comment)) repeats.push_back(n);
      }
      for (const note& n : e.notes) {
        if (n.line < s.above || n.line > s.last) continue;
        notes.push_back(&n);
        with_operation.insert(n.line);
      }
      const std::set<std::string> orders = orders_in(code);
      if (orders.empty()) {
        report(e, i, "order-implicit", "the order is left to the default: name it");
        continue;
      }
      if (!calls_operation(code, true)) continue;  // an order that is passed on, or a fence for the compiler alone
      if (trimmed(code).starts_with("if (mutant(")) continue;
      if (is_idle(trimmed(file.lines[i].code))) report(e, i, "order-idle", "a compiler may leave this out: use its value");

      for (const note* n : notes) {
        if (n->kind != "barrier" && !orders.contains(n->kind)) {
          report(e, s.first, "order-kind", "note (" + std::to_string(n->number) + ") says " + n->kind + ", the code does not");
        }
      }
      for (const note* n : repeats) {  // one operation of an edge may be just the half of it
        const bool part = std::any_of(orders.begin(), orders.end(), [&](const std::string& o) { return may_be_called(*n, o); });
        if (n->kind != "barrier" && !part) {
          report(e, s.first, "order-kind", "it repeats (" + std::to_string(n->number) + "), which is " + n->kind);
        }
      }
      const bool ordered = std::any_of(here.begin(), here.end(), [](const std::string& o) { return o != "relaxed"; });
      if (ordered && notes.empty() && repeats.empty()) {
        report(e, i, "order-note", "say the number, the kind and the partner: // (n) kind: pairs with (m)");
      }
      if (here.contains("relaxed") && !comment) report(e, i, "relaxed-reason", "say why relaxed is enough");
    }
    for (const note& n : e.notes) {
      if (n.kind != "barrier" && !with_operation.contains(n.line)) {
        report(e, n.line, "order-note", "note (" + std::to_string(n.number) + ") has no operation");
      }
    }
  }

  // The note that a comment repeats by its bare number: "// (2)", "// other.hpp(2) again, after the sleep".
  const note* repeated(const entry& e, const std::string& comment) const {
    reader r(comment);
    const entry* home = &e;
    if (const std::string file(r.peek_word()); is_file(file)) {
      home = find_file(file);
      r.take(file);
    }
    const auto number = r.take_number();
    return home != nullptr && number && take_kind(r).empty() ? find_number(*home, *number) : nullptr;
  }

  void check_partners(const entry& e) {
    std::map<unsigned, std::size_t> seen;
    for (const note& n : e.notes) {
      const std::string self = "(" + std::to_string(n.number) + ")";
      if (!seen.emplace(n.number, n.line).second) report(e, n.line, "order-note", "the number " + self + " is taken");
      if (n.partners.empty()) report(e, n.line, "order-note", "note " + self + " names no partner: pairs with ...");
      for (const partner& p : n.partners) check_partner(e, n, p);
    }
  }

  void check_partner(const entry& e, const note& n, const partner& p) {
    const std::string self = "(" + std::to_string(n.number) + ")";
    const std::string name = p.file + "(" + std::to_string(p.number) + ")";
    const entry* home = p.file.empty() ? &e : find_file(p.file);
    const note* other = home == nullptr ? nullptr : find_number(*home, p.number);
    if (other == nullptr) {
      report(e, n.line, "order-pair", "note " + self + " pairs with " + name + ", which is not there");
      return;
    }
    if (!p.kind.empty() && !may_be_called(*other, p.kind)) {
      report(e, n.line, "order-kind", "note " + self + " calls " + name + " " + p.kind + "; it is " + other->kind);
    }
    const bool meets = (can_release(n.kind) && can_acquire(other->kind)) || (can_acquire(n.kind) && can_release(other->kind));
    if (!meets) report(e, n.line, "order-pair", "note " + self + " and " + name + " are both " + n.kind + ": neither hands over");

    const bool back = std::any_of(other->partners.begin(), other->partners.end(), [&](const partner& q) {
      return q.number == n.number && (q.file.empty() ? home == &e : find_file(q.file) == &e);
    });
    if (!back) report(e, n.line, "order-pair", "note " + self + " pairs with " + name + ", which does not name it back");
  }

  const entry* find_file(const std::string& name) const {
    for (const entry& e : files_) {
      if (e.file->path == name || e.file->path.ends_with("/" + name)) return &e;
    }
    return nullptr;
  }
  static const note* find_number(const entry& e, unsigned number) {
    for (const note& n : e.notes) {
      if (n.number == number) return &n;
    }
    return nullptr;
  }

  std::vector<entry> files_;
  std::vector<finding>& out_;
};

}  // namespace

void check_memory_orders(const std::vector<source>& tree, std::vector<finding>& out) { graph(tree, out).check(); }

}  // namespace lint
