// SPDX-License-Identifier: MIT
// load.h -- from a command line's wishes to a Config: which files are read, in which order, and what each may break.
//
//   in      a LoadRequest and a FileReader: the only door to the disk, so that a test can lend a tree in memory
//   out     a LoadResult; everything that is wrong is a finding. Relative paths count from `prefix`, or from the
//           working directory when it is empty
//   errors  static part broken, file missing, TOML: an error with `usable` false. A dynamic document that cannot be
//           decoded contributes what it said when it was good last, and leaves its errors; the rest is usable
//   source  operations.md section 1, static-config.md sections 1 and 5.1, decisions 8 to 11
#pragma once

#include "config/decode.h"
#include "config/dynamic_model.h"
#include "config/environment.h"
#include "config/findings.h"
#include "config/sources.h"
#include "core/result.h"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pm::config {

constexpr std::size_t max_file_size = 16 << 20;

enum class FileKind : std::uint8_t { file, directory, other };

struct FileInfo {
  FileKind kind = FileKind::file;
  std::uint32_t owner = 0;
  std::chrono::system_clock::time_point modified{};
};

// A file read for its content, and who may read it.
struct NamedFile {
  std::string bytes;
  std::uint32_t owner = 0;
  std::uint32_t mode = 0600;  // permission bits
};

class FileReader {
 public:
  virtual ~FileReader() = default;
  // The whole content; larger than max_file_size, or not a plain file: an error whose `what` names no path.
  virtual Result<std::string> read(const std::string& path) = 0;
  // The same with `reader`'s rights and no more, where one is named: what he could not read is refused.
  virtual Result<NamedFile> read_as(const std::string& path,
                                    std::optional<std::uint32_t> reader) = 0;
  // Names in a directory without "." and "..", in any order.
  virtual Result<std::vector<std::string>> list(const std::string& path) = 0;
  // What a path leads to (symbolic links are followed); nothing when it leads nowhere.
  virtual std::optional<FileInfo> info(const std::string& path) = 0;
  // Of the name itself: a symbolic link is not followed.
  virtual bool is_link(const std::string& path) = 0;
};

struct FileRead {
  std::string path;
  std::string text;  // as read, before templates
};

struct LoadRequest {
  std::string path;                        // -c: a file or a directory; "": search
  std::optional<std::string> inline_text;  // instead of a file; shown as "inline"
  std::string prefix;                      // -p
  std::string default_path;                // compiled in
  std::vector<std::string> directives;     // -g
  std::vector<StaticFlag> flags;
  Environment environment;
  std::uint32_t uid = 0;  // of the caller: in the working directory only his files are looked for
  MiddlewareTypes middleware_types;  // that this build has
  // What each dynamic document said when it was good last; and when this load is.
  std::vector<FileRead> last_good;
  std::chrono::system_clock::time_point now{};
  bool keep_origins = true;  // only -TT asks for them, and those of a large configuration are large
};

struct LoadResult {
  bool usable = false;  // the static part is whole: a daemon may start
  Config config;
  Origins origins;                   // where each given value stands, for -TT
  std::string path;                  // of the static file or directory; "" when there is none
  std::vector<FileRead> files;       // in the order of reading
  std::vector<std::string> watch;    // files and directories whose change means a new dynamic part
  std::vector<FileRead> documents;   // the dynamic documents as they count, for the next load
  bool is_being_written = false;     // one of them is empty, and was not long ago: look again soon
  std::vector<std::string> notices;  // "using /etc/traefik/traefik.yml"
};

LoadResult load(const LoadRequest& request, FileReader& reader, Findings& findings);

}  // namespace pm::config
