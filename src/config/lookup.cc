// SPDX-License-Identifier: MIT
#include "config/lookup.h"

#include "core/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace pm::config {
namespace {

constexpr std::size_t max_folder_depth =
    16;  // links are not followed, so this only ends folders without sense
constexpr std::size_t max_files = 100'000;

enum class Origin : std::uint8_t { working_directory, compiled_in, elsewhere };

struct Candidate {
  std::string path;
  Origin origin;
};

std::vector<Candidate> candidates(const LoadRequest& request) {
  const auto here = [&](std::string_view name) {
    return Candidate{resolve_path(name, request.prefix), Origin::working_directory};
  };
  std::vector<Candidate> all{here("pointsman.yaml"), here("pointsman.yml"), here("config.yaml")};
  const std::string_view xdg = request.environment.find("XDG_CONFIG_HOME").value_or("");
  if (!xdg.empty())
    all.push_back({tidy_path(fmt::format("{}/pointsman.yaml", xdg)), Origin::elsewhere});
  if (!request.default_path.empty()) all.push_back({request.default_path, Origin::compiled_in});
  all.push_back(here("traefik.yml"));
  all.push_back({"/etc/traefik/traefik.yml", Origin::elsewhere});
  all.push_back({"/etc/traefik/traefik.yaml", Origin::elsewhere});
  return all;
}

class Walk {
 public:
  Walk(FileReader& reader, Mark mark, Findings& findings, std::vector<std::string>& folders)
      : reader_(reader), mark_(mark), findings_(findings), folders_(folders) {}

  void enter(const std::string& directory, std::size_t depth) {
    auto names = reader_.list(directory);
    if (!names) {
      findings_.error(mark_, fmt::format("{}: {}", directory, names.error().what),
                      "check the path and who may read it");
      return;
    }
    folders_.push_back(directory);
    std::sort(names->begin(), names->end());
    for (const std::string& name : *names) {
      if (!visit(directory + "/" + name, name, depth)) return;
    }
  }

  std::vector<std::string> take() { return std::move(files_); }

 private:
  // A link that leads nowhere is reported when it is read. A pipe could hold up everybody's load.
  void add_file(const std::string& path, const std::optional<FileInfo>& info) {
    if (!info || info->kind == FileKind::file) {
      files_.push_back(path);
    } else if (file_type(path) == FileType::yaml) {
      findings_.error(mark_, fmt::format("{}: is not a plain file", path), "take it out");
    }
  }

  bool visit(const std::string& path, std::string_view name, std::size_t depth) {
    const auto info = reader_.info(path);
    const bool is_folder = info && info->kind == FileKind::directory;
    if (!is_folder) {
      add_file(path, info);
    } else if (!name.starts_with("..") && !reader_.is_link(path)) {
      // Mounted volumes hold their files in "..2024_05_01" and lead there by links; each must be seen once.
      if (depth >= max_folder_depth) {
        findings_.error(
            mark_, fmt::format("{}: folders are nested deeper than {}", path, max_folder_depth),
            "move them up");
      } else {
        enter(path, depth + 1);
      }
    }
    if (files_.size() <= max_files) return true;
    findings_.error(mark_, fmt::format("{}: more than {} files", path, max_files), "take some out");
    return false;
  }

  FileReader& reader_;
  Mark mark_;
  Findings& findings_;
  std::vector<std::string>& folders_;
  std::vector<std::string> files_;
};

}  // namespace

std::string tidy_path(std::string_view path) {
  std::string out = path.starts_with('/') ? "/" : "";
  text::for_each_part(path, '/', [&](std::string_view part) {
    if (part.empty() || part == ".") return;
    if (!out.empty() && out != "/") out.push_back('/');
    out.append(part);
  });
  return out.empty() ? "." : out;
}

std::string resolve_path(std::string_view path, std::string_view prefix) {
  if (path.starts_with('/') || prefix.empty()) return tidy_path(path);
  return tidy_path(fmt::format("{}/{}", prefix, path));
}

FileType file_type(std::string_view path) {
  const std::string lower = text::to_lower(path.substr(path.rfind('/') + 1));
  if (lower.ends_with(".yaml") || lower.ends_with(".yml")) return FileType::yaml;
  return lower.ends_with(".toml") ? FileType::toml : FileType::other;
}

Lookup search_configuration(const LoadRequest& request, FileReader& reader) {
  Lookup lookup;
  for (const Candidate& candidate : candidates(request)) {
    lookup.tried.push_back(candidate.path);
    const auto info = reader.info(candidate.path);
    if (!info || info->kind == FileKind::directory) continue;

    if (candidate.origin == Origin::working_directory && info->owner != request.uid) {
      lookup.notices.push_back(
          fmt::format("{} belongs to another user and was passed over; name it with -c to use it",
                      candidate.path));
      continue;
    }
    lookup.path = candidate.path;
    if (candidate.origin != Origin::compiled_in) {
      lookup.notices.push_back(fmt::format("using the configuration file {}", candidate.path));
    }
    break;
  }
  return lookup;
}

std::vector<std::string> list_files(const std::string& directory, FileReader& reader, Mark mark,
                                    Findings& findings, std::vector<std::string>& folders) {
  Walk walk(reader, mark, findings, folders);
  walk.enter(directory, 0);
  return walk.take();
}

}  // namespace pm::config
