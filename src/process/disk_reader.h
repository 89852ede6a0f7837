// SPDX-License-Identifier: MIT
// disk_reader.h -- the configuration's door to the disk.
//
//   in      paths, relative ones from the working directory
//   out     whole files up to config::max_file_size; pipes too ("-c /dev/stdin")
//   errors  for root (Trust): a file that everybody may write is refused, since whoever writes it would command root
//   source  operations.md section 10
#pragma once

#include "config/load.h"

namespace pm::process {

enum class Trust : std::uint8_t { any_file, not_world_writable };

class DiskReader final : public config::FileReader {
 public:
  explicit DiskReader(Trust trust) noexcept : trust_(trust) {}
  Result<std::string> read(const std::string& path) override;
  Result<config::NamedFile> read_as(const std::string& path,
                                    std::optional<std::uint32_t> reader) override;
  Result<std::vector<std::string>> list(const std::string& path) override;
  std::optional<config::FileInfo> info(const std::string& path) override;
  bool is_link(const std::string& path) override;

 private:
  Trust trust_;
};

}  // namespace pm::process
