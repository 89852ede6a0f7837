// SPDX-License-Identifier: MIT
#include "runtime/bundle.h"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace pm::runtime {
namespace {

std::string_view bytes_of(const void* object, std::size_t size) {
  return {static_cast<const char*>(object), size};
}

// Each text with its length in front.
void put(std::string& to, const std::string& text) {
  const std::uint64_t size = text.size();
  to += bytes_of(&size, sizeof size);
  to += text;
}

bool take(std::string_view& from, std::string& text) {
  std::uint64_t size = 0;
  if (from.size() < sizeof size) return false;
  std::memcpy(&size, from.data(), sizeof size);
  from.remove_prefix(sizeof size);
  if (size > from.size()) return false;
  text.assign(from.substr(0, size));
  from.remove_prefix(size);
  return true;
}

}  // namespace

std::string encode_findings(const config::Findings& findings) {
  std::string text;
  for (const config::Finding& finding : findings.all()) {
    std::string line = findings.line(finding);
    std::replace(line.begin(), line.end(), '\n', ' ');
    text += finding.severity == config::Severity::warning ? 'w' : 'e';
    text += line;
    text += '\n';
  }
  return text;
}

Status write_bundle(int fd, BundleContent content) {
  if (content.addresses.size() > Plan::max_addresses) {
    return Error{Errc::bad_value, "", "more than 1024 addresses to listen on"};
  }
  Plan& plan = content.plan;
  const std::size_t addresses_size = content.addresses.size() * sizeof(PlanAddress);
  plan.address_count = static_cast<std::uint32_t>(content.addresses.size());
  std::string watch;
  for (const std::string& path : content.watch)
    watch.append(path).push_back('\0');
  std::string documents;
  for (const Document& document : content.documents) {
    put(documents, document.path);
    put(documents, document.text);
  }
  const std::string_view parts[] = {content.config, content.findings, watch, documents};
  std::uint64_t* const places[][2] = {{&plan.config_offset, &plan.config_size},
                                      {&plan.findings_offset, &plan.findings_size},
                                      {&plan.watch_offset, &plan.watch_size},
                                      {&plan.documents_offset, &plan.documents_size}};
  plan.total_size = sizeof(Plan) + addresses_size;
  for (std::size_t i = 0; i < std::size(parts); ++i) {
    *places[i][0] = plan.total_size;
    *places[i][1] = parts[i].size();
    plan.total_size += parts[i].size();
  }
  if (plan.total_size > Plan::max_size)
    return Error{Errc::bad_value, "", "a configuration over 2 GiB"};

  PM_TRY([[maybe_unused]] auto head, os::write_all(fd, bytes_of(&plan, sizeof plan)));
  PM_TRY([[maybe_unused]] auto addresses,
         os::write_all(fd, bytes_of(content.addresses.data(), addresses_size)));
  for (const std::string_view part : parts) {
    PM_TRY([[maybe_unused]] auto written, os::write_all(fd, part));
  }
  return os::seal(fd);
}

Result<Bundle> Bundle::open(int fd) {
  PM_TRY(os::Mapping mapping, os::map_sealed(fd, Plan::max_size));
  const Plan* plan = sound_plan(mapping.bytes());
  if (plan == nullptr) return Error{Errc::bad_value, "", "a Plan out of its bounds"};
  return Bundle(std::move(mapping), plan);
}

std::string_view Bundle::config() const noexcept {
  return part(plan_->config_offset, plan_->config_size);
}

std::vector<std::string> Bundle::watch() const {
  std::vector<std::string> paths;
  std::string_view rest = part(plan_->watch_offset, plan_->watch_size);
  for (std::size_t end = rest.find('\0'); end != std::string_view::npos; end = rest.find('\0')) {
    paths.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  return paths;
}

std::vector<Document> Bundle::documents() const {
  std::vector<Document> documents;
  std::string_view rest = part(plan_->documents_offset, plan_->documents_size);
  Document document;
  while (take(rest, document.path) && take(rest, document.text))
    documents.push_back(std::move(document));
  return documents;
}

}  // namespace pm::runtime
