// SPDX-License-Identifier: Apache-2.0
#pragma once

// json_writer: one JSON object as text, written member by member. Nothing but the text is kept: a document of values would take
// several times as long where there are as many rows as files.
//
//   json_writer j;
//   j.object("counts", [&] {
//     j.member("lines", lines);
//     j.list("per_file", [&] { j.row({{"path", path}, {"lines", 3}}); });
//   });
//   print(j.text());
//
// Threads: owned by one.
// Strings are bytes and become valid JSON whatever they are: what is not UTF-8 is written as by valid_utf8().

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace ptree {

class json_writer {
 public:
  using value = std::variant<std::nullptr_t, bool, std::uint64_t, std::string_view>;
  struct named_value {
    std::string_view name;
    json_writer::value value;
  };

  /// Adds a member to the object that is being written.
  void member(std::string_view name, value v) {
    begin_member(name);
    put(v);
  }
  /// A member that is an object; `members` adds its members.
  template <class F>
  void object(std::string_view name, F members) {
    nested(name, '{', members, '}');
  }
  /// A member that is a list; `items` adds its items, by item() or row().
  template <class F>
  void list(std::string_view name, F items) {
    nested(name, '[', items, ']');
  }
  void item(value v) {
    begin_item();
    put(v);
  }
  /// An item that is an object, on a line of its own.
  void row(std::initializer_list<named_value> members);

  /// The whole object. Ends it.
  [[nodiscard]] std::string text() &&;

 private:
  template <class F>
  void nested(std::string_view name, char opening, F content, char closing) {
    begin_member(name);
    open(opening);
    content();
    close(closing);
  }
  void open(char opening);
  void close(char closing);
  void begin_item();
  void begin_member(std::string_view name);
  void put(value v);
  void put_string(std::string_view text);

  std::string text_ = "{";
  std::size_t depth_ = 1;
  bool empty_ = true;  // the innermost object or list, so far
};

}  // namespace ptree
