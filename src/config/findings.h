// SPDX-License-Identifier: MIT
// findings.h -- everything that is wrong with a configuration, all of it, each with its place and what to do.
//
//   in      add(): what is wrong and what would be right, in one sentence each
//   out     lines "FILE:LINE:COLUMN: level: what; what to do", in order of file, line, column; at most 50 errors
//           verdicts: the same once more by the object that they are about, for those who show objects one by one
//   own     a Findings is filled by every step from reading to building and printed once; of each severity the first
//           1000 are kept, the others are counted
//   source  operations.md section 2
#pragma once

#include "config/mark.h"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pm::config {

enum class Severity : std::uint8_t {
  warning,  // goes on; --strict makes it an error
  // An object cannot be built: it and the routers that use it are disabled; -t counts it as an error.
  broken,
  error,  // the document (dynamic) or the start (static) is refused
};

struct Finding {
  Severity severity = Severity::error;
  Mark mark;
  std::string what;    // "unknown key \"midlewares\" in http.routers.api"
  std::string advice;  // "did you mean \"middlewares\"?"; may be empty
};

// What was found of one object: "router web@file".
struct Verdict {
  Severity severity = Severity::error;
  std::string object;
  std::string what;
};

class Findings {
 public:
  // As long as it lives, what is found is found of that object. They nest: the innermost counts.
  class About {
   public:
    About(Findings& findings, std::string object)
        : findings_(findings), before_(std::move(findings.about_)) {
      findings.about_ = std::move(object);
    }
    ~About() { findings_.about_ = std::move(before_); }
    About(const About&) = delete;
    About& operator=(const About&) = delete;

   private:
    Findings& findings_;
    std::string before_;
  };

  std::uint32_t add_source(std::string name);  // returns the index for marks
  const SourceNames& sources() const noexcept { return sources_; }
  void share_sources(const Findings& other) { sources_ = other.sources_; }  // marks mean the same

  void warning(Mark mark, std::string what, std::string advice = {});
  void broken(Mark mark, std::string what, std::string advice = {});
  void error(Mark mark, std::string what, std::string advice = {});
  void add(Severity severity, Mark mark, std::string what, std::string advice);

  // Of the object whose turn it is, and no line of its own: the finding stands where the fault is.
  void blame(Severity severity, std::string what);

  const std::vector<Finding>& all() const noexcept { return findings_; }
  const std::vector<Verdict>& verdicts() const noexcept { return verdicts_; }
  bool has_errors() const noexcept { return count(Severity::error) > 0; }
  std::size_t count(Severity severity) const noexcept;

  std::string place(Mark mark) const;                // "FILE:LINE:COLUMN", "command line", or ""
  std::string line(const Finding& finding) const;    // without "\n"
  std::string text(bool errors_only = false) const;  // all lines, sorted by place
  std::string json() const;                          // -t --format=json: an array of objects

 private:
  std::vector<Finding> sorted() const;

  SourceNames sources_{""};
  std::vector<Finding> findings_;
  std::vector<Verdict> verdicts_;
  std::string about_;                    // the object whose turn it is; "": none
  std::array<std::size_t, 3> counts_{};  // by severity
};

}  // namespace pm::config
