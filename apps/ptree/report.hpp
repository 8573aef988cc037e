// SPDX-License-Identifier: Apache-2.0
#pragma once

// report: what ptree prints: sections of aligned tables for people, or one JSON object.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

namespace ptree {

/// `text` such that a terminal shows it and does nothing else: control characters and bytes that are not UTF-8 as \xNN. Where
/// there are any, a backslash is doubled.
[[nodiscard]] std::string printable(std::string_view text);

/// `text` itself if it is UTF-8, else as printable() writes it.
[[nodiscard]] std::string valid_utf8(std::string_view text);

struct right_aligned {
  std::string text;
};

/// Numbers stand right, texts left; a row has as many cells as there are heads.
class table {
 public:
  using cell = std::variant<std::uint64_t, std::string, right_aligned>;

  explicit table(std::vector<std::string> heads) : heads_(std::move(heads)) {}

  void add(std::vector<cell> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::string> heads_;
  std::vector<std::vector<cell>> rows_;
};

class report {
 public:
  enum class form { text, json };

  /// What only the other form would show may be left out.
  explicit report(form f) : form_(f) {}

  [[nodiscard]] bool is_json() const noexcept { return form_ == form::json; }
  void section(const std::string& title);
  void add(const table& t);
  /// A line of its own before everything else.
  void headline(const std::string& line) { headline_ = line + '\n'; }

  [[nodiscard]] nlohmann::ordered_json& json() noexcept { return json_; }

  [[nodiscard]] std::string text() const { return headline_ + text_; }
  [[nodiscard]] std::string json_text() const;

 private:
  const form form_;
  std::string headline_;
  std::string text_;
  nlohmann::ordered_json json_ = nlohmann::ordered_json::object();
};

}  // namespace ptree
