// SPDX-License-Identifier: MIT
#include "shm/zone.h"

#include "core/hash.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <new>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pm::shm {

struct Zone::Header {
  std::uint64_t magic;
  std::uint32_t layout;
  std::uint32_t header_size;
  std::uint64_t size;  // of the whole region
  char name[24];
  std::uint64_t checksum;  // of all that stands before it
  std::atomic<std::uint64_t> writer;

  std::uint64_t sum() const noexcept {
    return fnv1a({reinterpret_cast<const char*>(this), offsetof(Header, checksum)});
  }
};

namespace {

constexpr std::uint64_t magic = 0x656e6f7a2d6d70;  // "pm-zone"
constexpr std::size_t header_size = 64;
constexpr int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

Error failure(std::string_view what, const ZoneShape& shape) {
  const char* reason = std::strerror(errno);
  return Error{Errc::io, "zone " + std::string(shape.name), std::string(what) + ": " + reason};
}

Error mismatch(const char* what, const ZoneShape& shape) {
  return Error{Errc::conflict, "zone " + std::string(shape.name), what};
}

void* map(int fd, std::size_t size) noexcept {
  void* base = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  return base == MAP_FAILED ? nullptr : base;
}

// A sealed memfd of the right size: nobody can cut it short under the mapping.
bool is_sealed(int fd, std::size_t size) noexcept {
  struct stat status;
  if (fstat(fd, &status) != 0 || static_cast<std::size_t>(status.st_size) != size) return false;
  const int found = fcntl(fd, F_GET_SEALS);
  return found >= 0 && (found & seals) == seals;
}

}  // namespace

Result<Zone> Zone::create(const ZoneShape& shape) {
  static_assert(sizeof(Header) == header_size);
  PM_CHECK(shape.name.size() < sizeof Header::name, "the name of a zone is short");
  const std::string name(shape.name);
  const std::size_t size = header_size + shape.size;
  const int fd = memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return failure("no memory region", shape);

  Zone zone(fd, nullptr, size);
  if (ftruncate(fd, static_cast<off_t>(size)) != 0 || fcntl(fd, F_ADD_SEALS, seals) != 0) {
    return failure("the region cannot be sized", shape);
  }
  zone.base_ = map(fd, size);
  if (zone.base_ == nullptr) return failure("the region cannot be mapped", shape);
  auto* header = new (zone.base_) Header{magic, shape.layout, header_size, size, {}, 0, {}};
  std::copy(name.begin(), name.end(), header->name);
  header->checksum = header->sum();
  return zone;
}

Result<Zone> Zone::attach(int fd, const ZoneShape& shape) {
  const std::size_t size = header_size + shape.size;
  if (!is_sealed(fd, size)) return mismatch("not a sealed region of the expected size", shape);
  void* base = map(fd, size);
  if (base == nullptr) return failure("the region cannot be mapped", shape);

  Zone zone(-1, base, size);  // the descriptor stays the caller's until everything fits
  const Header& header = zone.header();
  if (header.magic != magic || header.checksum != header.sum() || header.size != size) {
    return mismatch("the header is damaged or none of ours", shape);
  }
  const bool same_name = shape.name == std::string_view(header.name);
  if (!same_name || header.layout != shape.layout || header.header_size != header_size) {
    return mismatch("another zone or layout version", shape);
  }
  zone.fd_ = fd;
  return zone;
}

Zone::Zone(Zone&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      base_(std::exchange(other.base_, nullptr)),
      mapped_(other.mapped_) {}

Zone& Zone::operator=(Zone&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(base_, other.base_);
  std::swap(mapped_, other.mapped_);
  return *this;
}

Zone::~Zone() {
  if (base_ != nullptr) munmap(base_, mapped_);
  if (fd_ >= 0) close(fd_);
}

void* Zone::data() noexcept {
  return static_cast<char*>(base_) + header_size;
}

const void* Zone::data() const noexcept {
  return static_cast<const char*>(base_) + header_size;
}

std::string_view Zone::name() const noexcept {
  return header().name;
}

std::uint64_t Zone::claim() noexcept {
  return header().writer.fetch_add(1) + 1;
}

bool Zone::is_held_by(std::uint64_t epoch) const noexcept {
  return header().writer.load() == epoch;
}

void Zone::make_read_only() noexcept {
  const int result = mprotect(base_, mapped_, PROT_READ);
  PM_CHECK(result == 0, "a mapping can always be made read-only");
  // Through the descriptor the region could be mapped once more.
  close(std::exchange(fd_, -1));
}

}  // namespace pm::shm
