// SPDX-License-Identifier: MIT
#include "config/contents.h"

#include "t/lib/config_trial.h"

#include <CppUTest/TestHarness.h>

#include <map>

using namespace pm;
using namespace pm::config;

namespace {

class MemoryReader final : public FileReader {
 public:
  std::map<std::string, NamedFile> files;
  std::uint32_t owner_of_documents = 0;
  std::optional<std::uint32_t> asked_for;

  Result<std::string> read(const std::string& path) override {
    PM_TRY(NamedFile file, read_as(path, std::nullopt));
    return std::move(file.bytes);
  }
  Result<NamedFile> read_as(const std::string& path, std::optional<std::uint32_t> reader) override {
    asked_for = reader;
    const auto found = files.find(path);
    if (found == files.end()) return Error{Errc::not_found, "", "no such file or directory"};
    return found->second;
  }
  Result<std::vector<std::string>> list(const std::string&) override {
    return Error{Errc::not_found, "", ""};
  }
  std::optional<FileInfo> info(const std::string&) override {
    return FileInfo{FileKind::file, owner_of_documents};
  }
  bool is_link(const std::string&) override { return false; }
};

constexpr std::string_view pair_of_files =
    "tls: {certificates: [{certFile: a.pem, keyFile: a.key}]}";

}  // namespace

TEST_GROUP(contents) {
  MemoryReader disk;

  void setup() override {
    disk.files["/base/a.pem"] = {"certificate", 0, 0644};
    disk.files["/base/a.key"] = {"key", 0, 0600};
  }
  Config read(std::string_view yaml, std::uint32_t caller = 0) {
    trial::Trial trial{yaml};
    CHECK_EQUAL(std::string("ok"), trial.found());
    read_contents(trial.config, disk, {"/base", caller, 33}, trial.findings);
    found = trial.found();
    return trial.config;
  }
  std::string found;
};

TEST(contents, files_are_read_where_relative_paths_begin) {
  const Config config = read(pair_of_files);

  CHECK_EQUAL(std::string("certificate"), config.dynamic.certificates[0].certificates);
  CHECK_EQUAL(std::string("key"), config.dynamic.certificates[0].key);
  CHECK_EQUAL(std::string("ok"), found);
}

TEST(contents, what_looks_like_a_content_is_one) {
  const Config config = read(
      "tls: {certificates: [{certFile: \"-----BEGIN CERTIFICATE-----\\nx\", keyFile: a.key}]}");

  CHECK_EQUAL(std::string("-----BEGIN CERTIFICATE-----\nx"),
              config.dynamic.certificates[0].certificates);
}

TEST(contents, what_cannot_be_read_leaves_nothing) {
  disk.files["/base/b.key"] = {"", 0, 0600};
  const Config config = read(
      "tls: {certificates: [{certFile: a.pem, keyFile: c.key}, {certFile: a.pem, keyFile: b.key}, "
      "{certFile: a.pem}]}");

  for (const CertificatePair& pair : config.dynamic.certificates)
    CHECK_FALSE(pair.is_usable());
  STRCMP_CONTAINS(
      "1:49: error: a certificate of tls.certificates: keyFile \"c.key\": no such file or "
      "directory; "
      "name a readable PEM file, or write its content",
      found.c_str());
  STRCMP_CONTAINS("\"b.key\" is empty", found.c_str());
  STRCMP_CONTAINS("has no keyFile; give it both", found.c_str());
}

TEST(contents, a_key_that_others_read_is_told) {
  disk.files["/base/a.key"].mode = 0644;
  CHECK_TRUE(read(pair_of_files).dynamic.certificates[0].is_usable());
  STRCMP_CONTAINS("warning: the key \"a.key\" can be read by everybody; chmod 600", found.c_str());

  CHECK_FALSE(read("strictKeyPermissions: true\n" + std::string(pair_of_files))
                  .dynamic.certificates[0]
                  .is_usable());
  STRCMP_CONTAINS("error: the key \"a.key\" can be read by everybody", found.c_str());
}

TEST(contents, a_key_of_somebody_else_is_told) {
  for (const std::uint32_t owner : {0u, 33u, 7u}) {
    disk.files["/base/a.key"].owner = owner;
    read(pair_of_files, 7);
    CHECK_EQUAL(std::string("ok"), found);
  }
  disk.files["/base/a.key"].owner = 8;
  read(pair_of_files, 7);
  STRCMP_CONTAINS("belongs to user 8, neither root nor the service's; chown it to root",
                  found.c_str());
}

TEST(contents, a_tenants_document_reads_with_his_rights) {
  read(pair_of_files);
  CHECK_FALSE(disk.asked_for.has_value());
  disk.owner_of_documents = 1000;
  read(pair_of_files);
  CHECK_EQUAL(1000u, *disk.asked_for);
  read(pair_of_files, 1000);
  CHECK_FALSE(disk.asked_for.has_value());
}

TEST(contents, the_same_pair_twice_is_read_once) {
  const Config config = read(
      "tls: {certificates: [{certFile: a.pem, keyFile: a.key}, {certFile: a.pem, keyFile: "
      "a.key}]}");
  CHECK_EQUAL(1u, config.dynamic.certificates.size());
}

TEST(contents, keys_can_be_taken_out) {
  Config config = read(std::string(pair_of_files) +
                       "\nserversTransport: {certificates: [{certFile: a.pem, keyFile: a.key}]}");
  config.dynamic.generated_key = "secret";
  drop_keys(config);

  CHECK_EQUAL(std::string(""), config.dynamic.certificates[0].key);
  CHECK_EQUAL(std::string("certificate"), config.dynamic.certificates[0].certificates);
  CHECK_EQUAL(std::string(""), config.fixed.servers_transport.certificates[0].key);
  CHECK_EQUAL(std::string(""), config.dynamic.generated_key);
}

TEST(contents, the_systems_authorities_are_read_where_they_are_needed) {
  disk.files["/etc/ssl/cert.pem"] = {"authorities", 0, 0644};
  const auto authorities = [&](std::string_view url, std::string_view transport) {
    trial::Trial trial{"serversTransport: " + std::string(transport) +
                       "\nhttp: {services: {s: {loadBalancer: {servers: [{url: '" +
                       std::string(url) + "'}]}}}}"};
    read_system_authorities(trial.config, disk, Environment(), trial.findings);
    return trial.config.fixed.system_authorities;
  };
  CHECK_EQUAL(std::string("authorities"), authorities("https://h", "{disableHTTP2: false}"));
  CHECK_EQUAL(std::string(""), authorities("http://h", "{disableHTTP2: false}"));
  CHECK_EQUAL(std::string(""), authorities("https://h", "{insecureSkipVerify: true}"));
}

TEST(contents, of_middlewares_what_looks_secret_is_taken_out_and_the_rest_stays) {
  Config config = read(
      "http: {middlewares: {a: {basicAuth: {users: [u:p], realm: home}}, f: {forwardAuth: "
      "{address: "
      "'http://h/x'}}}}");
  drop_keys(config);

  const Node& auth = config.dynamic.middlewares[0].body.entries[0].value;
  CHECK_EQUAL(std::string("<redacted>"), auth.find("users")->value.items[0].text);
  CHECK_EQUAL(std::string("home"), auth.find("realm")->value.text);
  const Node& forward = config.dynamic.middlewares[1].body.entries[0].value;
  CHECK_EQUAL(std::string("http://h/x"), forward.find("address")->value.text);
}
