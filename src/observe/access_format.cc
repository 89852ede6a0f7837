// SPDX-License-Identifier: MIT
#include "observe/access_format.h"

namespace pm::observe {

AccessFormat::AccessFormat(const config::AccessLog& options)
    : filter_(options.filters),
      fields_(options.fields),
      common_(options.format == config::AccessFormat::generic_clf ? CommonLine::Form::generic
                                                                  : CommonLine::Form::common) {
  if (options.format == config::AccessFormat::json) json_.emplace();
}

std::size_t AccessFormat::write(const AccessRecord& record, std::span<char> room,
                                Extent extent) noexcept {
  Line line(room);
  if (json_) {
    json_->put(line, record, fields_, extent);
  } else {
    common_.put(line, record, fields_);
  }
  return line.size();
}

}  // namespace pm::observe
