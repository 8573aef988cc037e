// SPDX-License-Identifier: Apache-2.0

// Relative links in Markdown lead somewhere.

#include "source.hpp"

namespace lint {

void check_links(const std::filesystem::path& root, const std::vector<source>& tree, std::vector<finding>& out) {
  for (const source& file : tree) {
    if (!file.path.ends_with(".md")) continue;
    bool fenced = false;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const std::string& text = file.lines[i].text;
      if (trimmed(text).starts_with("```")) fenced = !fenced;
      if (fenced) continue;
      for (std::size_t at = text.find("]("); at != text.npos; at = text.find("](", at + 2)) {
        const std::size_t end = text.find(')', at);
        if (end == text.npos) break;
        std::string target = text.substr(at + 2, end - at - 2);
        target = target.substr(0, target.find('#'));
        if (target.empty() || target.find("://") != target.npos || target.starts_with("mailto:")) continue;
        if (!std::filesystem::exists((root / file.path).parent_path() / target)) {
          out.push_back({file.path, i + 1, "dead-link", target + " does not exist"});
        }
      }
    }
  }
}

}  // namespace lint
