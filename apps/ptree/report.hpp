// SPDX-License-Identifier: Apache-2.0
#pragma once

// report: what ptree prints: sections of aligned tables for people, or one JSON object.

#include "json_writer.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace ptree {

struct right_aligned {
  std::string text;
};

/// Numbers stand right, texts left; a row has as many cells as there are heads.
class table {
 public:
  using cell = std::variant<std::uint64_t, std::string, right_aligned>;

  explicit table(const std::vector<std::string>& heads);

  void add(const std::vector<cell>& row);
  [[nodiscard]] std::string text() const;

 private:
  struct column {
    std::size_t width;
    bool right = false;  // by the first row
  };
  struct shown {
    std::string text;
    std::size_t width;
    bool right;
  };

  void add(std::size_t at, std::string text, bool right);

  std::vector<column> columns_;
  std::vector<shown> cells_;  // row by row; first the heads
};

class report {
 public:
  enum class form { text, json };

  explicit report(form f) : form_(f) {}

  /// Then json() is what is printed, else the sections.
  [[nodiscard]] bool is_json() const noexcept { return form_ == form::json; }
  void section(const std::string& title, const table& content);
  /// A line of its own before everything else.
  void headline(const std::string& line) { headline_ = line + '\n'; }

  [[nodiscard]] json_writer& json() noexcept { return json_; }

  /// All of it, in its form.
  [[nodiscard]] std::string text() && { return is_json() ? std::move(json_).text() : headline_ + text_; }

 private:
  const form form_;
  std::string headline_;
  std::string text_;
  json_writer json_;
};

}  // namespace ptree
