// SPDX-License-Identifier: Apache-2.0
#pragma once

// json_writer: one JSON object as text, written member by member. Nothing but the text is kept: a document of values costs several
// times as much (docs/decisions/0047-json-is-written-as-it-goes.md).
//
//   json_writer j;
//   j.object("counts", [&] {
//     j.member("lines", lines);
//     j.list("per_file", [&] { j.row({{"path", path}, {"lines", 3}}); });
//   });
//   print(std::move(j).text());
//
// Threads: owned by one.
// Names are UTF-8. Strings may be any bytes: what is not UTF-8 is written as by printable(), and a member follows that has "_bytes"
// behind its name and says the bytes in hexadecimal.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace ptree {

class json_writer {
 public:
  /// null, true or false, an integer, or a string, which is borrowed.
  class value {
   public:
    value(std::nullptr_t) noexcept {}
    template <std::integral T>
    value(T n) noexcept {
      static_assert(!std::same_as<T, char>, "a character is neither a number nor a string");
      if constexpr (std::same_as<T, bool>) {
        content_ = n;
      } else if constexpr (std::signed_integral<T>) {
        content_ = std::int64_t{n};
      } else {
        content_ = std::uint64_t{n};
      }
    }
    template <std::convertible_to<std::string_view> T>
    value(const T& text) noexcept : content_(std::string_view(text)) {}

   private:
    friend class json_writer;
    std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, std::string_view> content_;
  };
  struct named_value {
    std::string_view name;
    json_writer::value value;
  };

  /// Adds a member to the object that is being written.
  void member(std::string_view name, const value& v);
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
  template <std::integral T>
  void item(T n) {
    begin_item();
    put(n);
  }
  /// An item that is an object, on a line of its own.
  void row(std::initializer_list<named_value> members);

  /// The whole object. Ends it.
  [[nodiscard]] std::string text() &&;

 private:
  template <class F>
  void nested(std::string_view name, char opening, F content, char closing) {
    begin_item();
    put_name(name);
    open(opening);
    content();
    close(closing);
  }
  void open(char opening);
  void close(char closing);
  void begin_item();
  void put_name(std::string_view name);
  /// Returns the string if it is not UTF-8, so that another member must say its bytes; else nothing.
  std::string_view put(const value& v);
  void put_string(std::string_view utf8);

  std::string text_ = "{";
  std::size_t depth_ = 1;
  bool empty_ = true;  // the innermost object or list, so far
};

}  // namespace ptree
