// SPDX-License-Identifier: MIT
// line_writer.h -- whole lines written to a descriptor by somebody who may wait.
//
//   in      a text of whole lines
//   out     a regular file gets the text in one write(2); pipes, sockets and terminals get as many whole lines as fit into
//           PIPE_BUF at a time, so that the lines of several processes do not mix, and only when there is room for them
//   own     the descriptor; standard descriptors are written to but not closed
//   errors  what cannot be written is given up and counted, line by line; a line that a full disk cut is ended by a "\n"
//           before the next one
//   source  observability.md section 3.4, security.md section 8
#pragma once

#include "core/number.h"

#include <cstdint>
#include <string_view>

namespace pm::observe {

class LineWriter {
 public:
  // Asked while a pipe is full: may it be waited for any longer?
  using MayWait = bool (*)(void* context);

  explicit LineWriter(int fd) noexcept { use(fd); }
  ~LineWriter() { close(); }
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  std::uint64_t write(std::string_view lines, MayWait may_wait,
                      void* context) noexcept;  // lines given up
  void reopen(int fd) noexcept {
    close();
    use(fd);
  }

 private:
  void use(int fd) noexcept;
  void close() noexcept;
  std::string_view piece_of(std::string_view lines) const noexcept;
  bool has_room(MayWait may_wait, void* context) const noexcept;
  bool write_all(std::string_view& lines, MayWait may_wait, void* context) noexcept;

  int fd_ = -1;
  bool is_file_ = false;
  bool is_torn_ = false;  // the last byte written was no line end
};

}  // namespace pm::observe
