// SPDX-License-Identifier: Apache-2.0
#pragma once
// temporary_folder: an empty folder that is gone, with all that is in it, at the end of the test. temporary_folder(in_memory): in a file
// system without a disk, where there is one.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace pariter::test {

struct in_memory_t {};
inline constexpr in_memory_t in_memory;

class temporary_folder {
 public:
  temporary_folder() {
    if (!make_in(std::filesystem::temp_directory_path())) throw std::runtime_error("no temporary folder can be made");
  }
  explicit temporary_folder(in_memory_t) {
    if (!make_in("/dev/shm") && !make_in(std::filesystem::temp_directory_path())) throw std::runtime_error("no temporary folder can be made");
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }

  const std::filesystem::path& path() const noexcept { return path_; }
  std::string operator/(std::string_view name) const { return (path_ / name).string(); }

  // Writes a file, and the folders above it.
  std::string file(std::string_view name, std::string_view content) const {
    const std::filesystem::path p = path_ / name;
    std::filesystem::create_directories(p.parent_path());
    std::ofstream(p, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
    return p.string();
  }

 private:
  bool make_in(const std::filesystem::path& folder) {
    std::string name = (folder / "pariter-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) return false;
    path_ = name;
    return true;
  }

  std::filesystem::path path_;
};

}  // namespace pariter::test
