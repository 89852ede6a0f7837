// SPDX-License-Identifier: MIT
#include "tls/wire.h"

#include "core/check.h"
#include "tls/session.h"

namespace pm::tls {
namespace {

long control(BIO*, int command, long, void*) noexcept {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int create(BIO* bio) noexcept {
  BIO_set_init(bio, 1);
  return 1;
}

}  // namespace

BIO* Wire::make_bio(Session& session) {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "pointsman wire");
    PM_CHECK(made != nullptr, "the library has memory when a worker starts");
    BIO_meth_set_create(made, create);
    BIO_meth_set_ctrl(made, control);
    BIO_meth_set_read(made, [](BIO* bio, char* to, int room) noexcept {
      const int count = static_cast<Session*>(BIO_get_data(bio))->give(to, room);
      BIO_clear_retry_flags(bio);
      if (count < 0) BIO_set_retry_read(bio);
      return count;
    });
    BIO_meth_set_write(made, [](BIO* bio, const char* from, int size) noexcept {
      BIO_clear_retry_flags(bio);
      return static_cast<Session*>(BIO_get_data(bio))->take(from, size);
    });
    return made;
  }();
  BIO* bio = BIO_new(method);
  if (bio != nullptr) BIO_set_data(bio, &session);
  return bio;
}

Wire::Turn::Turn(Wire& wire, Session& session) noexcept : session_(session) {
  PM_CHECK(wire.user_ == nullptr && wire.received_.empty() && wire.sealed_ == 0,
           "nothing of one connection is left in the buffers that the next one uses");
  wire.user_ = &session;
}

Wire::Turn::~Turn() {
  session_.keep_rest();
  session_.flush();
  session_.wire_->user_ = nullptr;
}

}  // namespace pm::tls
