// SPDX-License-Identifier: MIT
#include "config/load.h"

#include "config/expand.h"
#include "config/lookup.h"
#include "config/options.h"
#include "config/template.h"
#include "config/validate.h"
#include "config/yaml.h"
#include "core/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace pm::config {
namespace {

constexpr std::size_t max_total = 512
                                  << 20;  // bytes of all files: a folder must not fill the memory

constexpr auto patience_with_writers = std::chrono::seconds(2);

constexpr const char* read_advice = "check the path and who may read it";

// One file that may hold static keys, as a tree.
struct MainFile {
  std::string path;  // tidy; "" for the inline text
  Node root;
};

class Loader {
 public:
  Loader(const LoadRequest& request, FileReader& reader, Findings& findings)
      : request_(request), reader_(reader), findings_(findings) {}

  LoadResult load();

 private:
  bool find_main_files();
  bool search();
  bool take_folder(const std::string& path);
  bool read_main(const std::string& path);
  bool parse_main(const std::string& path, std::string_view text, std::uint32_t source);
  bool build_static();
  void add_directive(const std::string& directive, Node& tree);
  void load_dynamic();
  std::vector<std::string> provider_files(const FileProvider& provider);
  void warn_toml(const std::string& path, Mark mark);
  void load_document(const std::string& path, Mark mark);
  bool decode_text(const std::string& path, const std::string& text, Findings& findings);
  bool decode_document(const Node& root, Findings& findings);
  void note_document(const std::string& path);
  const std::string* last_good(std::string_view path) const;
  enum class Form : std::uint8_t { plain, templated };
  void fall_back(const std::string& path, Form form);
  bool is_being_written(const std::string& path) const;
  std::optional<std::string> read(const std::string& path, Mark mark);
  bool is_main(std::string_view path) const;

  const LoadRequest& request_;
  FileReader& reader_;
  Findings& findings_;
  LoadResult result_;
  std::vector<MainFile> main_;
  std::vector<Dynamic> documents_;
  std::size_t total_ = 0;
};

bool is_static_key(std::string_view key) {
  return dynamic_section().find(key) == nullptr;
}

bool has_dynamic_part(const Node& root) {
  return std::any_of(root.entries.begin(), root.entries.end(),
                     [](const Entry& entry) { return !is_static_key(entry.key); });
}

// The static keys of a document that may hold both parts.
Node static_part(const Node& root) {
  Node part;
  part.kind = NodeKind::mapping;
  part.mark = root.mark;
  for (const Entry& entry : root.entries) {
    if (is_static_key(entry.key)) part.entries.push_back(entry);
  }
  return part;
}

std::vector<StaticFlag> flags_that_are(bool forced, const std::vector<StaticFlag>& flags) {
  std::vector<StaticFlag> some;
  std::copy_if(flags.begin(), flags.end(), std::back_inserter(some),
               [forced](const StaticFlag& flag) { return flag.forced == forced; });
  return some;
}

// Reads YAML that is not quite what stands in the file: places are led back to it.
bool parse_mapped(std::string_view text, std::uint32_t source, const SourceMap& map,
                  Findings& findings, Node& out) {
  Findings found;
  const bool is_parsed = parse_yaml(text, source, found, out);
  for (const Finding& finding : found.all()) {
    findings.add(finding.severity, map.translate(finding.mark), finding.what, finding.advice);
  }
  map.translate_all(out);
  return is_parsed;
}

// What is wrong with the static part does not hide what is wrong with the dynamic one.
LoadResult Loader::load() {
  const bool is_found = find_main_files();
  const bool is_built = build_static();
  load_dynamic();
  result_.config.dynamic = merge(std::move(documents_), findings_);
  result_.usable =
      is_found && is_built && validate(result_.config, findings_, request_.middleware_types);
  result_.config.sources = findings_.sources();
  return std::move(result_);
}

bool Loader::find_main_files() {
  if (request_.inline_text) {
    result_.files.push_back({"inline", *request_.inline_text});
    return parse_main("", *request_.inline_text, findings_.add_source("inline"));
  }
  if (request_.path.empty()) return search();

  result_.path = resolve_path(request_.path, request_.prefix);
  const auto info = reader_.info(result_.path);
  if (info && info->kind == FileKind::directory) return take_folder(result_.path);
  return read_main(result_.path);
}

bool Loader::search() {
  Lookup lookup = search_configuration(request_, reader_);
  result_.notices = std::move(lookup.notices);
  if (!lookup.path.empty()) {
    result_.path = std::move(lookup.path);
    return read_main(result_.path);
  }
  Findings ignored;  // what is wrong with them is said when they are laid over the files
  const bool has_options = !request_.directives.empty() ||
                           !flags_that_are(false, request_.flags).empty() ||
                           !environment_tree(request_.environment, ignored).entries.empty();
  if (has_options) return true;

  findings_.error(
      {}, fmt::format("no configuration found; looked for {}", text::join(lookup.tried, ", ")),
      "write one (pointsman.yaml(5)), name one with -c, or give options such as "
      "--entryPoints.web.address=:8080");
  return false;
}

// Every *.yml and *.yaml of a folder, in byte order, not those of folders below it.
bool Loader::take_folder(const std::string& path) {
  auto names = reader_.list(path);
  if (!names) {
    findings_.error({}, fmt::format("{}: {}", path, names.error().what), read_advice);
    return false;
  }
  std::sort(names->begin(), names->end());
  bool is_good = true;
  std::size_t count = 0;
  for (const std::string& name : *names) {
    const std::string file = fmt::format("{}/{}", path, name);
    const auto info = reader_.info(file);
    if (info && info->kind == FileKind::directory) continue;
    if (file_type(name) == FileType::toml) warn_toml(file, {});
    if (file_type(name) != FileType::yaml) continue;
    ++count;
    is_good = read_main(file) && is_good;
  }
  if (count > 0) return is_good;
  findings_.error({}, fmt::format("{}: no *.yml or *.yaml in this folder", path),
                  "name another folder, or a file");
  return false;
}

void Loader::warn_toml(const std::string& path, Mark mark) {
  findings_.warning(mark, fmt::format("{}: TOML is not supported and is not read", path),
                    "convert it to YAML");
}

std::optional<std::string> Loader::read(const std::string& path, Mark mark) {
  if (is_main(path)) {
    for (const FileRead& file : result_.files) {
      if (file.path == path) return file.text;
    }
  }
  auto text = reader_.read(path);
  if (!text) {
    findings_.error(mark, fmt::format("{}: {}", path, text.error().what), read_advice);
    return std::nullopt;
  }
  total_ += text->size();
  if (total_ > max_total) {
    findings_.error(mark, fmt::format("{}: all files together are larger than 512 MiB", path),
                    "take some out");
    return std::nullopt;
  }
  result_.files.push_back({path, *text});
  return std::move(*text);
}

bool Loader::read_main(const std::string& path) {
  if (file_type(path) == FileType::toml) {
    findings_.error({}, fmt::format("{}: TOML is not supported", path), "convert it to YAML");
    return false;
  }
  const auto text = read(path, {});
  if (!text) return false;
  result_.watch.push_back(path);
  return parse_main(path, *text, findings_.add_source(path));
}

bool Loader::parse_main(const std::string& path, std::string_view text, std::uint32_t source) {
  MainFile file;
  file.path = path;
  if (!parse_yaml(text, source, findings_, file.root)) return false;
  const bool is_good = check_roots(file.root, Roots::both, findings_);
  main_.push_back(std::move(file));
  return is_good;
}

// Files, then -g, environment, flags: each laid over what is there (operations.md section 1).
bool Loader::build_static() {
  const std::size_t before = findings_.count(Severity::error);
  Node tree;
  tree.kind = NodeKind::mapping;
  for (const MainFile& file : main_) {
    Node part = static_part(file.root);
    expand_variables(part, request_.environment, findings_);
    lay_over(tree, std::move(part), Clash::error, findings_);
  }
  for (const std::string& directive : request_.directives)
    add_directive(directive, tree);
  lay_over(tree, environment_tree(request_.environment, findings_), Clash::warning, findings_);
  lay_over(tree, flags_tree(flags_that_are(false, request_.flags), findings_), Clash::warning,
           findings_);
  lay_over(tree, flags_tree(flags_that_are(true, request_.flags), findings_), Clash::silent,
           findings_);

  Origins* origins = request_.keep_origins ? &result_.origins : nullptr;
  const bool is_decoded = decode_static(tree, findings_, result_.config.fixed, origins);
  return is_decoded && findings_.count(Severity::error) == before;
}

// -g 'daemon: false, workers: 2': a flow mapping, with or without its braces.
void Loader::add_directive(const std::string& directive, Node& tree) {
  const std::uint32_t source = findings_.add_source("-g");
  const bool has_braces = text::trim(directive).starts_with('{');
  const std::string yaml = has_braces ? directive : "{" + directive + "}";
  SourceMap map;
  if (!has_braces) {
    map.add_copied(1, 0);
    map.finish(directive, yaml);
  }
  Node node;
  if (!parse_mapped(yaml, source, map, findings_, node)) return;
  if (!check_roots(node, Roots::both, findings_)) return;

  for (const Entry& entry : node.entries) {
    if (entry.value.is_null()) {
      findings_.error(entry.key_mark, fmt::format("{} has no value", text::quoted(entry.key)),
                      "write KEY: VALUE, as in -g 'daemon: false'");
    } else if (!is_static_key(entry.key)) {
      findings_.error(entry.key_mark,
                      fmt::format("{} belongs to the dynamic part", text::quoted(entry.key)),
                      "write it in a file");
    }
  }
  expand_variables(node, request_.environment, findings_);
  lay_over(tree, static_part(node), Clash::error, findings_);
}

bool Loader::is_main(std::string_view path) const {
  return std::any_of(main_.begin(), main_.end(),
                     [path](const MainFile& file) { return !path.empty() && file.path == path; });
}

// The dynamic part of main files is not a template, unless providers.file names the file once more.
void Loader::load_dynamic() {
  const auto& provider = result_.config.fixed.providers.file;
  const std::vector<std::string> files =
      provider ? provider_files(*provider) : std::vector<std::string>{};
  for (const MainFile& file : main_) {
    const bool is_named = std::find(files.begin(), files.end(), file.path) != files.end();
    if (is_named || !has_dynamic_part(file.root)) continue;
    if (decode_document(file.root, findings_)) {
      note_document(file.path);
    } else {
      fall_back(file.path, Form::plain);
    }
  }
  if (!provider) return;

  const Mark mark =
      provider->directory.value.empty() ? provider->filename.mark : provider->directory.mark;
  for (const std::string& path : files)
    load_document(path, mark);
}

// Of a directory the YAML files; the one file that is named must be YAML.
std::vector<std::string> Loader::provider_files(const FileProvider& provider) {
  std::vector<std::string> files;
  if (provider.directory.value.empty()) {
    if (provider.filename.value.empty()) return files;
    const std::string path = resolve_path(provider.filename.value, request_.prefix);
    if (provider.watch) result_.watch.push_back(path);
    if (file_type(path) == FileType::yaml) return {path};
    findings_.error(provider.filename.mark,
                    file_type(path) == FileType::toml
                        ? fmt::format("{}: TOML is not supported", path)
                        : fmt::format("{}: a dynamic file ends in .yaml or .yml", path),
                    "convert or rename it");
    return files;
  }
  const std::string directory = resolve_path(provider.directory.value, request_.prefix);
  std::vector<std::string> folders;
  for (std::string& path :
       list_files(directory, reader_, provider.directory.mark, findings_, folders)) {
    if (file_type(path) == FileType::yaml)
      files.push_back(std::move(path));
    else if (file_type(path) == FileType::toml)
      warn_toml(path, provider.directory.mark);
  }
  if (provider.watch) result_.watch.insert(result_.watch.end(), folders.begin(), folders.end());
  return files;
}

// What cannot be decoded now counts as it was when it could (decision 10).
void Loader::load_document(const std::string& path, Mark mark) {
  const auto text = read(path, mark);
  if (!text) return fall_back(path, Form::templated);
  if (text->empty() && last_good(path) != nullptr && is_being_written(path)) {
    result_.is_being_written = true;
    return fall_back(path, Form::templated);
  }
  if (!decode_text(path, *text, findings_)) return fall_back(path, Form::templated);
  result_.documents.push_back({path, *text});
}

bool Loader::decode_text(const std::string& path, const std::string& text, Findings& findings) {
  const std::uint32_t source = findings.add_source(path);
  const auto rendered = render_template(text, source, request_.environment, findings);
  if (!rendered) return false;
  Node root;
  if (!parse_mapped(rendered->text, source, rendered->map, findings, root)) return false;
  // The keys at the top of a main file were judged when it was read as one.
  if (is_main(path) || check_roots(root, Roots::dynamic_only, findings))
    return decode_document(root, findings);
  Dynamic refused;
  decode_dynamic(root, "file", findings, refused, nullptr,
                 request_.middleware_types);  // for its findings
  return false;
}

// A document counts as a whole or not at all.
bool Loader::decode_document(const Node& root, Findings& findings) {
  Dynamic document;
  Origins origins;
  Origins* kept = request_.keep_origins ? &origins : nullptr;
  if (!decode_dynamic(root, "file", findings, document, kept, request_.middleware_types))
    return false;
  documents_.push_back(std::move(document));
  result_.origins.merge(origins);
  return true;
}

void Loader::note_document(const std::string& path) {
  for (const FileRead& file : result_.files) {
    if (file.path == path) return result_.documents.push_back(file);
  }
}

const std::string* Loader::last_good(std::string_view path) const {
  for (const FileRead& file : request_.last_good) {
    if (file.path == path) return &file.text;
  }
  return nullptr;
}

void Loader::fall_back(const std::string& path, Form form) {
  const std::string* text = last_good(path);
  if (text == nullptr) return;
  Findings heard;  // when it was read
  heard.share_sources(findings_);
  Node root;
  const bool is_decoded =
      form == Form::templated
          ? decode_text(path, *text, heard)
          : parse_yaml(*text, heard.add_source(path), heard, root) && decode_document(root, heard);
  findings_.share_sources(heard);
  if (is_decoded) result_.documents.push_back({path, *text});
}

// Editors cut a file to nothing before they write it (decision 8).
bool Loader::is_being_written(const std::string& path) const {
  const auto info = reader_.info(path);
  return info && request_.now < info->modified + patience_with_writers;
}

}  // namespace

LoadResult load(const LoadRequest& request, FileReader& reader, Findings& findings) {
  return Loader(request, reader, findings).load();
}

}  // namespace pm::config
